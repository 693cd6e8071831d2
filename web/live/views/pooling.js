import { POOLINGS, cosine, norm } from "../model.js";
import { choice, share, show, stripe, table, tag } from "../draw.js";

const WHAT = { mean: "the mean of all rows: this model's own", cls: "the first token's row", max: "the largest of each number", last: "the last token's row" };

export default {
  title: "Pooling",
  says: "Many rows become one. This model was trained with the mean. Choose another: no error comes, but the vector is a different one. Watch the line under your text.",
  notebook: [["05", "05_pooling"]],
  view({ state, change }) {
    const shown = tag("div"), names = Object.keys(WHAT);
    return { controls: choice("pooling", names, state.pooling, pooling => change({ pooling })), shown, update({ pooled }) {
      if (!pooled) return;
      const most = 1.5;
      shown.replaceChildren(
        table(["pooling", "takes", "384 numbers", "norm", ...names.map(name => `cosine with ${name}`)], names.map(name => [
          name === state.pooling ? tag("strong", {}, `▸ ${name}`) : name, WHAT[name], stripe(pooled[name], `Pooled with ${name}`, most), show(norm(pooled[name])),
          ...names.map(other => share(cosine(pooled[name], pooled[other])))]), { named: true, tight: true }));
    } };
  },
};
