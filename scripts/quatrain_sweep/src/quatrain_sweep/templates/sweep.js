// SPDX-License-Identifier: Apache-2.0
// The report of a sweep: filters, figures and table over DATA.rows. DATA is made by report.py.
"use strict";

const byId = (id) => document.getElementById(id);
const allowed = new Map(DATA.varied.map((name) => [name, new Set(DATA.values[name].map(String))]));
let picked = null;
let order = { name: DATA.objectives[0], up: true };

const title = (name) => (DATA.columns[name] ? DATA.columns[name] : name);
const short = (name) => name.split(".").pop();
const isNumber = (name) => DATA.rows.every((row) => row[name] === null || typeof row[name] === "number");

function text(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value)) return value.toLocaleString("en");
  const size = Math.abs(value);
  return size >= 1e-4 && size < 1e6 ? Number(value.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 })
    : value.toExponential(3);
}

const escaped = (value) => String(value).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
const label = (row) => DATA.varied.map((name) => `${short(name)} ${text(row[name])}`).join(", ");
const hover = (row) => DATA.varied.map((name) => `${name} = <b>${escaped(text(row[name]))}</b>`)
  .concat(DATA.shown.filter((name) => DATA.columns[name]).map((name) => `${title(name)}: <b>${text(row[name])}</b>`)).join("<br>");
const kept = () => DATA.rows.filter((row) => DATA.varied.every((name) => allowed.get(name).has(String(row[name]))));

// A name with a minus in front is to be large; the same figure without one is to be small.
function front(rows, names) {
  const sign = (name) => (DATA.objectives.includes("-" + name) ? -1 : 1);
  const costs = rows.map((row) => names.map((name) => (row[name] === null ? NaN : sign(name) * row[name])));
  return rows.filter((_, i) => !costs[i].some(Number.isNaN) && !costs.some((other) =>
    other.every((cost, k) => cost <= costs[i][k]) && other.some((cost, k) => cost < costs[i][k])));
}

const LAYOUT = { margin: { l: 70, r: 20, t: 30, b: 55 }, font: { family: "system-ui, DejaVu Sans, sans-serif", size: 12 },
  paper_bgcolor: "#fff", plot_bgcolor: "#fff", hoverlabel: { align: "left" }, showlegend: true,
  legend: { orientation: "h", y: 1.02, yanchor: "bottom" } };
const CONFIG = { responsive: true, displaylogo: false, toImageButtonOptions: { format: "svg" } };
const axis = (name, log) => ({ title: { text: title(name) }, type: log && isNumber(name) ? "log" : undefined, gridcolor: "#eaeef2",
  zerolinecolor: "#d8dee4", automargin: true, exponentformat: "power" });

function draw(id, traces, layout) {
  const element = byId(id);
  Plotly.react(element, traces, { ...LAYOUT, ...layout }, CONFIG);
  if (!element.listens) {
    element.listens = true;
    element.on("plotly_click", (event) => { const key = event.points[0].customdata; if (key) pick(key); });
  }
}

function scatter(rows, x, y, colour, extra) {
  const mark = (set) => ({ x: set.map((r) => r[x]), y: set.map((r) => r[y]), customdata: set.map((r) => r.key),
    text: set.map(hover), hovertemplate: "%{text}<extra></extra>", mode: "markers", type: "scatter" });
  const line = { width: rows.map((r) => (r.key === picked ? 3 : 0.5)), color: rows.map((r) => (r.key === picked ? "#d62728" : "#fff")) };
  if (isNumber(colour)) {
    return [{ ...mark(rows), name: "points", showlegend: false, marker: { size: 10, color: rows.map((r) => r[colour]), colorscale: "Viridis",
      line, colorbar: { title: { text: title(colour), side: "right" }, thickness: 14 } }, ...extra }];
  }
  return DATA.values[colour].map((value, i) => {
    const set = rows.filter((r) => r[colour] === value);
    return { ...mark(set), name: text(value), marker: { size: 10, color: DATA.categories[i % DATA.categories.length],
      line: { width: set.map((r) => (r.key === picked ? 3 : 0.5)), color: set.map((r) => (r.key === picked ? "#d62728" : "#fff")) } }, ...extra };
  });
}

function drawPareto(rows) {
  const [x, y, colour, log] = [byId("x").value, byId("y").value, byId("colour").value, byId("log").checked];
  const best = front(rows, [x, y]).sort((a, b) => a[x] - b[x]);
  const line = { x: best.map((r) => r[x]), y: best.map((r) => r[y]), mode: "lines+markers", type: "scatter", name: "front",
    hoverinfo: "skip", line: { color: "#222", width: 1 }, marker: { size: 16, color: "rgba(0,0,0,0)", line: { color: "#222", width: 1.5 } } };
  draw("pareto", [line, ...scatter(rows, x, y, colour, {})], { xaxis: axis(x, log), yaxis: axis(y, log), hovermode: "closest" });
}

function shownBars(rows) {
  const first = DATA.objectives[0].replace(/^-/, "");
  const few = rows.length <= 30 ? rows : front(rows, DATA.objectives.map((name) => name.replace(/^-/, "")));
  return few.slice().sort((a, b) => a[first] - b[first]).slice(0, 30);
}

function drawBars(id, rows, parts, total) {
  const set = shownBars(rows);
  const names = set.map((row) => (row.key === picked ? `<b>${escaped(label(row))}</b>` : escaped(label(row))));
  const traces = parts.filter((part) => set.some((row) => row[part.column])).map((part) => ({
    type: "bar", orientation: "h", name: part.name, y: set.map((_, i) => i), customdata: set.map((r) => r.key),
    x: set.map((row) => row[part.column] * (part.share ? row[total] : 1)), marker: { color: part.colour },
    hovertemplate: `${part.name}: <b>%{x:.4g}</b><br>%{text}<extra></extra>`, text: set.map(hover), textposition: "none" }));
  if (id === "energy" && traces.length) {
    traces[traces.length - 1].error_x = { type: "data", symmetric: false, thickness: 1, width: 3, color: "#222",
      array: set.map((r) => r.joules_per_epoch_high - r.joules_per_epoch), arrayminus: set.map((r) => r.joules_per_epoch - r.joules_per_epoch_low) };
  }
  draw(id, traces, { barmode: "stack", height: 150 + 21 * set.length, xaxis: axis(total, false), bargap: 0.25,
    yaxis: { autorange: "reversed", tickvals: set.map((_, i) => i), ticktext: names, automargin: true, tickfont: { size: 10.5 }, ticks: "outside", ticklen: 6, tickcolor: "#fff" },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom" } });
  return set.length;
}

function drawRoofline(rows) {
  const set = rows.filter((r) => r.macs_per_byte > 0 && r.peak_macs_per_cycle > 0 && r.peak_dram_bytes_per_cycle > 0);
  if (!set.length) { byId("roofline").textContent = "No row has passes and traffic (options: passes: false)."; return; }
  const roofs = new Map(set.map((r) => [`${r.peak_macs_per_cycle.toPrecision(5)} ${r.peak_dram_bytes_per_cycle.toPrecision(5)}`, r]));
  const ridge = (r) => r.peak_macs_per_cycle / r.peak_dram_bytes_per_cycle;
  const low = Math.min(...set.map((r) => Math.min(r.macs_per_byte, ridge(r)))) / 2;
  const high = Math.max(...set.map((r) => Math.max(r.macs_per_byte, ridge(r)))) * 2;
  const lines = [...roofs.values()].map((r) => ({ x: [low, ridge(r), high], y: [low * r.peak_dram_bytes_per_cycle, r.peak_macs_per_cycle,
    r.peak_macs_per_cycle], mode: "lines", line: { color: "#999", width: 1 }, hoverinfo: "skip", showlegend: false, type: "scatter" }));
  draw("roofline", [...lines, ...scatter(set, "macs_per_byte", "macs_per_cycle", byId("colour").value, {})],
    { xaxis: axis("macs_per_byte", true), yaxis: axis("macs_per_cycle", true), hovermode: "closest" });
}

// The effect of each parameter, over groups of rows that differ in nothing else: as effects.py computes it.
function effects(rows, figure) {
  const usable = rows.filter((r) => r[figure] > 0);
  return DATA.varied.map((name) => {
    const others = DATA.varied.filter((other) => other !== name);
    const groups = Map.groupBy(usable, (r) => JSON.stringify(others.map((other) => r[other])));
    const logs = new Map();
    for (const group of groups.values()) {
      const means = [...Map.groupBy(group, (r) => r[name])].map(([value, set]) =>
        [value, set.reduce((sum, r) => sum + Math.log(r[figure]), 0) / set.length]);
      if (means.length < 2) continue;
      const middle = means.reduce((sum, [, log]) => sum + log, 0) / means.length;
      for (const [value, log] of means) logs.set(value, [...(logs.get(value) || []), log - middle]);
    }
    const factors = [...logs].map(([value, list]) => [value, Math.exp(list.reduce((a, b) => a + b) / list.length)]).sort((a, b) => a[1] - b[1]);
    return { name, least: factors[0], greatest: factors[factors.length - 1] };
  }).filter((effect) => effect.least).sort((a, b) => a.least[1] / a.greatest[1] - b.least[1] / b.greatest[1]);
}

// Room for the labels behind the bars' ends.
function roomy(found) {
  if (!found.length) return undefined;
  const low = Math.min(...found.map((e) => 100 * (e.least[1] - 1)));
  const high = Math.max(...found.map((e) => 100 * (e.greatest[1] - 1)));
  return [low - 0.2 * (high - low), high + 0.2 * (high - low)];
}

function drawTornado(rows) {
  const found = effects(rows, byId("moved").value);
  const bar = (end, colour, name) => ({ type: "bar", orientation: "h", y: found.map((e) => e.name), x: found.map((e) => 100 * (e[end][1] - 1)),
    text: found.map((e) => (e.greatest[1] / e.least[1] > 1.001 ? text(e[end][0]) : end === "greatest" ? "moves nothing" : "")), textposition: "outside", cliponaxis: false, marker: { color: colour }, name,
    hovertemplate: "%{y} = <b>%{text}</b>: %{x:+.1f} %<extra></extra>" });
  draw("tornado", [bar("least", "#009e73", "at its least"), bar("greatest", "#d55e00", "at its greatest")], { barmode: "overlay",
    height: 130 + 44 * Math.max(1, found.length), yaxis: { automargin: true, autorange: "reversed", ticks: "outside", ticklen: 6, tickcolor: "#fff" },
    xaxis: { title: { text: "against the mean [%]" }, zerolinecolor: "#222", gridcolor: "#eaeef2", range: roomy(found) }, legend: { orientation: "h", y: 1.02, yanchor: "bottom" },
    annotations: found.length ? [] : [{ text: "no two points differ in one parameter alone", showarrow: false }] });
}

function drawHeatmap(rows) {
  const [x, y, z] = [byId("heat-x").value, byId("heat-y").value, byId("heat-z").value];
  if (!x || x === y) { byId("heat-note").textContent = "Two parameters make a map."; Plotly.purge("heatmap"); return; }
  const large = DATA.objectives.includes("-" + z);
  const better = (a, b) => (a === undefined || (large ? b > a : b < a) ? b : a);
  const cells = new Map();
  for (const row of rows) if (row[z] !== null) {
    const key = JSON.stringify([row[x], row[y]]);
    const before = cells.get(key);
    if (!before || better(before[z], row[z]) !== before[z]) cells.set(key, row);
  }
  const at = (b) => (a) => cells.get(JSON.stringify([a, b]));
  const names = (name) => DATA.values[name].map((value) => text(value));
  const grid = DATA.values[y].map((b) => DATA.values[x].map(at(b)));
  draw("heatmap", [{ type: "heatmap", x: names(x), y: names(y), z: grid.map((line) => line.map((r) => (r ? r[z] : null))),
    customdata: grid.map((line) => line.map((r) => (r ? r.key : null))), text: grid.map((line) => line.map((r) => (r ? text(r[z]) : ""))),
    hovertext: grid.map((line) => line.map((r) => (r ? hover(r) : ""))), hovertemplate: "%{hovertext}<extra></extra>", texttemplate: "%{text}",
    colorscale: "Viridis", xgap: 1, ygap: 1, hoverongaps: false, colorbar: { title: { text: title(z), side: "right" }, thickness: 14 } }],
    { xaxis: { title: { text: title(x) }, type: "category" }, yaxis: { title: { text: title(y) }, type: "category", automargin: true } });
  const rest = DATA.varied.filter((name) => name !== x && name !== y).map(short);
  byId("heat-note").textContent = rest.length ? `Of the points that share a cell, the one with the ${large ? "greatest" : "least"}: best over ${rest.join(", ")}.` : "";
}

function drawTable(rows) {
  const names = DATA.shown;
  const wanted = byId("find").value.toLowerCase();
  const best = new Set(front(rows, DATA.objectives.map((name) => name.replace(/^-/, ""))).map((r) => r.key));
  const set = rows.filter((r) => !wanted || names.some((name) => text(r[name]).toLowerCase().includes(wanted)));
  const place = order.name.replace(/^-/, "");
  const sign = order.up ? 1 : -1;
  const compare = (a, b) => (a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -sign : sign);
  set.sort((a, b) => compare(a[place], b[place]));
  byId("table").tHead.innerHTML = "<tr>" + names.map((name) => `<th class="${isNumber(name) ? "" : "text"}" data-name="${escaped(name)}"` +
    `${name === place ? ` data-order="${order.up ? "up" : "down"}"` : ""}>${escaped(title(name))}</th>`).join("") + "</tr>";
  byId("table").tBodies[0].innerHTML = set.map((r) => `<tr data-key="${r.key}" class="${best.has(r.key) ? "front" : ""} ${r.key === picked ? "picked" : ""}">` +
    names.map((name) => `<td class="${isNumber(name) ? "" : "text"}">${escaped(text(r[name]))}</td>`).join("") + "</tr>").join("");
  byId("count").textContent = `${set.length} of ${DATA.rows.length} points, ${best.size} on the front of ${DATA.objectives.join(", ")}`;
}

function drawAll() {
  const rows = kept();
  drawPareto(rows);
  const bars = drawBars("energy", rows, DATA.components, "joules_per_epoch");
  byId("energy-note").textContent = bars < rows.length ? `The ${bars} points on the front.` : "";
  drawBars("time", rows, DATA.times[byId("parts").value], "seconds_per_epoch");
  drawRoofline(rows);
  drawTornado(rows);
  drawHeatmap(rows);
  drawTable(rows);
}

function pick(key) {
  picked = picked === key ? null : key;
  drawAll();
  document.querySelector(`#table tr[data-key="${key}"]`)?.scrollIntoView({ block: "nearest" });
}

function fill(id, names, chosen, say) {
  byId(id).innerHTML = names.map((name) => `<option value="${escaped(name)}"${name === chosen ? " selected" : ""}>${escaped(say ? say(name) : title(name))}</option>`).join("");
  byId(id).addEventListener("change", drawAll);
}

function makeFilters() {
  for (const name of DATA.varied) {
    const field = document.createElement("fieldset");
    field.innerHTML = `<legend>${escaped(name)}</legend>` + DATA.values[name].map((value) =>
      `<label><input type="checkbox" checked data-name="${escaped(name)}" value="${escaped(value)}"> ${escaped(text(value))}</label>`).join("");
    byId("filters").append(field);
  }
  const reset = document.createElement("button");
  reset.textContent = "all";
  reset.id = "reset";
  reset.addEventListener("click", () => {
    for (const box of document.querySelectorAll("#filters input")) box.checked = true;
    for (const name of DATA.varied) allowed.set(name, new Set(DATA.values[name].map(String)));
    drawAll();
  });
  byId("filters").append(reset);
  byId("filters").addEventListener("change", (event) => {
    const { name } = event.target.dataset;
    if (event.target.checked) allowed.get(name).add(event.target.value); else allowed.get(name).delete(event.target.value);
    drawAll();
  });
}

makeFilters();
const figures = Object.keys(DATA.columns);
fill("x", figures, DATA.x);
fill("y", figures, DATA.y);
fill("colour", [...figures, ...DATA.varied], DATA.colour);
fill("parts", Object.keys(DATA.times), Object.keys(DATA.times)[0], (name) => name);
fill("moved", figures, DATA.x);
fill("heat-x", DATA.varied, DATA.heat[0]);
fill("heat-y", DATA.varied, DATA.heat[1]);
fill("heat-z", figures, DATA.x);
byId("log").addEventListener("change", drawAll);
byId("find").addEventListener("input", () => drawTable(kept()));
byId("table").addEventListener("click", (event) => {
  const heading = event.target.closest("th");
  if (heading) {
    const { name } = heading.dataset;
    order = { name, up: order.name.replace(/^-/, "") === name ? !order.up : true };
    drawTable(kept());
    return;
  }
  const row = event.target.closest("tr[data-key]");
  if (row) pick(row.dataset.key);
});
drawAll();
