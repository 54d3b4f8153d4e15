// SPDX-License-Identifier: Apache-2.0
// Polls status.json beside the page, keeps the last 15 minutes, and draws. All text goes in as text, never as markup.
const $ = id => document.getElementById(id);
const stored = (box, name, value) => {
  try { return value === undefined ? box().getItem(name) : box().setItem(name, value); } catch { return null; }
};
const session = () => sessionStorage, local = () => localStorage;
let lang = stored(local, "language") || (navigator.language.startsWith("zh") ? "zh" : "en");
let key = stored(session, "key") || "";
let polling = false, cursor = null, started = null, lastSlot = null;
let report = null, receivedAt = 0, answers = true;
let points = new Map(), exchanges = [], errors = [];
const t = name => WORDS[lang][name];

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined && text !== null) made.textContent = text;
  if (className) made.className = className;
  return made;
}
function translate() {
  document.documentElement.lang = lang;
  for (const made of document.querySelectorAll("[data-t]")) made.textContent = t(made.dataset.t);
  $("language").textContent = lang === "en" ? "中文" : "English";
  $("model").placeholder = t("model");
  $("prompt").placeholder = t("prompt");
  $("heads").replaceChildren(...COLUMNS.map(([name, , n]) => element("th", t(name), n ? "n" : "")));
  draw();
}
const headers = () => key ? { Authorization: "Bearer " + key } : {};

function merge(known, fresh) {
  const seen = new Set(known.map(e => e.request_id + e.ts));
  return fresh.filter(e => !seen.has(e.request_id + e.ts)).concat(known)
    .sort((a, b) => a.ts < b.ts ? 1 : a.ts > b.ts ? -1 : 0).slice(0, 50);
}
async function poll() {
  // Without a key there is nothing to see, and each attempt would be a line in the relay's log.
  if (document.hidden || polling || !$("keybox").hidden) return;
  polling = true;
  try {
    const answer = await fetch("status.json" + (cursor === null ? "" : "?since=" + cursor),
      { headers: headers(), cache: "no-store", signal: AbortSignal.timeout(10000) });
    if (answer.status === 401) { $("keybox").hidden = false; return; }
    if (!answer.ok) throw answer.status;
    $("keybox").hidden = true;
    const now = await answer.json();
    // Another run of the relay, or a rebooted machine: begin anew.
    if (cursor !== null && (now.started !== started || now.series.last_slot < lastSlot)) {
      cursor = started = lastSlot = null;
      points = new Map(); exchanges = []; errors = [];
      return;
    }
    [report, receivedAt, answers] = [now, performance.now(), true];
    [cursor, started, lastSlot] = [now.cursor, now.started, now.series.last_slot];
    const first = lastSlot - now.series.points.length + 1;
    now.series.points.forEach((point, index) => points.set(first + index, point));
    for (const slot of points.keys()) if (slot <= lastSlot - 180) points.delete(slot);
    exchanges = merge(exchanges, now.exchanges);
    errors = merge(errors, now.errors);
    draw();
  } catch {
    answers = false;
    drawState();
  } finally { polling = false; }
}

const span = seconds => {
  const s = Math.max(0, Math.floor(seconds)), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
  if (h >= 48) return Math.floor(h / 24) + " d " + h % 24 + " h";
  return h ? h + " h " + m + " min" : s >= 60 ? m + " min " + s % 60 + " s" : s + " s";
};
const size = n => n < 1024 ? n + " B"
  : n < 1048576 ? (n / 1024).toFixed(1) + " KiB" : (n / 1048576).toFixed(1) + " MiB";

function drawState() {
  const [word, kind] = !answers ? ["lost", "bad"] : report.draining ? ["draining", "warn"]
    : report.ready ? ["ready", "good"] : ["notReady", "bad"];
  $("state").textContent = t(word) + (answers && report.reason ? ": " + report.reason : "");
  $("state").className = "pill " + kind;
}
function drawToken() {
  const token = report.token, since = (performance.now() - receivedAt) / 1000;
  const left = token.expires_in_seconds === null ? null : token.expires_in_seconds - since;
  const renewal = token.renews_in_seconds === null ? null : token.renews_in_seconds - since;
  const life = token.lifetime_seconds;
  $("bar").hidden = !(life > 0) || left === null || left === undefined;
  let line = t("forever");
  if (token.state === undefined) line = t(token.source === "none" ? "noAuth" : "fixed");
  else if (!token.generation || left <= 0 && left !== null) line = t("noToken");
  else if (left !== null) {
    line = t("ends") + " " + span(left);
    if (renewal !== null) line += " · " + (renewal > 0 ? t("renews") + " " + span(renewal) : t("renewing"));
  }
  $("tokenline").textContent = line;
  if (life > 0 && left !== null) {
    $("lived").style.width = Math.min(100, Math.max(0, left / life * 100)) + "%";
    $("lived").className = left <= 0 ? "bad" : token.state === "fresh" ? "" : "warn";
    $("renewal").hidden = renewal === null;
    if (renewal !== null) {
      $("renewal").style.left = Math.min(100, Math.max(0, (left - renewal) / life * 100)) + "%";
    }
  }
  const facts = [t("source") + " " + token.source];
  if (token.state !== undefined) facts.push(token.state, t("generation") + " " + token.generation);
  if (life > 0) facts.push(t("lifetime") + " " + span(life));
  if (token.waiters) facts.push(t("waiting") + " " + token.waiters);
  $("tokenfacts").textContent = facts.join(" · ");
  $("tokenfault").hidden = !token.last_failure;
  if (token.last_failure) $("tokenfault").replaceChildren(
    element("div", t("lastFailure") + " " + clock(token.last_failure.ts), "dim"), ...fault(token.last_failure));
}
function fault(entry) {
  const what = element("div");
  what.append(element("code", entry.outcome || entry.kind), " " + [entry.detail, entry.message, entry.endpoint,
    entry.status, entry.request_id].filter(x => x !== undefined && x !== null).join(" · "));
  if (!entry.cause) return [what];
  return [what, element("div", entry.cause[lang]), element("div", entry.cure[lang], "cure")];
}
const clock = ts => new Date(ts).toLocaleTimeString(lang === "zh" ? "zh-CN" : "en-GB");

function drawTiles() {
  const load = report.load, token = report.token;
  const tiles = [["inflight", load.inflight], ["streams", load.event_streams], ["queued", load.queued],
    ["connections", load.connections], ["uptime", span(report.uptime_seconds)]];
  if (token.state !== undefined) tiles.push(["renewed", token.renewed], ["failed", token.failed]);
  if (load.resident_bytes !== undefined) tiles.push(["memory", size(load.resident_bytes)]);
  $("tiles").replaceChildren(...tiles.map(([name, value]) => {
    const tile = element("div");
    tile.append(element("b", value), element("span", t(name)));
    return tile;
  }));
}
const COLUMNS = [
  ["time", e => clock(e.ts)], ["client", e => e.client], ["endpoint", e => e.endpoint],
  ["status", e => e.status, 1], ["outcome", e => e.outcome],
  ["bytes", e => e.bytes_out, 1], ["pieces", e => e.pieces, 1],
  ["firstMs", e => e.first_byte_ms === null ? "" : Math.round(e.first_byte_ms), 1],
  ["totalMs", e => Math.round(e.total_ms), 1], ["id", e => e.request_id],
];
function drawLists() {
  $("exchanges").replaceChildren(...exchanges.map(e => {
    const row = element("tr", null, e.outcome === "ok" || e.outcome === "client_gone" ? "" : "bad");
    row.append(...COLUMNS.map(([, value, n]) => element("td", value(e), n ? "n" : "")));
    return row;
  }));
  $("errors").replaceChildren(...(errors.length ? errors.map(e => {
    const box = element("div", null, "fault");
    box.append(element("div", clock(e.ts), "dim"), ...fault(e));
    return box;
  }) : [element("p", t("none"), "dim")]));
}
function plot(id, series, bars) {
  const canvas = $(id), ratio = devicePixelRatio || 1;
  const width = canvas.clientWidth, height = 140;
  canvas.width = width * ratio; canvas.height = height * ratio;
  const pen = canvas.getContext("2d");
  const colour = name => getComputedStyle(document.body).getPropertyValue(name);
  pen.scale(ratio, ratio);
  let top = 0;
  for (const [values] of series) for (const value of values) if (value > top) top = value;
  top = top || 1;
  pen.fillStyle = colour("--dim"); pen.font = "11px system-ui"; pen.fillText(top, 2, 11);
  pen.fillStyle = colour("--line"); pen.fillRect(0, height - 1, width, 1);
  const step = width / 180, y = value => height - 1 - value / top * (height - 18);
  for (const [values, name] of series) {
    pen.fillStyle = pen.strokeStyle = colour(name);
    pen.lineWidth = 1.5; pen.beginPath();
    let open = false;
    values.forEach((value, index) => {
      if (value === null) { open = false; return; }
      const x = index * step;
      if (bars) {
        if (value) pen.fillRect(x, y(value), Math.max(step - .5, 1), height - y(value));
        return;
      }
      if (!open) pen.moveTo(x, y(value));
      pen.lineTo(x + step * (open ? .5 : 1), y(value));
      open = true;
    });
    if (!bars) pen.stroke();
  }
}
function drawPlots() {
  const column = index => Array.from({ length: 180 }, (_, n) => {
    const point = points.get(lastSlot - 179 + n);
    return point ? point[index] : null;
  });
  plot("requests", [[column(0), "--mark"], [column(1), "--bad"]], true);
  plot("first", [[column(3), "--warn"], [column(2), "--mark"]], false);
}
function draw() {
  if (!report) return;
  $("version").textContent = report.version;
  drawState(); drawToken(); drawTiles(); drawLists(); drawPlots();
}
$("language").onclick = () => {
  lang = lang === "en" ? "zh" : "en";
  stored(local, "language", lang);
  translate();
};
$("keybox").onsubmit = event => {
  event.preventDefault();
  key = $("key").value.trim(); $("key").value = "";
  stored(session, "key", key);
  $("keybox").hidden = true;
  poll();
};
setInterval(poll, 1000);
setInterval(() => { if (report && !document.hidden) drawToken(); }, 200);
document.addEventListener("visibilitychange", poll);
translate();
poll();
