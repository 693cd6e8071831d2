import { D, largest } from "../model.js";
import { heat, show, slider, tag } from "../draw.js";

export default {
  title: "Hidden states",
  says: "Each token is a row of 384 numbers. Move the layer: each rewrites all rows, and lets every token take in something of the others.",
  notebook: [["03", "03_last_hidden_state"]],
  view({ state, change }) {
    const canvas = tag("canvas", { role: "img", class: "map" }), names = tag("ol", { class: "names" }), said = tag("p", { class: "said", role: "status" });
    const row = tag("div", { class: "frame" }), cell = tag("div", { class: "frame" }), tokenAt = tag("div", { class: "controls" });
    let made, number = 1, painted = null;
    const point = () => {                               // to the token and the number that are read out
      const T = made.pieces.length, token = Math.min(state.token, T);
      const value = made.states?.[state.layer][(token - 1) * D + number - 1];
      for (const frame of [row, cell]) Object.assign(frame.style, { top: `${(token - 1) / T * 100}%`, height: `${100 / T}%` });
      Object.assign(cell.style, { left: `${(number - 1) / D * 100}%`, width: `${100 / D}%` });
      names.querySelectorAll("li").forEach((name, t) => name.classList.toggle("strong", t === token - 1));
      if (value !== undefined) said.textContent = `Token ${token}, ${made.pieces[token - 1]}, number ${number} of ${D}: ${show(value, 4)}`;
    };
    canvas.addEventListener("click", ({ offsetX, offsetY }) => {
      number = 1 + Math.floor(offsetX / canvas.clientWidth * D);
      change({ token: 1 + Math.floor(offsetY / canvas.clientHeight * made.pieces.length) });
      renew();
    });
    const renew = () => tokenAt.replaceChildren(
      slider("token", Math.min(state.token, made.pieces.length), [1, made.pieces.length], token => change({ token })),
      slider("number", number, [1, D], to => { number = to; point(); }));
    // A layer changes numbers: they go from the old to the new, unless the reader wants no motion
    const paint = numbers => {
      const from = painted, T = made.pieces.length, most = Math.min(largest(numbers), 1.5), start = performance.now();
      painted = numbers;
      if (!from || from === numbers || !made.states.includes(from) || matchMedia("(prefers-reduced-motion: reduce)").matches) return heat(canvas, numbers, T, D, most);
      const frame = now => {
        const part = Math.min(1, Math.max(0, now - start) / 300);
        if (painted !== numbers) return;
        heat(canvas, numbers.map((number, i) => from[i] + (number - from[i]) * part), T, D, most);
        if (part < 1) requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    };
    const controls = tag("div", { class: "controls" }, slider("after layer", state.layer, [0, 6], layer => change({ layer })), tokenAt);
    return { controls, shown: tag("div", {}, tag("div", { class: "named" }, names, tag("div", { class: "framed" }, canvas, row, cell)), said), update(now) {
      const before = made?.pieces.length, T = now.pieces.length;
      made = now;
      if (before !== T) renew();
      names.replaceChildren(...made.pieces.map(piece => tag("li", {}, piece)));
      point();
      if (!made.states) return;
      paint(made.states[state.layer]);
      canvas.style.height = names.style.height = `${Math.max(T * 1.7, 3)}rem`;
      canvas.setAttribute("aria-label", `${T} rows of ${D} numbers after layer ${state.layer}, the largest ${show(largest(made.states[state.layer]))} in size; blue is below 0, orange above.`);
    } };
  },
};
