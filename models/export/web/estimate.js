// Runs the exported file on a recording and shows the twelve leads. MODEL, RECORDINGS, ORT_MODULE and ORT_BINARY are
// base64 text in the scripts beside this one, so that the page opens from a folder without any server.
"use strict";

const place = (id) => document.getElementById(id);
const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const floatsOf = (text) => new Float32Array(bytesOf(text).buffer);
const facts = FACTS, rate = facts.rate_hz;
const NAMES = new Map(facts.leads.map((lead) => [lead.toLowerCase(), lead]));
let shown = null;

function say(text, refused = false) {
  place("status").textContent = text;
  place("status").className = refused ? "refused" : "";
}

async function opened() {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = bytesOf(ORT_BINARY).buffer;
  ort.env.wasm.wasmPaths = { mjs: URL.createObjectURL(new Blob([bytesOf(ORT_MODULE)], { type: "text/javascript" })) };
  return ort.InferenceSession.create(bytesOf(MODEL), { executionProviders: ["wasm"] });
}

// A recording from the text of a CSV file: {lead: Float32Array in mV}. Throws an Error with a sentence.
function parsed(text) {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() && !line.startsWith("#"));
  if (lines.length < 3) throw new Error("The file holds no table.");
  const mark = lines[0].includes(";") ? ";" : ",";
  const heads = lines[0].split(mark).map((head) => head.trim().replace(/^"|"$/g, ""));
  const time = heads.findIndex((head) => /^time( \(s\))?$/i.test(head));
  if (time < 0) throw new Error("The file needs a column “time (s)”, from which its rate is read.");
  if (heads.some((head) => /\((?!mV\)|s\))/.test(head))) throw new Error("The leads must be in mV.");
  const columns = new Map();
  heads.forEach((head, k) => {
    const lead = NAMES.get(head.replace(/ \(mV\)$/, "").toLowerCase());
    if (lead) columns.set(lead, k);
  });
  const rows = lines.slice(1).map((line) => line.split(mark).map((word) => (word.trim() === "" ? NaN : Number(word))));
  const own = (rows.length - 1) / (rows.at(-1)[time] - rows[0][time]);
  if (!(Math.abs(own - rate) < 0.002 * rate))
    throw new Error(`The file has ${Number.isFinite(own) ? own.toFixed(1) : "no"} Hz; this page was written for ${rate} Hz (rlecg export --rate).`);
  const signals = {};
  for (const [lead, k] of columns) {
    signals[lead] = Float32Array.from(rows, (row) => row[k]);
    if (!signals[lead].every(Number.isFinite)) {
      if (facts.inputs.includes(lead)) throw new Error(`Lead ${lead} has gaps (values that are not numbers).`);
      delete signals[lead];
    }
  }
  return signals;
}

// Twelve leads from a recording. Throws an Error with a sentence.
async function estimated(session, signals) {
  const missing = facts.inputs.filter((lead) => !signals[lead]);
  if (missing.length) throw new Error(`The inputs are ${facts.inputs.join(", ")}; the recording has no ${missing.join(", ")}.`);
  const n = signals[facts.inputs[0]].length, [shortest, longest] = facts.seconds;
  if (n < shortest * rate || n > longest * rate) throw new Error(`The recording must last ${shortest} to ${longest} s; it lasts ${(n / rate).toFixed(2)} s.`);
  const given = new Float32Array(facts.inputs.length * n);
  facts.inputs.forEach((lead, row) => given.set(signals[lead], row * n));
  const begun = performance.now();
  const answer = await session.run({ signals: new ort.Tensor("float32", given, [facts.inputs.length, n]) });
  const ms = performance.now() - begun;
  const byLead = (values) => Object.fromEntries(facts.leads.map((lead, row) => [lead, values.subarray(row * n, (row + 1) * n)]));
  return { rate, n, ms, leads: facts.leads, sources: facts.sources, recorded: signals, signals: byLead(answer.leads.data), half: byLead(answer.half_width.data), widened: answer.widened.data[0] };
}

function cell(row, text, kind = "td") {
  const element = document.createElement(kind);
  element.textContent = text;
  row.append(element);
}

function tabulate(result) {
  const table = place("table"), micro = (value) => (1000 * value).toFixed(0);
  const head = document.createElement("tr"), rows = [head];
  for (const text of ["lead", "role", "mean half width of the 90 % interval, µV", "RMSE to the recording, µV", "samples inside the interval"]) cell(head, text, "th");
  for (const lead of facts.leads.filter((one) => facts.sources[one] === "estimated")) {
    const row = document.createElement("tr"), { signals, half, recorded } = result, truth = recorded[lead];
    let width = 0, square = 0, inside = 0;
    for (let k = 0; k < result.n; k++) {
      width += half[lead][k];
      if (!truth) continue;
      square += (signals[lead][k] - truth[k]) ** 2;
      inside += Math.abs(signals[lead][k] - truth[k]) <= half[lead][k];
    }
    for (const text of [lead, "estimated", micro(width / result.n), truth ? micro(Math.sqrt(square / result.n)) : "–", truth ? `${((100 * inside) / result.n).toFixed(0)} %` : "–"]) cell(row, text);
    rows.push(row);
  }
  table.replaceChildren(...rows);
}

function draw() {
  if (shown) drawPaper(place("paper"), shown, Number(place("start").value) || 0);
}

async function show(session, signals, name) {
  try {
    say("The leads are being estimated …");
    const result = await estimated(session, signals);
    shown = window.shown = result;
    place("start").max = Math.max(0, Math.floor(result.n / rate - 1));
    place("start").value = 0;
    draw();
    tabulate(result);
    const unlike = result.widened > 1 ? ` The input leads are unlike the training data: the interval is widened ${result.widened.toFixed(1)} times.` : "";
    say(`${name}: ${(result.n / rate).toFixed(1)} s estimated in ${(result.ms / 1000).toFixed(2)} s.${unlike}`);
  } catch (error) {
    say(error.message, true);
  }
}

async function main() {
  const inputs = facts.inputs.join(", ").replace(/, ([^,]*)$/, " and $1");
  place("title").textContent = `Twelve leads from ${inputs}, in the browser`;
  place("footer").textContent = `${facts.title}, weights ${facts.weights}, interval of ${facts.interval}, ${rate} Hz.`;
  place("origin").textContent = ORIGIN;
  for (const name of Object.keys(RECORDINGS)) place("recording").append(new Option(name, name));
  const session = await opened();
  const chosen = () => {
    const leads = RECORDINGS[place("recording").value];
    return show(session, Object.fromEntries(Object.entries(leads).map(([lead, text]) => [lead, floatsOf(text)])), place("recording").value);
  };
  place("recording").addEventListener("change", chosen);
  place("start").addEventListener("change", draw);
  place("file").addEventListener("change", async () => {
    const file = place("file").files[0];
    if (!file) return;
    try {
      await show(session, parsed(await file.text()), "The file");
    } catch (error) {
      say(error.message, true);
    }
  });
  await chosen();
}

main().catch((error) => say(`The page cannot work in this browser: ${error.message}`, true));
