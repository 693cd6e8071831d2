import { D, largest } from "../model.js";
import { heat, show, slider, tag } from "../draw.js";

export default {
  title: "Hidden states",
  says: "Each token is a row of 384 numbers. Move the layer: each rewrites all rows, and lets every token take in something of the others.",
  notebook: [["03", "03_last_hidden_state"]],
  view({ state, change }) {
    const canvas = tag("canvas", { role: "img", class: "map" }), names = tag("ol", { class: "names" }), said = tag("p", { class: "said", role: "status" });
    let made, at = { token: 1, number: 1 };
    const tokenAt = tag("div", { class: "controls" });
    const say = () => {
      if (!made.states || at.token > made.pieces.length) return;
      const value = made.states[state.layer][(at.token - 1) * D + at.number - 1];
      said.textContent = `Token ${at.token}, ${made.pieces[at.token - 1]}, number ${at.number} of ${D}: ${show(value, 4)}`;
    };
    canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => {
      at = { token: 1 + Math.floor(offsetY / canvas.clientHeight * made.pieces.length), number: 1 + Math.floor(offsetX / canvas.clientWidth * D) };
      say();
    });
    const controls = tag("div", { class: "controls" }, slider("after layer", state.layer, [0, 6], layer => change({ layer })), tokenAt);
    return { controls, shown: tag("div", {}, tag("div", { class: "named" }, names, canvas), said), update(now) {
      if (made?.pieces.length !== now.pieces.length)
        tokenAt.replaceChildren(
          slider("token", Math.min(at.token, now.pieces.length), [1, now.pieces.length], token => { at.token = token; say(); }),
          slider("number", at.number, [1, D], number => { at.number = number; say(); }));
      made = now;
      at.token = Math.min(at.token, made.pieces.length);
      names.replaceChildren(...made.pieces.map(piece => tag("li", {}, piece)));
      if (!made.states) return;
      const T = made.pieces.length, numbers = made.states[state.layer];
      heat(canvas, numbers, T, D, Math.min(largest(numbers), 1.5));
      canvas.style.height = names.style.height = `${Math.max(T * 1.7, 3)}rem`;
      canvas.setAttribute("aria-label", `${T} rows of ${D} numbers after layer ${state.layer}, the largest ${show(largest(numbers))} in size; blue is below 0, orange above.`);
      say();
    } };
  },
};
