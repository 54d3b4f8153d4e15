
// What the relay says of itself: polled each second, and put together to the last 15 minutes.

const POLL = 1000, PATIENCE = 10000, VISIBLE = 180, KEPT = 50;

let key = memory.get("sessionStorage", "key") || "";
/** none: no answer yet; good; key: it wants one; lost; odd: an answer that is none. */
let contact = { state: "none" };
let report = null, receivedAt = 0, pollTimer = 0, polling = null;
let points = new Map(), exchanges = [], errors = [];

const authorization = () => key ? { Authorization: "Bearer " + key } : {};
const identity = exchange => [exchange.ts, exchange.request_id, exchange.total_ms].join(" ");

function merge(old, fresh) {
  const seen = new Set(old.map(identity));
  return fresh.filter(exchange => !seen.has(identity(exchange))).concat(old)
    .sort((a, b) => a.ts < b.ts ? 1 : a.ts > b.ts ? -1 : 0).slice(0, KEPT);
}

function forget() {
  report = null;
  points = new Map();
  [exchanges, errors] = [[], []];
}

function take(fresh) {
  const isSameRun = report && fresh.started === report.started && fresh.series.last_slot >= report.series.last_slot;
  if (!fresh.full && !isSameRun) { forget(); return false; }
  if (fresh.full) forget();
  [report, receivedAt] = [fresh, performance.now()];
  const first = fresh.series.last_slot - fresh.series.points.length + 1;
  fresh.series.points.forEach((point, index) => points.set(first + index, point));
  for (const slot of points.keys()) if (slot <= fresh.series.last_slot - VISIBLE) points.delete(slot);
  exchanges = merge(exchanges, fresh.exchanges);
  errors = merge(errors, fresh.errors);
  return true;
}

async function ask() {
  const patience = new AbortController(), timer = setTimeout(() => patience.abort(), PATIENCE);
  const askedWith = key;
  try {
    const answer = await fetch("status.json" + (report ? "?since=" + report.cursor : ""), {
      headers: authorization(), cache: "no-store", credentials: "omit", signal: patience.signal,
    });
    // Another key by now: this answer is not for it.
    if (askedWith !== key) { await ask(); return; }
    if (answer.status === 401) {
      contact = { state: "key", isWrong: key !== "" };
      forget();
      setKey("");
    } else if (!answer.ok) {
      contact = { state: "odd", status: answer.status };
    } else if (take(await answer.json())) {
      contact = { state: "good" };
    } else {
      await ask();
    }
  } catch {
    // A key that cannot stand in a header never leaves the browser.
    if (key && /[^\x21-\x7e]/.test(key)) {
      contact = { state: "key", isWrong: true };
      setKey("");
    } else {
      contact = { state: "lost" };
    }
  } finally {
    clearTimeout(timer);
  }
}

/** One question at a time; a second caller shares the answer. */
function poll() {
  clearTimeout(pollTimer);
  polling ??= ask().then(() => {
    polling = null;
    draw();
    // Without a key there is nothing to ask for, and a page in the background need not know.
    clearTimeout(pollTimer);
    if (contact.state !== "key" && !document.hidden) pollTimer = setTimeout(poll, POLL);
  });
  return polling;
}

function setKey(value) {
  key = value;
  memory.set("sessionStorage", "key", value || null);
}
