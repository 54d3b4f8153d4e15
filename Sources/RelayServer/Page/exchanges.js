
// The last exchanges: filtered, searched, opened one by one.

const rows = new Map(), opened = new Set();
let drawnRows = "";

const isBad = exchange => exchange.outcome !== "ok" && exchange.outcome !== "client_gone";
const filters = {
  all: () => true, ok: exchange => exchange.outcome === "ok", bad: isBad, replayed: exchange => exchange.replayed,
};

function matches(exchange, words) {
  const text = [exchange.request_id, exchange.client, exchange.endpoint, exchange.method, exchange.path,
    exchange.status, exchange.outcome, exchange.detail].filter(isThere).join(" ").toLowerCase();
  return words.every(word => text.includes(word));
}

function details(exchange) {
  const list = element("dl", "facts", ...facts([
    [t("path"), element("code", "", `${exchange.method} ${exchange.path}`)],
    [t("requestID"), element("code", "", exchange.request_id)],
    [t("client"), exchange.client],
    [t("side"), exchange.side ? known("sides", exchange.side) : null],
    [t("upstreamStatus"), exchange.upstream_status],
    [t("queueWait"), milliseconds(exchange.queue_ms)],
    [t("tokenWait"), milliseconds(exchange.token_ms)],
    [t("firstByte"), milliseconds(exchange.first_byte_ms)],
    [t("pieces"), number(exchange.pieces)],
    [t("bytes"), size(exchange.bytes_out)],
    [t("received"), size(exchange.bytes_in)],
    [t("replayed"), exchange.replayed ? t("yes") : null],
  ]));
  const cell = element("td", "", list);
  if (exchange.cause) cell.append(fault(exchange, ""));
  cell.colSpan = 9;
  return element("tr", "detail", cell);
}

function makeRow(exchange) {
  const name = identity(exchange);
  const button = element("button", "", clock(exchange.ts));
  button.type = "button";
  button.setAttribute("aria-expanded", opened.has(name));
  button.addEventListener("click", () => {
    if (!opened.delete(name)) opened.add(name);
    rows.delete(name);
    drawRows();
    $("rows").querySelector(`[data-name="${CSS.escape(name)}"] button`)?.focus();
  });
  const cell = (className, value) => element("td", className, value ?? "");
  const row = element("tr", isBad(exchange) ? "bad" : "", element("td", "", button),
    cell("mark", String(exchange.status)), cell("", exchange.endpoint), cell("opt", exchange.client),
    element("td", "mark result", element("code", "", exchange.outcome)), cell("n opt", number(exchange.pieces)),
    cell("n opt", size(exchange.bytes_out)), cell("n opt", milliseconds(exchange.first_byte_ms)),
    cell("n", milliseconds(exchange.total_ms)));
  row.dataset.name = name;
  return opened.has(name) ? [row, details(exchange)] : [row];
}

function drawEndpoints() {
  const wanted = ["", ...[...new Set(exchanges.map(exchange => exchange.endpoint))].sort()];
  const chosen = $("endpoint").value;
  if (chosen && !wanted.includes(chosen)) wanted.push(chosen);
  const signature = language + wanted.join();
  if ($("endpoint").dataset.drawn === signature) return;
  $("endpoint").dataset.drawn = signature;
  $("endpoint").replaceChildren(...wanted.map(name => {
    const option = element("option", "", name || t("allEndpoints"));
    option.value = name;
    return option;
  }));
  $("endpoint").value = chosen;
}

function drawRows() {
  drawEndpoints();
  const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = $("endpoint").value, filter = filters[$("show").value] ?? filters.all;
  const shown = exchanges.filter(exchange => filter(exchange) && (!chosen || exchange.endpoint === chosen)
    && matches(exchange, words));
  const count = t("shownOf", shown.length, exchanges.length);
  if ($("shown").textContent !== count) $("shown").textContent = count;
  $("norows").hidden = shown.length > 0;
  const signature = language + shown.map(exchange => identity(exchange) + opened.has(identity(exchange))).join();
  if (signature === drawnRows) return;
  if (!drawnRows.startsWith(language)) rows.clear();
  drawnRows = signature;
  const all = new Set(exchanges.map(identity));
  for (const name of rows.keys()) if (!all.has(name)) { rows.delete(name); opened.delete(name); }
  const focused = document.activeElement;
  $("rows").replaceChildren(...shown.flatMap(exchange => {
    const name = identity(exchange);
    if (!rows.has(name)) rows.set(name, makeRow(exchange));
    return rows.get(name);
  }));
  if (focused !== document.activeElement && $("rows").contains(focused)) focused.focus();
}
