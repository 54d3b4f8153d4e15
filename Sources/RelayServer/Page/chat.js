// SPDX-License-Identifier: Apache-2.0
// The box to try a streamed chat.
let running = null;
$("stop").onclick = () => running && running.abort();
$("model").onfocus = async () => {
  if ($("models").children.length) return;
  try {
    const list = await (await fetch("v1/models", { headers: headers() })).json();
    $("models").replaceChildren(...list.data.slice(0, 200).map(model => {
      const option = element("option");
      option.value = model.id;
      return option;
    }));
  } catch { /* The name can be typed. */ }
};
$("chat").onsubmit = async event => {
  event.preventDefault();
  if (running) return;
  running = new AbortController();
  const begun = performance.now(), times = [], out = $("answer");
  out.hidden = false; out.textContent = ""; $("chatfacts").textContent = "";
  $("send").hidden = true; $("stop").hidden = false;
  const show = text => { if (text) { out.textContent += text; out.scrollTop = out.scrollHeight; } };
  try {
    const answer = await fetch("v1/chat/completions", {
      method: "POST", signal: running.signal, headers: { "Content-Type": "application/json", ...headers() },
      body: JSON.stringify({ model: $("model").value, stream: true,
        messages: [{ role: "user", content: $("prompt").value || t("prompt") }] }),
    });
    if (answer.status === 401) $("keybox").hidden = false;
    const reader = answer.body.getReader(), decoder = new TextDecoder();
    const isStream = (answer.headers.get("content-type") || "").startsWith("text/event-stream");
    if (!isStream) show(answer.status + "\n");
    let held = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      times.push(Math.round(performance.now() - begun));
      const text = decoder.decode(value, { stream: true });
      if (!isStream) { show(text); continue; }
      const lines = (held + text).split(/\r\n|\n|\r/);
      held = lines.pop();
      for (const line of lines) {
        if (!line.startsWith("data:") || line.includes("[DONE]")) continue;
        try {
          const event = JSON.parse(line.slice(5)), delta = event.choices?.[0]?.delta;
          show(event.error ? "\n" + event.error.message : delta?.content ?? delta?.reasoning_content);
        } catch { show(line + "\n"); }
      }
    }
  } catch (failure) { if (failure.name !== "AbortError") show("\n" + failure); }
  if (times.length) {
    const last = times[times.length - 1];
    let facts = t("pieceFacts")(times.length, times[0], last);
    if (times.length > 5 && times[0] > 500 && last - times[0] < 50) facts += " " + t("oneBurst");
    $("chatfacts").textContent = facts;
  }
  running = null;
  $("send").hidden = false; $("stop").hidden = true;
};
