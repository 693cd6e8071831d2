import { parse } from "../causes.js";
import { POOLINGS, normalize } from "../model.js";
import { show, tag } from "../draw.js";

export default {
  title: "Another program's vector",
  says: "Another program made other numbers of this text? Paste them. The page tries what programs do differently, and names a cause only if it gets your numbers with it.",
  notebook: [["09", "09_why_is_my_vector_different"]],
  view(app) {
    const { ask } = app;
    const field = tag("textarea", { id: "numbers", rows: "5", spellcheck: "false" }), said = tag("p", { class: "said", role: "status" });
    let made = null, asked = 0;
    const look = async () => {
      const mine = ++asked, tell = words => { if (mine === asked) said.textContent = words; };
      try {
        if (!made?.pooled) throw new Error("The model is still on its way.");
        const { numbers, step } = parse(field.value), { text } = made;
        tell("Trying …");
        const { found } = await ask("causes", { text, numbers, step, prefixes: app.known.prefixes }, tried => tell(`Trying … ${tried} ways so far.`));
        tell(verdict(found, step));
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
      field.value = JSON.stringify([...await causes[Math.floor(Math.random() * causes.length)]()].map(number => Number(number.toFixed(6))));
      said.textContent = "Here are its numbers. Guess first, then look.";
    };
    return { shown: tag("div", {}, tag("label", { class: "field" }, "Its 384 numbers, or the server's whole answer", field),
      tag("p", { class: "controls" }, tag("button", { type: "button", onclick: look }, "Find the cause"), tag("button", { type: "button", class: "quiet", onclick: riddle }, "Give me a riddle: one of four causes")), said),
      update(now) { made = now; } };
  },
};

function verdict({ cause, pooling, normalized, off, tried }, step) {
  if (pooling === undefined) return `Not found: none of ${tried} ways gives these numbers. Is it another model? In Python, diagnose tries more.`;
  const causes = [cause, pooling === "mean" ? "" : `pooling ${pooling}, not mean`, normalized ? "" : "not divided by its norm"].filter(Boolean);
  const exact = `It gives your numbers: largest difference ${off.toExponential(0).replace("e-", "e−")}${step > 1e-5 ? ", as exactly as you gave them" : ""}.`;
  return causes.length ? `The cause: ${causes.join("; ")}. ${exact}` : `No difference: this is the model's own vector. ${exact}`;
}
