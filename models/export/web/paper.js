// Twelve leads on ECG paper as SVG: 25 mm/s, 10 mm/mV, three rows of four columns and lead II below.
"use strict";

const COLOURS = { input: "#000000", derived: "#B84A00", estimated: "#0072B2", recorded: "#6B6B6B" };
const WORDS = { measured: "input", derived: "derived", estimated: "estimated" };
const LEFT = 15, WIDTH = 250, RIGHT = 5, SPEED = 25, GAIN = 10;

function element(name, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function median(values) {
  const sorted = Float32Array.from(values).sort();
  return sorted[sorted.length >> 1];
}

function cellsOf(leads) {
  const cells = leads.map((lead, place) => ({ lead, row: place % 3, start: Math.floor(place / 3) * 2.5, stop: Math.floor(place / 3) * 2.5 + 2.5 }));
  return [...cells, { lead: "II", row: 3, start: 0, stop: 10 }];
}

function line(values, offset, cell, first, rate, zero) {
  let path = "";
  for (let k = 0; k < values.length; k++) {
    const x = LEFT + (cell.start + k / rate) * SPEED, y = zero - (values[k] - offset) * GAIN;
    path += `${k ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`;
  }
  return path;
}

function grid(height) {
  const total = LEFT + WIDTH + RIGHT;
  let fine = "", large = "";
  for (let x = 0; x <= total; x++) x % 5 ? (fine += `M${x} 0V${height}`) : (large += `M${x} 0V${height}`);
  for (let y = 0; y <= height; y++) y % 5 ? (fine += `M0 ${y}H${total}`) : (large += `M0 ${y}H${total}`);
  return [element("path", { d: fine, stroke: "#FFC0C0", "stroke-width": 0.1 }), element("path", { d: large, stroke: "#E0A0A0", "stroke-width": 0.2 })];
}

function rowsOf(cells, pieces) {
  const rows = [];
  let bottom = 10;
  for (let row = 0; row < 4; row++) {
    let up = 0, down = 0;
    for (const cell of cells.filter((one) => one.row === row))
      for (const values of Object.values(pieces.get(cell).traces))
        for (const value of values) {
          up = Math.max(up, value - pieces.get(cell).offset);
          down = Math.max(down, pieces.get(cell).offset - value);
        }
    const above = Math.min(30, Math.max(12, up * GAIN + 6)), zero = 5 * Math.ceil((bottom + above) / 5);
    rows.push({ zero, label: zero - above + 3.4 });
    bottom = zero + Math.min(30, Math.max(6, down * GAIN + 1));
  }
  return [rows, 5 * Math.ceil((bottom + 8) / 5)];
}

function key(present) {
  const parts = [["input", "input lead"], ["derived", "derived lead"], ["estimated", "estimated lead with its 90 % prediction band"], ["recorded", "recorded, not given to the model"]];
  const out = [];
  let x = 3;
  for (const [role, words] of parts.filter(([role]) => present.has(role))) {
    out.push(element("path", { d: `M${x} 4.4h6`, stroke: COLOURS[role], "stroke-width": role === "recorded" ? 0.25 : 0.5, fill: "none" }));
    if (role === "estimated") out.push(element("rect", { x, y: 3, width: 6, height: 2.8, fill: COLOURS.estimated, opacity: 0.16 }));
    out.push(element("text", { x: x + 7.5, y: 5.4, "font-size": 3, fill: COLOURS[role] }, words));
    x += 12 + words.length * 1.5;
  }
  return out;
}

function drawPaper(svg, result, start) {
  const { rate, leads, sources } = result, cells = cellsOf(leads), pieces = new Map(), present = new Set();
  for (const cell of cells) {
    const from = Math.round((start + cell.start) * rate), to = Math.min(result.n, Math.round((start + cell.stop) * rate) + 1);
    const whole = (values) => values.subarray(Math.round(start * rate), Math.min(result.n, Math.round((start + 10) * rate)));
    const recorded = sources[cell.lead] === "measured" ? undefined : result.recorded[cell.lead];
    const traces = { mean: result.signals[cell.lead].subarray(from, to) };
    if (recorded) traces.recorded = recorded.subarray(from, to);
    const half = result.half[cell.lead].subarray(from, to);
    pieces.set(cell, { traces, half, from, offset: median(whole(recorded || result.signals[cell.lead])) });
    present.add(WORDS[sources[cell.lead]]);
    if (recorded) present.add("recorded");
  }
  const [rows, height] = rowsOf(cells, pieces);
  const drawn = [...grid(height), ...key(present)];
  for (const { zero } of rows) drawn.push(element("path", { d: `M3 ${zero}h2.5v-10h5v10h2.5`, stroke: "#000", "stroke-width": 0.3, fill: "none" }));
  for (const cell of cells) {
    const { traces, half, from, offset } = pieces.get(cell), { zero, label } = rows[cell.row], role = WORDS[sources[cell.lead]];
    if (!traces.mean.length) continue;
    if (role === "estimated") {
      const upper = line(traces.mean.map((value, k) => value + half[k]), offset, cell, from, rate, zero);
      const lower = line(traces.mean.map((value, k) => value - half[k]), offset, cell, from, rate, zero).slice(1).split("L").reverse();
      drawn.push(element("path", { d: `${upper}L${lower.join("L")}Z`, fill: COLOURS.estimated, opacity: 0.16 }));
    }
    if (traces.recorded) drawn.push(element("path", { d: line(traces.recorded, offset, cell, from, rate, zero), stroke: COLOURS.recorded, "stroke-width": 0.25, fill: "none" }));
    drawn.push(element("path", { d: line(traces.mean, offset, cell, from, rate, zero), stroke: COLOURS[role], "stroke-width": 0.4, fill: "none", "stroke-linejoin": "round", "data-lead": cell.lead }));
    if (cell.start > 0) drawn.push(element("path", { d: `M${LEFT + cell.start * SPEED} ${zero - 6}v8`, stroke: "#000", "stroke-width": 0.2 }));
    drawn.push(element("text", { x: LEFT + cell.start * SPEED + 1, y: label, "font-size": 3.4, fill: COLOURS[role], "font-weight": 600 }, `${cell.lead} · ${role}`));
  }
  drawn.push(element("text", { x: 3, y: height - 2.5, "font-size": 3, fill: "#000" }, `25 mm/s · 10 mm/mV · as recorded · seconds ${start} to ${(start + Math.min(10, result.n / rate - start)).toFixed(1)} · Research and teaching use, not for diagnosis`));
  svg.setAttribute("viewBox", `0 0 ${LEFT + WIDTH + RIGHT} ${height}`);
  svg.replaceChildren(...drawn);
}
