
// Language, theme, key; then the first question to the relay.

function draw() {
  drawState();
  if (!report) return;
  drawToken();
  drawTokenFacts();
  drawTiles();
  for (const plot of plots) plot.draw();
  drawErrors();
  drawRows();
  $("chat").hidden = report.chat === false;
  $("chatelsewhere").hidden = report.chat !== false;
}

function translate() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const made of document.querySelectorAll("[data-t]")) made.textContent = t(made.dataset.t);
  for (const made of document.querySelectorAll("[data-label]")) made.setAttribute("aria-label", t(made.dataset.label));
  for (const made of document.querySelectorAll("[data-placeholder]")) made.placeholder = t(made.dataset.placeholder);
  $("language").textContent = WORDS[language === "zh" ? "en" : "zh"].languageName;
  $("language").lang = language === "zh" ? "en" : "zh-CN";
  dress();
  draw();
}

const THEMES = ["auto", "light", "dark"];
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
let theme = memory.get("localStorage", "theme");
if (!THEMES.includes(theme)) theme = "auto";

function dress() {
  const isDark = theme === "dark" || theme === "auto" && prefersDark.matches;
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  $("theme").textContent = t({ auto: "themeAuto", light: "themeLight", dark: "themeDark" }[theme]);
}

prefersDark.addEventListener("change", dress);
$("theme").addEventListener("click", () => {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  memory.set("localStorage", "theme", theme);
  dress();
});
$("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  memory.set("localStorage", "language", language);
  translate();
});
$("keyform").addEventListener("submit", event => {
  event.preventDefault();
  setKey($("key").value.trim());
  $("key").value = "";
  poll();
});
$("forget").addEventListener("click", () => {
  setKey("");
  forget();
  poll();
});
for (const name of ["search", "show", "endpoint"]) $(name).addEventListener("input", drawRows);
document.addEventListener("visibilitychange", () => { if (!document.hidden && contact.state !== "key") poll(); });
setInterval(() => { if (report && !document.hidden && contact.state === "good") drawToken(); }, 250);

translate();
poll();
