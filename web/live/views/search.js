import { D, POOLINGS, dot, normalize } from "../model.js";
import { choice, show, table, tag } from "../draw.js";

export default {
  title: "Search",
  says: "Your text is the question, and the passages of the course are ranked by their cosine with it. Store the passages with another pooling: nothing complains, and fewer questions find their passage. Ask one of the questions, and watch its place.",
  notebook: [["00", "00_start_here"], ["05", "05_pooling"]],
  view(app) {
    const { state, change, ask } = app;
    const shown = tag("div"), stored = {}, names = Object.keys(POOLINGS);
    const asks = tag("div", { role: "group", "aria-label": "Questions" });
    const update = async made => {
      const { known } = app;
      if (!made.pooled || !known) return;
      if (!asks.childElementCount) asks.append(...known.questions.map(text => tag("button", { type: "button", class: "quiet", onclick: () => app.type(text) }, text)));
      const name = state.stored;
      for (const one of [name, "mean"]) stored[one] ??= (await ask("passages", { pooling: one })).stored;
      if (name !== state.stored) return;
      const query = normalize(made.pooled[state.pooling]), scores = known.passages.map((_, i) => dot(query, stored[name].subarray(i * D, i * D + D)));
      const best = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a]);
      const right = normalize(made.pooled.mean), usual = known.passages.map((_, i) => dot(right, stored.mean.subarray(i * D, i * D + D)));
      const place = (all, i) => all.filter(score => score > all[i]).length + 1;
      const asked = Object.hasOwn(known.answers, made.text) ? known.answers[made.text] : undefined, found = known.found[state.pooling][name];
      shown.replaceChildren(
        tag("p", { class: "said", role: "status" }, asked === undefined ? "" : `The passage that answers this question is in place ${place(scores, asked)} of ${best.length}${state.pooling === "mean" && name === "mean" ? "" : `; with the mean on both sides, in place ${place(usual, asked)}`}. `,
          `Questions pooled with ${state.pooling}, passages with ${name}: for ${found} of ${known.asked} questions the right passage comes first.`),
        table(["cosine", "passage"], best.slice(0, 5).map(i => [show(scores[i]), i === asked ? tag("strong", {}, known.passages[i]) : known.passages[i]])));
    };
    const controls = tag("div", { class: "controls" }, choice("your text is pooled with", names, state.pooling, pooling => change({ pooling })), choice("the passages were stored with", names, state.stored, name => change({ stored: name })), asks);
    return { controls, shown, update };
  },
};
