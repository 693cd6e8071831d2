import { D, largest, norm, normalize } from "../model.js";
import { show, tag } from "../draw.js";

export default {
  title: "Length",
  says: "Each of the 384 numbers is divided by the vector's norm. The direction stays, the norm becomes 1, and the dot product of two such vectors is their cosine.",
  notebook: [["06", "06_normalization"]],
  view({ state }) {
    const shown = tag("div");
    return { shown, update({ pooled }) {
      if (!pooled) return;
      const vector = pooled[state.pooling], length = norm(vector), most = largest(vector);
      shown.replaceChildren(bars(vector, most, `Before: norm ${show(length, 3)}, first number ${show(vector[0], 4)}`),
        bars(normalize(vector), most, `After: norm 1.000, first number ${show(vector[0], 4)} / ${show(length, 3)} = ${show(vector[0] / length, 4)}; on the same scale`),
        bars(normalize(vector), most / length, "After, looked at closer: the same picture as before, because only the length has changed"));
    } };
  },
};

// 384 bars, up and down from 0
function bars(vector, most, caption) {
  const canvas = tag("canvas", { class: "bars", role: "img", width: 2 * D, height: 120, "aria-label": `${D} bars. ${caption}` }), pen = canvas.getContext("2d");
  const css = getComputedStyle(document.documentElement);
  vector.forEach((number, d) => {
    pen.fillStyle = css.getPropertyValue(number < 0 ? "--low" : "--high");
    pen.fillRect(2 * d, 60, 1.5, -58 * number / most);
  });
  return tag("figure", {}, tag("figcaption", {}, caption), canvas);
}
