import { parse } from "../causes.js";
import { POOLINGS, cosine, largest, norm, normalize } from "../model.js";
import { show, stripe, table, tag } from "../draw.js";

const GUESSES = ["a wrong pooling", "no division by the norm", "“query:” in front of the text", "the mask forgotten"];    // the riddle's causes, in its order

export default {
  title: "Why is this vector different?",
  tab: "Why different?",
  says: "Does another program give other numbers for this text? Paste them. The page tries out what programs do differently, and names a cause only if that gives exactly your numbers.",
  notebook: [["09", "09_why_is_my_vector_different"]],
  view(app) {
    const { ask } = app;
    const field = tag("textarea", { id: "numbers", rows: "3", spellcheck: "false" }), said = tag("p", { class: "said", role: "status" });
    const picture = tag("div"), guesses = tag("p", { class: "controls" });
    let made = null, asked = 0, last = 0;
    const look = async () => {
      const mine = ++asked, tell = words => { if (mine === asked) said.textContent = words; };
      try {
        if (!made?.pooled || !app.known) throw new Error("The model is still on its way.");
        const { numbers, steps } = parse(field.value), { text } = app.state;
        tell("Trying …");
        const { found } = await ask("causes", { text, numbers, steps, prefixes: app.known.prefixes }, tried => tell(`Trying … ${tried} ways so far.`));
        tell(verdict(found, Math.max(...steps)));
      } catch (error) { tell(error.message); }
    };
    const riddle = async () => {                        // one of four causes; which, the page does not say
      if (!made?.pooled) return;
      const names = Object.keys(POOLINGS).filter(name => name !== "mean"), { text } = made;
      const causes = [
        () => normalize(made.pooled[names[Math.floor(Math.random() * 3)]]),
        () => made.pooled.mean,
        async () => (await ask("vectors", { texts: [`query: ${text}`], pooling: "mean" })).made[0],
        async () => normalize((await ask("mask", { text, pads: Math.max(1, 32 - made.ids.length) })).pooled["false false"]),
      ].slice(0, made.ids.length < 32 ? 4 : 3);
      last = (last + 1 + Math.floor(Math.random() * (causes.length - 1))) % causes.length;      // never the same twice
      const vector = await causes[last]();
      field.value = JSON.stringify([...vector].map(number => Number(number.toFixed(6))));
      picture.replaceChildren(table(["", "384 numbers", "norm", "cosine with the right one"], [["right", normalize(made.pooled.mean)], ["riddle", vector]].map(([name, one]) =>
        [name, stripe(one, name, largest(one)), show(norm(one)), show(cosine(one, made.pooled.mean), 4)]), { named: true }));
      said.textContent = "What was done differently? Guess:";
      guesses.replaceChildren(...GUESSES.map((guess, i) => tag("button", { type: "button", class: "quiet", onclick: ({ target }) => {
        target.classList.toggle("guessed", i !== last);
        said.textContent = i === last ? `Right: ${guess}. “Find the cause” tells it exactly.` : `No, not ${guess}. Guess again, or let the page find it.`;
      } }, guess)));
    };
    return { shown: tag("div", {}, tag("label", { class: "field" }, "Its 384 numbers, or the server's whole answer", field),
      tag("p", { class: "controls" }, tag("button", { type: "button", onclick: look }, "Find the cause"), tag("button", { type: "button", class: "quiet", onclick: riddle }, "Give me a riddle: one of four causes")), said, guesses, picture),
      update(now) {
        if (made && made.text !== now.text) { asked++; said.textContent = ""; if (guesses.childElementCount) { field.value = ""; guesses.replaceChildren(); picture.replaceChildren(); } }
        made = now;
      } };
  },
};

function verdict({ cause, pooling, normalized, off, tried, nearest }, step) {
  if (nearest?.cosine > 0.9999) return `Nearly: ${named(nearest) || "the model's own vector"} gives your numbers but for rounding (cosine ${show(nearest.cosine, 6)}). Perhaps they were computed or stored in 16 bits.`;
  if (pooling === undefined) return `Not found: none of ${tried} ways gives these numbers. Is it another model? The course's command helpers diagnose tries more.`;
  const causes = named({ cause, pooling, normalized });
  const exact = `It gives your numbers: largest difference ${off.toExponential(0).replace("e-", "e−")}${step > 1e-5 ? ", as exactly as you gave them" : ""}.`;
  return causes ? `The cause: ${causes}. ${exact}` : `No difference: this is the model's own vector. ${exact}`;
}

// A way in words; "" for the model's own
function named({ cause, pooling, normalized }) {
  return [cause, pooling === "mean" ? "" : `pooling ${pooling}, not mean`, normalized ? "" : "not divided by its norm"].filter(Boolean).join("; ");
}
