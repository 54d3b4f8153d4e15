
// Everything that is drawn from a report, but the plots.

const plots = [
  new Plot("requests", [[0, "ok"], [1, "err"]], true, "requests", point => t("tipRequests", point[0], point[1])),
  new Plot("firstbyte", [[3, "p95"], [2, "p50"]], false, "firstByte", point => isThere(point[2])
    ? t("tipTimes", milliseconds(point[2]), milliseconds(point[3])) : t("tipNone")),
];

function drawState() {
  const kinds = { none: ["", ""], lost: ["lost", "bad"], odd: ["lost", "bad"], key: ["asks", "warn"] };
  let [word, kind] = kinds[contact.state] ?? ["ready", "good"];
  if (contact.state === "good" && report) {
    if (report.draining) [word, kind] = ["draining", "warn"];
    else if (!report.ready) [word, kind] = ["notReady", "bad"];
  }
  const reason = contact.state === "good" && report?.reason ? t("colon") + known("reasons", report.reason) : "";
  const text = word ? t(word) + reason : "";
  if ($("state").textContent !== text) $("state").textContent = text;
  $("state").className = "pill " + kind;
  document.title = word && word !== "ready" ? `tokenrelay${t("colon")}${t(word)}` : "tokenrelay";
  document.body.classList.toggle("lost", contact.state === "lost" || contact.state === "odd");

  const notices = { lost: () => t("lostText"), odd: () => t("oddAnswer", contact.status) };
  const notice = notices[contact.state]?.() ?? "";
  $("notice").hidden = !notice;
  if ($("notice").textContent !== notice) $("notice").textContent = notice;
  const isAsking = contact.state === "key";
  if (isAsking && $("keyform").hidden) setTimeout(() => $("key").focus());
  $("keyform").hidden = !isAsking;
  $("keywrong").hidden = !contact.isWrong;
  $("forget").hidden = !key;
  $("data").hidden = !report;
  $("process").hidden = !report;
  $("build").textContent = report ? `${report.version} · ${t("uptime")} ${seconds(report.uptime_seconds)}` : "";
}

/** The countdown; runs between reports too. */
function drawToken() {
  const token = report.token, since = (performance.now() - receivedAt) / 1000;
  const later = value => isThere(value) ? value - since : null;
  const left = later(token.expires_in_seconds), renewal = later(token.renews_in_seconds), life = token.lifetime_seconds;
  const isFailing = token.failed_in_a_row > 0;
  const hasToken = token.generation > 0 && !(left !== null && left <= 0);
  let head;
  if (token.state === undefined) head = t(token.source === "none" ? "noAuth" : "fixed");
  else if (!hasToken) head = t("noToken");
  else if (left === null) head = t("forever");
  else if (renewal === null) head = token.state === "fresh" ? t("idle") : t("renewalDue");
  else head = renewal > 0 ? `${t(isFailing ? "retryIn" : "renewsIn")} ${seconds(Math.ceil(renewal))}` : t("renewalDue");
  if ($("tokenhead").textContent !== head) $("tokenhead").textContent = head;

  const kind = { fresh: "good", stale: "good", last: "warn", expired: "bad", never: "bad" }[token.state] ?? "";
  const state = left !== null && left <= 0 ? "expired" : token.state;
  $("tokenstate").textContent = state === undefined ? "" : known("states", state);
  $("tokenstate").className = "pill " + (state === "expired" ? "bad" : kind);

  const hasBar = life > 0 && left !== null;
  const retry = !hasToken && renewal > 0 ? `${t("retryIn")} ${seconds(Math.ceil(renewal))}` : null;
  let end = null;
  if (hasBar && left > 0) end = `${t("endsIn", seconds(Math.ceil(left)))} · ${t("ofLifetime", seconds(life))}`;
  else if (hasBar) end = t("ended", seconds(-left));
  $("tokenend").textContent = [end, retry].filter(isThere).join(" · ");
  $("bar").hidden = !hasBar;
  if (!hasBar) return;
  const share = value => Math.min(100, Math.max(0, value / life * 100));
  const untilRenewal = renewal === null ? 0 : share(Math.min(Math.max(0, renewal), left));
  $("gone").style.width = 100 - share(left) + "%";
  $("fresh").style.width = untilRenewal + "%";
  $("reserve").style.width = Math.max(0, share(left) - untilRenewal) + "%";
  $("tick").hidden = renewal === null || renewal <= 0 || renewal >= left;
  $("tick").style.left = 100 - share(left) + untilRenewal + "%";
  $("bar").className = state === "last" ? "warn" : "";
  $("bar").setAttribute("aria-valuemax", Math.round(life));
  $("bar").setAttribute("aria-valuenow", Math.max(0, Math.round(left)));
}

function fault(entry, className, ...what) {
  const box = element("div", "fault " + className, element("div", "what", ...what));
  if (entry.cause) box.append(element("div", "", entry.cause[language]));
  if (entry.cure) box.append(element("div", "cure", entry.cure[language]));
  return box;
}

function drawTokenFacts() {
  const token = report.token, failure = token.last_failure;
  const isRenewable = token.state !== undefined;
  $("tokenfacts").replaceChildren(...facts([
    [t("source"), token.source],
    [t("generation"), isRenewable ? number(token.generation) : null],
    [t("age"), isThere(token.age_seconds) ? seconds(token.age_seconds) : null],
    [t("renewals"), isRenewable ? number(token.renewed) : null],
    [t("failures"), isRenewable ? number(token.failed) : null],
    [t("lastRenewal"), token.last_success ? clock(token.last_success) : null],
    [t("waiters"), token.waiters ? number(token.waiters) : null],
  ]));
  $("tokenfault").hidden = !failure;
  if (!failure) return;
  const isNow = token.failed_in_a_row > 0;
  const title = isNow && token.failed_in_a_row > 1 ? t("failing", token.failed_in_a_row) : t("lastFailure");
  $("tokenfault").replaceChildren(fault(failure, isNow ? "" : "past", element("strong", "", title),
    element("span", "dim", clock(failure.ts)), element("code", "", failure.message)));
}

function drawTiles() {
  const load = report.load;
  const minute = Array.from({ length: 12 }, (_, back) => points.get(report.series.last_slot - back) ?? [0, 0]);
  const sum = column => minute.reduce((all, point) => all + point[column], 0);
  const tile = (value, name, isBad) =>
    element("div", isBad ? "bad" : "", element("b", "", value), element("span", "", t(name)));
  $("tiles").replaceChildren(
    tile(number(load.inflight), "inflight"), tile(number(load.event_streams), "streams"),
    tile(number(load.queued), "queued", load.queued > 0), tile(number(load.connections), "connections"),
    tile(number(sum(0)), "perMinute"), tile(number(sum(1)), "errorsPerMinute", sum(1) > 0));
  const parts = [];
  if (isThere(load.resident_bytes)) {
    parts.push(`${t("memory")} ${size(load.resident_bytes)}`, `${t("cpu")} ${milliseconds(load.cpu_seconds * 1000)}`,
      `${t("descriptors")} ${number(load.open_fds)}`);
  }
  parts.push(`${t("loops")} ${load.loops.length}`);
  $("process").textContent = parts.join(" · ");
}

let drawnErrors = "";

/** The same error again and again is one entry with a count. */
function drawErrors() {
  const groups = new Map();
  for (const error of errors) {
    const name = [error.outcome, error.detail, error.status, error.endpoint].join(" ");
    if (groups.has(name)) groups.get(name).count += 1; else groups.set(name, { error, count: 1 });
  }
  const shown = [...groups.values()].slice(0, 8);
  const signature = language + shown.map(({ error, count }) => identity(error) + count).join();
  if (signature === drawnErrors) return;
  drawnErrors = signature;
  $("errors").replaceChildren(...(shown.length ? shown.map(({ error, count }) => fault(error, "",
    element("code", "", error.detail ? `${error.outcome} (${error.detail})` : error.outcome),
    element("span", "dim", [error.status, error.endpoint, error.side ? known("sides", error.side) : null,
      count > 1 ? t("times", count) : null, clock(error.ts)].filter(isThere).join(" · "))))
    : [element("p", "dim", t("noErrors"))]));
}
