
// Small tools: elements, formats, what the browser remembers. Text goes in as text, never as markup.

const $ = id => document.getElementById(id);

/** Storage may be forbidden; then nothing is remembered. */
const memory = {
  get(box, name) { try { return window[box].getItem(name); } catch { return null; } },
  set(box, name, value) {
    try { value === null ? window[box].removeItem(name) : window[box].setItem(name, value); } catch { /* no storage */ }
  },
};

let language = memory.get("localStorage", "language");
if (!(language in WORDS)) language = (navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en";

/** A word in the page's language; with further arguments, a sentence around them. */
function t(name, ...values) {
  const word = WORDS[language][name];
  return typeof word === "function" ? word(...values) : word;
}

/** A word of a closed set the relay uses, or the relay's own spelling if it is new. */
const known = (set, name) => Object.hasOwn(t(set), name) ? t(set)[name] : name;

function element(tag, className, ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content.filter(part => part !== null && part !== undefined));
  return made;
}

function shape(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** A list of names and values, those without a value left out. */
function facts(entries) {
  return entries.filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => element("div", "", element("dt", "", name), element("dd", "", value)));
}

/** A number and its unit stay on one line. */
const NARROW = "\u00a0";

const isThere = value => value !== null && value !== undefined;

const number = (value, digits = 0) => value.toLocaleString(language === "zh" ? "zh-CN" : "en-GB", {
  maximumFractionDigits: digits, minimumFractionDigits: digits,
});

/** Milliseconds: 0.42 ms, 38 ms, 1.24 s, 12.4 s, 2 min 5 s. */
function milliseconds(value) {
  if (!isThere(value)) return null;
  if (value < 10) return number(value, value < .005 ? 0 : value < 1 ? 2 : 1) + NARROW + "ms";
  if (value < 1000) return number(value) + NARROW + "ms";
  if (value < 60000) return number(value / 1000, value < 10000 ? 2 : 1) + NARROW + "s";
  return seconds(value / 1000);
}

/** Seconds in at most two units. */
function seconds(value) {
  const units = language === "zh" ? ["天", "小时", "分", "秒"] : ["d", "h", "min", "s"];
  const s = Math.max(0, Math.floor(value));
  const parts = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60, s % 60];
  const found = parts.findIndex(part => part > 0), start = found < 0 ? 3 : found;
  return parts.slice(start, start + 2)
    .map((part, index) => part || index === 0 ? part + NARROW + units[start + index] : "").filter(Boolean).join(" ");
}

function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes, unit = 0;
  while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit += 1; }
  return number(value, unit === 0 || value >= 100 ? 0 : 1) + NARROW + units[unit];
}

function clock(timestamp) {
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleTimeString("en-GB");
}
