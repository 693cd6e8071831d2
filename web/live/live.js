// The page: what is typed, the state that its address holds, the strip, and one step below it.
import { D, gap, norm, normalize } from "./model.js";
import { first, heat, show, stripe, tag } from "./draw.js";
import tokens from "./views/tokens.js";
import states from "./views/states.js";
import attention from "./views/attention.js";
import mask from "./views/mask.js";
import pooling from "./views/pooling.js";
import length from "./views/length.js";
import texts from "./views/texts.js";
import search from "./views/search.js";
import stranger from "./views/stranger.js";

const STEPS = { tokens, states, attention, mask, pooling, length, texts, search, stranger };
const DEFAULT = {
  text: "The bank raised its interest rates.", step: "tokens", layer: 6, attending: 0, head: 2, pads: 32,
  inAttention: true, inPooling: true, pooling: "mean", second: "Money costs more now.", third: "She sat by the river.",
  fourth: "", stored: "mean", alone: false,
};
const find = id => document.getElementById(id);
const state = { ...DEFAULT }, waiting = new Map();
let worker, run = null, opened = null, asked = 0, busy = false, again = false;
const app = { state, change, ask, type, known: null };   // what a step is given; known: examples, passages, what LangChain says

// One question to the worker -> promise of its answer. `told` hears what comes before the answer
function ask(job, what = {}, told = () => {}) {
  const number = ++asked;
  worker.postMessage({ ...what, job, number });
  return new Promise((resolve, reject) => waiting.set(number, { resolve, reject, told }));
}

function hear({ data }) {
  if (data.number) {
    const { resolve, reject, told } = waiting.get(data.number);
    if (data.tried !== undefined) return told(data.tried);
    waiting.delete(data.number);
    if (data.failed === undefined) resolve(data.done);
    else reject(new Error(data.failed));
  } else if (data.failed) find("trouble").textContent = data.failed;
  else {
    find("progress").textContent = data.ready ? "" : `The model is on its way: ${5 * Math.floor(data.loaded / 5e6)} of ${Math.round(data.of / 1e6)} MB.`;
  }
}

// After each key: the tokens at once, the rest when the worker has it; of what was typed meanwhile only the last
async function compute() {
  if (busy) return again = true;
  busy = true;
  try {
    do {
      again = false;
      const made = await ask("tokens", { text: state.text });
      if (!run) present({ text: state.text, ...made });
      else if (state.step === "tokens") opened.update({ text: state.text, ...made });
      run = await ask("run", { text: state.text });
      if (!again) present(run);
      find("trouble").textContent = "";
    } while (again);
  } catch (error) {
    find("trouble").textContent = error.message;
  }
  busy = false;
}

function present(made) {
  const vector = made.pooled && normalize(made.pooled[state.pooling]);
  find("vector").textContent = vector ? JSON.stringify([...vector].map(number => Number(number.toPrecision(9)))) : "";
  find("equals").textContent = vector ? equals(made.text, vector) : "";
  strip(made, vector);
  opened?.update?.(made);
  document.body.dataset.drawn = made.states ? made.text : "";
}

function equals(text, vector) {
  const stored = app.known?.langchain[text];
  if (!stored) return "LangChain's vector of this text is not stored here. Take an example to compare.";
  const off = gap(vector, stored);
  return off < 1e-6 ? `Equals LangChain: max |Δ| ${off.toExponential(0).replace("e-", "e−")}`
    : `Not LangChain's: max |Δ| ${show(off)}. It takes the mean, here it is ${state.pooling}.`;
}

// The path with this text's own numbers; each box opens its step
function strip(made, vector) {
  const T = made.pieces.length, pooled = made.pooled?.[state.pooling], wait = tag("span", { class: "wait" }, "…");
  const box = (step, name, below, ...inside) => tag("button", { type: "button", class: step === state.step ? "box lit" : "box", tabindex: "-1", onclick: () => open(step) },
    tag("span", { class: "name" }, name), tag("span", { class: "inside" }, ...inside), tag("span", { class: "below" }, below));
  const arrow = (step, words) => tag("button", { type: "button", class: step === state.step ? "arrow lit" : "arrow", tabindex: "-1", onclick: () => open(step) }, words);
  const few = made.pieces.length > 5 ? [...made.pieces.slice(0, 4), "…"] : made.pieces;
  const some = made.states && heat(tag("canvas"), made.states[6], T, D, 1.5);
  find("strip").replaceChildren(
    box("tokens", "tokens", `${T} tokens`, ...few.map((piece, t) => tag("span", { class: "piece" }, tag("code", {}, piece), tag("span", {}, piece === "…" ? "" : `${made.ids[t]}`)))),
    arrow("attention", "6 layers"),
    box("states", "hidden state", `${T} × ${D} numbers`, some ?? wait),
    arrow("mask", state.pooling === "mean" ? `mean of the ${T}` : state.pooling),
    box("pooling", "pooled", pooled ? `${D}, norm ${show(norm(pooled), 1)}` : `${D}`, ...(pooled ? [stripe(pooled, "pooled"), tag("code", {}, first(pooled))] : [wait])),
    arrow("length", pooled ? `divide by ${show(norm(pooled), 1)}` : "divide"),
    box("length", "vector", `${D}, norm 1`, ...(vector ? [stripe(vector, "vector"), tag("code", {}, first(vector))] : [wait])),
  );
}

// The tabs, and the step that is chosen
function open(step, focus = false) {
  state.step = STEPS[step] ? step : "tokens";
  const { title, says, notebook, view } = STEPS[state.step];
  find("steps").replaceChildren(...Object.entries(STEPS).map(([name, { title }], i) => tag("button", {
    type: "button", role: "tab", id: `tab-${name}`, "aria-selected": `${name === state.step}`, "aria-controls": "panel",
    tabindex: name === state.step ? "0" : "-1", onclick: () => open(name, true), onkeydown: turn,
  }, tag("span", { class: "number" }, `${i + 1}`), ` ${title}`)));
  opened = view(app);
  find("panel").setAttribute("aria-labelledby", `tab-${state.step}`);
  find("panel").replaceChildren(
    tag("h2", {}, title),
    tag("p", { class: "says" }, says, " ", ...notebook.flatMap(([name, file]) => [tag("a", { href: `../notebooks/${file}.html` }, `Notebook ${name}`), " "])),
    opened.controls ?? "", opened.shown,
    tag("p", {}, tag("button", { type: "button", class: "quiet", onclick: () => { change({ alone: !state.alone }); open(state.step); } }, state.alone ? "Show the whole page" : "Show this alone, large")));
  document.body.classList.toggle("alone", state.alone);
  find(`tab-${state.step}`).scrollIntoView({ block: "nearest", inline: "nearest" });
  if (focus) find(`tab-${state.step}`).focus();
  write();
  if (run) present(run);
}

function turn(event) {
  const names = Object.keys(STEPS), at = names.indexOf(state.step);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  open(names[(to + names.length) % names.length], true);
}

// A control was moved: keep it in the address, and draw again
function change(moved) {
  Object.assign(state, moved);
  write();
  if ("text" in moved) compute(); else if (run) present(run);
}

// As if the reader had typed it
function type(text) {
  find("text").value = text;
  change({ text });
}

function write() {
  const words = new URLSearchParams();
  for (const key in DEFAULT) if (state[key] !== DEFAULT[key] || key === "step") words.set(key, state[key]);
  history.replaceState(null, "", `#${words}`);
}

function read() {
  const words = new URLSearchParams(location.hash.slice(1));
  for (const [key, usual] of Object.entries(DEFAULT)) {
    const given = words.get(key);
    state[key] = given === null ? usual : typeof usual === "boolean" ? given === "true" : typeof usual === "number" ? Number(given) || 0 : given;
  }
  const within = (key, most) => { state[key] = Math.max(0, Math.min(most, Math.round(state[key]))); };
  within("layer", 6); within("attending", 5); within("head", 11); within("pads", 64);
  for (const key of ["pooling", "stored"]) if (!["cls", "mean", "max", "last"].includes(state[key])) state[key] = "mean";
  find("text").value = state.text;
}

async function start() {
  find("still").remove();
  try { document.documentElement.dataset.theme = localStorage.theme ?? ""; } catch { /* no storage here: the system's theme */ }
  worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  worker.onmessage = hear;
  worker.onerror = () => { find("trouble").textContent = "This browser cannot run the model: it needs module workers (2023 or later)."; };
  read();
  open(state.step);
  find("text").addEventListener("input", () => change({ text: find("text").value }));
  find("copy").addEventListener("click", async () => {
    await navigator.clipboard.writeText(find("vector").textContent);
    find("copied").textContent = "Copied.";
  });
  addEventListener("hashchange", () => { read(); open(state.step); compute(); });
  addEventListener("keydown", event => { if (event.key === "Escape" && state.alone) { change({ alone: false }); open(state.step, true); } });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => run && present(run));
  navigator.serviceWorker?.register("offline.js").catch(() => null);
  compute();
  app.known = await ask("known");
  find("examples").replaceChildren(...app.known.examples.map(text => tag("button", { type: "button", class: "quiet", onclick: () => type(text) }, text)));
  if (run) present(run);
}
start().catch(error => { find("trouble").textContent = error.message; });
