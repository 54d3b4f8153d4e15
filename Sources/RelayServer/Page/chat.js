
// The box that sends a streamed chat through the relay and shows when each piece arrives.

const SHOWN_PIECES = 300;
let running = null;

/** Cuts what arrives into server-sent events and keeps the text they carry. */
class EventText {
  constructor() { [this.decoder, this.rest, this.events, this.isDone] = [new TextDecoder(), "", 0, false]; }

  /** The events that `bytes` complete: how many, and their text. */
  push(bytes) {
    const lines = (this.rest + this.decoder.decode(bytes, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop();
    let text = "", events = 0;
    for (const line of lines) {
      if (!line.startsWith("data:")) continue;
      const data = line.slice(5).trim();
      events += 1;
      if (data === "[DONE]") { this.isDone = true; continue; }
      try {
        const event = JSON.parse(data), delta = event.choices?.[0]?.delta;
        text += event.error ? `\n${event.error.message}` : delta?.content ?? delta?.reasoning_content ?? "";
        if (event.error) this.isTorn = true;
      } catch { text += data; }
    }
    this.events += events;
    return { events, text };
  }
}

/** Whether what came apart stayed apart. `record` is what the relay says of the same exchange, if it is known. */
function judge(pieces, events, record) {
  const first = pieces[0].at, last = pieces[pieces.length - 1].at, lasted = last - first;
  const times = t("firstAfter", milliseconds(first), milliseconds(last));
  if (events < 4) return ["", t("tooFew"), times];
  const groups = pieces.filter((piece, index) => index === 0 || piece.gap > 4).length;
  if (groups >= events / 2) return ["good", t("oneByOne"), times];
  const spread = record && isThere(record.first_byte_ms) ? record.total_ms - record.first_byte_ms : null;
  const isHidden = spread !== null && spread > 200 && spread > 3 * lasted;
  if (!isHidden && last < 400 && lasted < 100) return ["warn", t("tooQuick"), times];
  const blame = record ? isHidden || record.pieces > 2 * groups && spread > 50
    ? t("blameAfter", record.pieces) : t("blameBefore") : "";
  if (groups <= Math.max(1, events / 10)) return ["bad", t("inLump"), blame, times];
  return ["warn", t("inGroups", groups, events), blame, times];
}

function drawStrip(pieces) {
  const width = $("strip").clientWidth || 300, last = Math.max(1, pieces[pieces.length - 1]?.at ?? 1);
  const most = pieces.reduce((high, piece) => Math.max(high, piece.events), 1);
  const svg = shape("svg", { role: "img", viewBox: `0 0 ${width} 46`, "aria-label": t("piecesTable") });
  svg.append(shape("line", { class: "grid", x1: 0, x2: width, y1: 30.5, y2: 30.5 }));
  const path = pieces.map(piece => {
    const x = 1 + piece.at / last * (width - 2), high = 8 + 20 * piece.events / most;
    return `M${x.toFixed(1)} 30v${-high.toFixed(1)}`;
  });
  svg.append(shape("path", { class: "piece", d: path.join("") }));
  for (const [part, anchor] of [[0, "start"], [.5, "middle"], [1, "end"]]) {
    const text = part ? milliseconds(last * part) : "0";
    svg.append(shape("text", { x: part * width, y: 44, "text-anchor": anchor }, text));
  }
  $("strip").replaceChildren(svg);
}

function drawPiece(piece, place) {
  if (place > SHOWN_PIECES) return;
  const box = $("pieces").closest(".scroll");
  const isAtEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 30;
  const cell = (value, className = "n") => element("td", className, String(value));
  const gap = place > 1 ? "+" + milliseconds(piece.gap) : "";
  $("pieces").append(element("tr", "", cell(place), cell(milliseconds(piece.at)), cell(gap), cell(piece.bytes),
    cell(piece.events), cell(piece.text, "")));
  if (isAtEnd) box.scrollTop = box.scrollHeight;
}

function say(kind, verdict, ...more) {
  $("verdict").className = "verdict " + kind;
  $("verdict").replaceChildren(verdict, element("span", "", more.filter(Boolean).join(" ")));
}

async function chat() {
  const pieces = [], text = new EventText(), begun = performance.now();
  let answer = null, ending = "", drawnAt = 0;
  const control = running = new AbortController();
  $("answer").replaceChildren();
  $("pieces").replaceChildren();
  $("strip").replaceChildren();
  $("chatresult").hidden = false;
  say("", t("waiting"));
  try {
    answer = await fetch("v1/chat/completions", {
      method: "POST", signal: control.signal, credentials: "omit", cache: "no-store",
      headers: { "Content-Type": "application/json", ...authorization() },
      body: JSON.stringify({
        model: $("model").value, stream: true, messages: [{ role: "user", content: $("prompt").value || t("prompt") }],
      }),
    });
    const isStream = (answer.headers.get("Content-Type") ?? "").startsWith("text/event-stream");
    if (!answer.ok || !isStream) {
      $("answer").textContent = (await answer.text()).slice(0, 20000);
      return say("bad", answer.ok ? t("notStream") : t("refused", answer.status));
    }
    const reader = answer.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const at = performance.now() - begun, before = pieces[pieces.length - 1]?.at ?? at;
      const piece = { at, gap: at - before, bytes: value.length, ...text.push(value) };
      pieces.push(piece);
      $("answer").append(piece.text);
      $("answer").scrollTop = $("answer").scrollHeight;
      drawPiece(piece, pieces.length);
      if (at - drawnAt > 100) {
        drawStrip(pieces);
        drawnAt = at;
      }
    }
  } catch {
    ending = control.signal.aborted ? t("stopped") : t("cutOff");
  }
  if (text.isTorn) ending = t("cutOff");
  if (pieces.length === 0) return say("bad", ending || t("cutOff"));
  drawStrip(pieces);
  const id = answer.headers.get("X-Request-Id");
  // A poll that was under way already may not know of it yet.
  let record;
  for (let tries = 0; tries < 3 && !record; tries += 1) {
    await poll();
    record = exchanges.find(exchange => exchange.request_id === id);
  }
  const [kind, verdict, ...more] = judge(pieces, text.events, record);
  say(ending && kind === "good" ? "warn" : kind, ending ? `${ending} ${verdict}` : verdict, ...more);
}

async function fillModels() {
  if ($("models").children.length > 0) return;
  try {
    const answer = await fetch("v1/models", { headers: authorization(), credentials: "omit" });
    const list = (await answer.json()).data.slice(0, 200).map(model => String(model.id));
    $("models").replaceChildren(...list.map(id => {
      const option = element("option", "");
      option.value = id;
      return option;
    }));
    const likely = list.find(id => /chat|gpt|qwen|llama/i.test(id)) ?? list[0];
    if (!$("model").value && likely) $("model").value = likely;
  } catch { /* The name can be typed. */ }
}

$("model").addEventListener("focus", fillModels);
$("stop").addEventListener("click", () => running?.abort());
$("chat").addEventListener("submit", async event => {
  event.preventDefault();
  if (running) return;
  $("send").hidden = true;
  $("stop").hidden = false;
  try {
    await chat();
  } finally {
    running = null;
    $("send").hidden = false;
    $("stop").hidden = true;
  }
});
