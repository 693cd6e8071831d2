// The page: what is typed, the state that its address holds, the strip, and one step below it.
import { D, cosine, gap, norm, normalize } from "./model.js";
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
  text: "The bank raised its interest rates.", step: "tokens", layer: 6, token: 3, attending: 0, head: 2, pads: 32,
  inAttention: true, inPooling: true, pooling: "mean", second: "Money costs more now.", third: "She sat by the river.",
  fourth: "", stored: "mean", alone: false,
};
const LONG = 2000;                                      // characters; a longer text stays out of the address
const find = id => document.getElementById(id);
const state = { ...DEFAULT }, waiting = new Map();
const app = { state, change, ask, type, oneAtATime, known: null };   // what a step is given; known: examples, passages, what LangChain says
let worker, made = null, opened = null, asked = 0, writing = null;

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
  } else say("progress", data.ready ? "" : `The model is on its way: ${5 * Math.floor(data.loaded / 5e6)} of ${Math.round(data.of / 1e6)} MB.`);
}

// Words for a live region: only if they are new, so that nothing is read out twice
function say(id, words) {
  if (find(id).textContent !== words) find(id).textContent = words;
}

// -> a function that runs `work` once at a time, and afterwards once more if it was called meanwhile
function oneAtATime(work) {
  let busy = false, again = false;
  return async () => {
    again = true;
    if (busy) return;
    busy = true;
    while (again) {
      again = false;
      await work().catch(failed);
    }
    busy = false;
  };
}

function failed(error) {
  say("trouble", error.message);
  say("progress", "");
}

// After each key the tokens at once, and the vector when the worker has it: of what was typed meanwhile only the last
const cut = oneAtATime(async () => {
  const { text } = state, cut = await ask("tokens", { text });
  if (text === state.text && made?.text !== text) present({ text, ...cut });
});
const compute = oneAtATime(async () => {
  const { text } = state;
  try {
    const run = await ask("run", { text });
    if (text === state.text) present(run);
    say("trouble", "");
  } catch (error) {
    if (made && text === state.text) present({ ...made, states: undefined, shares: undefined, pooled: undefined });
    throw error;
  }
});

const learn = oneAtATime(async () => {
  if (app.known) return;
  app.known = await ask("known");
  find("examples").replaceChildren(...app.known.examples.map(text => tag("button", { type: "button", class: "quiet", onclick: () => type(text) }, text)));
  if (made) present(made);
});

function present(now) {
  made = now;
  const vector = made.pooled && normalize(made.pooled[state.pooling]);
  find("vector").textContent = vector ? JSON.stringify([...vector].map(number => Number(number.toPrecision(9)))) : "";
  say("equals", vector ? equals(made, vector) : "");
  say("copied", "");
  find("equals").className = state.pooling === "mean" ? "" : "wrong";
  strip(vector);
  draw();
  document.body.dataset.drawn = made.states ? made.text : "";
}

function draw() {
  Promise.resolve(opened?.update?.(made)).catch(failed);
}

function equals({ text, pooled }, vector) {
  if (state.pooling !== "mean") return `Not this model's vector: it takes the mean, here it is ${state.pooling}. Cosine with the right one: ${show(cosine(vector, pooled.mean))}.`;
  if (!text) return "Type something: this is the vector of the two tokens that every text gets.";
  if (!app.known) return "";
  return Object.hasOwn(app.known.langchain, text) ? `Equals LangChain: max |Δ| ${gap(vector, app.known.langchain[text]).toExponential(0).replace("e-", "e−")}`
    : "Your own text. LangChain's vector is not stored here; those of the examples are.";
}

// The path with this text's own numbers; each box opens its step
function strip(vector) {
  const T = made.pieces.length, pooled = made.pooled?.[state.pooling], wait = () => tag("span", { class: "wait" }, "…");
  const part = kind => (step, ...inside) => tag("button", { type: "button", class: `${kind} ${step === state.step ? "lit" : ""}`, tabindex: "-1", onclick: () => open(step) }, ...inside);
  const box = (step, name, below, ...inside) => part("box")(step, tag("span", { class: "name" }, name), tag("span", { class: "inside" }, ...inside), tag("span", { class: "below" }, below));
  const arrow = part("arrow"), few = T > 5 ? [...made.pieces.slice(0, 4), "…"] : made.pieces;
  find("strip").replaceChildren(
    box("tokens", "tokens", `${T} tokens`, ...few.map((piece, t) => tag("span", { class: "piece" }, tag("code", {}, piece), tag("span", {}, piece === "…" ? "" : `${made.ids[t]}`)))),
    arrow("attention", "6 layers"),
    box("states", "hidden state", `${T} × ${D} numbers`, made.states ? heat(tag("canvas"), made.states[6], T, D, 1.5) : wait()),
    arrow("mask", state.pooling === "mean" ? `mean of the ${T}` : state.pooling),
    box("pooling", "pooled", pooled ? `${D}, norm ${show(norm(pooled), 1)}` : `${D}`, ...(pooled ? [stripe(pooled, "pooled"), tag("code", {}, first(pooled))] : [wait()])),
    arrow("length", pooled ? `divide by ${show(norm(pooled), 1)}` : "divide"),
    box("length", "vector", `${D}, norm 1`, ...(vector ? [stripe(vector, "vector"), tag("code", {}, first(vector))] : [wait()])),
  );
}

// The tabs, and the step that is chosen
function open(step, focus = false) {
  state.step = Object.hasOwn(STEPS, step) ? step : "tokens";
  const { title, says, notebook, view } = STEPS[state.step];
  find("steps").replaceChildren(...Object.entries(STEPS).map(([name, { title, tab }], i) => tag("button", {
    type: "button", role: "tab", id: `tab-${name}`, "aria-selected": `${name === state.step}`, "aria-controls": "panel",
    tabindex: name === state.step ? "0" : "-1", onclick: () => open(name, true), onkeydown: turn,
  }, tag("span", { class: "number" }, `${i + 1}`), ` ${tab ?? title}`)));
  opened = view(app);
  find("panel").setAttribute("aria-labelledby", `tab-${state.step}`);
  find("panel").replaceChildren(
    tag("h2", {}, title),
    tag("p", { class: "says" }, says, " ", ...notebook.flatMap(([name, file]) => [tag("a", { href: `../notebooks/${file}.html` }, `Notebook ${name}`), " "])),
    opened.controls ?? "", opened.shown);
  const names = Object.keys(STEPS), next = names[names.indexOf(state.step) + 1];
  find("next").hidden = !next;
  find("next").textContent = next ? `Next: ${STEPS[next].tab ?? STEPS[next].title}` : "";
  find("next").onclick = () => open(next, true);
  if (focus) find(`tab-${state.step}`).focus();
  find(`tab-${state.step}`).scrollIntoView({ block: "nearest", inline: "nearest" });
  write();
  if (made) present(made);
}

// One step alone, large, for a projector, and back
function enlarge(alone) {
  state.alone = alone;
  document.body.classList.toggle("alone", alone);
  find("large").textContent = alone ? "Show the whole page" : "Show this alone, large";
  if (alone) scrollTo(0, 0);
  write();
}

function turn(event) {
  const names = Object.keys(STEPS), at = names.indexOf(state.step);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  open(names[(to + names.length) % names.length], true);
}

// A control was moved: draw again, and keep it in the address
function change(moved) {
  Object.assign(state, moved);
  if ("text" in moved) recompute(); else if (made) present(made);
  write();
}

// As if the reader had typed it
function type(text) {
  find("text").value = text;
  change({ text });
}

function write() {                                      // not at each key: some browsers count
  clearTimeout(writing);
  writing = setTimeout(() => {
    const words = new URLSearchParams();
    for (const key in DEFAULT) if ((state[key] !== DEFAULT[key] || key === "step") && `${state[key]}`.length < LONG) words.set(key, state[key]);
    history.replaceState(null, "", `#${words}`);
  }, 200);
}

function read() {
  const words = new URLSearchParams(location.hash.slice(1));
  for (const [key, usual] of Object.entries(DEFAULT)) {
    const given = words.get(key);
    state[key] = given === null ? usual : typeof usual === "boolean" ? given === "true" : typeof usual === "number" ? Number(given) || 0 : given;
  }
  const within = (key, most) => { state[key] = Math.max(0, Math.min(most, Math.round(state[key]))); };
  state.token = Math.max(1, state.token);
  within("token", 256); within("layer", 6); within("attending", 5); within("head", 11); within("pads", 64);
  for (const key of ["pooling", "stored"]) if (!["cls", "mean", "max", "last"].includes(state[key])) state[key] = "mean";
  find("text").value = state.text;
  state.text = find("text").value;                      // as a field has it: one kind of line end
}

function restore() {
  read();
  open(state.step);
  enlarge(state.alone);
  recompute();
}

function recompute() {
  cut();
  compute();
  learn();
}

function start() {
  find("still").remove();
  try { document.documentElement.dataset.theme = ["light", "dark"].includes(localStorage.mode) ? localStorage.mode : ""; } catch { /* no storage: the system's */ }
  worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  worker.onmessage = hear;
  worker.onerror = () => say("trouble", "The part that computes did not start. Are you connected? It needs a browser of 2023 or later. Reload the page.");
  find("text").addEventListener("input", () => change({ text: find("text").value }));
  find("large").addEventListener("click", () => enlarge(!state.alone));
  find("copy").addEventListener("click", () => navigator.clipboard.writeText(find("vector").textContent)
    .then(() => say("copied", "Copied."), () => say("copied", "The browser did not allow it: select the numbers and copy them.")));
  addEventListener("hashchange", restore);
  addEventListener("keydown", event => {
    if (!state.alone || event.target.closest("input, textarea, table, pre")) return;
    if (event.key === "Escape") enlarge(false);
    turn(event);                                        // the tabs are not to be seen; their keys hold
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => made && present(made));
  navigator.serviceWorker?.register("offline.js").catch(() => null);
  restore();
}
start();
