
// The last 15 minutes as SVG: bars or curves, with values under the pointer or at the arrow keys.

const STEPS = [1, 1.5, 2, 3, 4, 5, 6, 8];

/** The least round number that is not below. */
function roundUp(value) {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return STEPS.map(step => step * power).find(step => step >= value) ?? 10 * power;
}

/** Draws into the element `id`; `series` is [column of a point, class] in order, `top` labels the axis. */
class Plot {
  constructor(id, series, isBars, label, tip) {
    Object.assign(this, { box: $(id), series, isBars, label, tip });
    this.svg = shape("svg", { role: "img", tabindex: "0" });
    this.hint = element("div", "tip");
    this.hint.setAttribute("role", "status");
    this.hint.hidden = true;
    this.box.append(this.svg, this.hint);
    /** The slot under the pointer, which moves to the left with its time. */
    this.slot = null;
    this.svg.addEventListener("pointermove", event => this.point(event));
    this.svg.addEventListener("pointerdown", event => this.point(event));
    this.svg.addEventListener("pointerleave", () => this.select(null));
    this.svg.addEventListener("blur", () => this.select(null));
    this.svg.addEventListener("keydown", event => this.press(event));
    new ResizeObserver(() => this.draw()).observe(this.box);
  }

  get last() { return report ? report.series.last_slot : 0; }
  get first() { return this.last - VISIBLE + 1; }

  point(event) {
    const x = event.clientX - this.svg.getBoundingClientRect().left - this.left;
    const slot = this.first + Math.floor(x / this.step);
    this.select(Math.min(this.last, Math.max(this.first, slot)));
  }

  press(event) {
    const slot = this.slot ?? this.last + 1;
    const wanted = {
      ArrowLeft: slot - 1, ArrowRight: slot + 1, PageUp: slot - 12, PageDown: slot + 12, Home: this.first,
      End: this.last, Escape: null,
    };
    if (!(event.key in wanted)) return;
    event.preventDefault();
    const to = wanted[event.key];
    this.select(to === null ? null : Math.min(this.last, Math.max(this.first, to)));
  }

  select(slot) {
    this.slot = slot;
    this.draw();
  }

  draw() {
    const width = this.box.clientWidth, height = this.box.clientHeight;
    if (!report || width === 0) return;
    const [left, right, top, bottom] = [46, 6, 10, 20];
    const floor = height - bottom, step = (width - left - right) / VISIBLE;
    [this.left, this.step] = [left, step];
    const slots = Array.from({ length: VISIBLE }, (_, index) => this.first + index);
    const value = (slot, column) => points.get(slot)?.[column] ?? null;
    const high = roundUp(Math.max(...this.series.flatMap(([column]) => slots.map(slot => value(slot, column) ?? 0))));
    const y = amount => floor - amount / high * (floor - top);

    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("aria-label", `${t(this.label)}; ${t("plotHelp")}`);
    const drawn = [];
    for (const part of high > 1 ? [0, .5, 1] : [0, 1]) {
      const line = Math.round(y(high * part)) + .5;
      drawn.push(shape("line", { class: "grid", x1: left, x2: width - right, y1: line, y2: line }));
      const text = this.isBars ? number(high * part, high * part % 1 ? 1 : 0) : part ? milliseconds(high * part) : "0";
      drawn.push(shape("text", { x: left - 6, y: line + 4, "text-anchor": "end" }, text));
    }
    for (const minutes of [15, 10, 5, 0]) {
      const anchor = minutes === 15 ? "start" : minutes === 0 ? "end" : "middle";
      const text = minutes ? `−${seconds(minutes * 60)}` : t("justNow");
      const x = left + (width - left - right) * (1 - minutes / 15);
      drawn.push(shape("text", { x, y: height - 5, "text-anchor": anchor }, text));
    }
    for (const [column, name] of this.series) {
      const at = slot => left + (slot - this.first) * step;
      if (this.isBars) drawn.push(...this.bars(slots, column, name, at, y, floor));
      else drawn.push(...this.curve(slots, column, name, at, y));
    }
    if (this.slot !== null && this.slot < this.first) this.slot = null;
    if (this.slot !== null) {
      const x = left + (this.slot - this.first + .5) * step;
      drawn.push(shape("line", { class: "cursor", x1: x, x2: x, y1: top, y2: floor }));
    }
    this.svg.replaceChildren(...drawn);
    this.showHint(left, step, width);
  }

  bars(slots, column, name, at, y, floor) {
    const wide = Math.max(1, this.step - (this.step > 3 ? 1 : 0));
    let path = "";
    for (const slot of slots) {
      const amount = points.get(slot)?.[column];
      // The least bar can still be seen.
      const top = amount ? Math.min(y(amount), floor - 2) : 0;
      if (amount) path += `M${at(slot).toFixed(1)} ${floor}V${top.toFixed(1)}h${wide.toFixed(1)}V${floor}z`;
    }
    return [shape("path", { class: "bars " + name, d: path })];
  }

  /** A line through neighbours, a dot for a value alone: a gap is a time without answers. */
  curve(slots, column, name, at, y) {
    let line = "", dots = "", before = false;
    slots.forEach((slot, index) => {
      const amount = points.get(slot)?.[column];
      if (!isThere(amount)) { before = false; return; }
      const place = `${(at(slot) + this.step / 2).toFixed(1)} ${y(amount).toFixed(1)}`;
      const isAlone = !before && !isThere(points.get(slots[index + 1])?.[column]);
      if (isAlone) dots += `M${place}h0`; else line += (before ? "L" : "M") + place;
      before = true;
    });
    return [shape("path", { class: "curve " + name, d: line }), shape("path", { class: "dots " + name, d: dots })];
  }

  showHint(left, step, width) {
    this.hint.hidden = this.slot === null;
    if (this.slot === null) return;
    const back = (this.last - this.slot) * report.series.step_ms / 1000;
    const when = back === 0 ? t("justNow") : t("ago", seconds(back));
    const text = `${when}${t("colon")}${this.tip(points.get(this.slot) ?? [0, 0, null, null])}`;
    if (this.hint.textContent !== text) this.hint.textContent = text;
    const x = left + (this.slot - this.first) * step, room = width - this.hint.offsetWidth;
    this.hint.style.left = Math.max(0, Math.min(room, x - this.hint.offsetWidth / 2)) + "px";
  }
}
