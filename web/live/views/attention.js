import { H, L } from "../model.js";
import { heat, show, slider, tag } from "../draw.js";

const LINES = 40;                                       // tokens; more are shown as a grid

export default {
  title: "Attention",
  says: "In each layer twelve heads decide for every token how much of each other token it takes in. The shares of a token add up to 1.",
  notebook: [["08", "08_inside_the_encoder"]],
  view({ state, change }) {
    const all = tag("canvas", { class: "heads", "aria-hidden": "true" }), picture = tag("div", { class: "picture" }), said = tag("p", { class: "said", role: "status" });
    const token = tag("div", { class: "controls" });
    let made;
    all.addEventListener("click", ({ offsetX, offsetY }) => {
      change({ attending: Math.floor(offsetY / all.clientHeight * L), head: Math.floor(offsetX / all.clientWidth * H) });
      renew();
    });
    const sliders = tag("div", { class: "controls" });
    const renew = () => sliders.replaceChildren(slider("layer", state.attending, [0, L - 1], attending => change({ attending })), slider("head", state.head, [0, H - 1], head => change({ head })));
    renew();
    const draw = () => {
      const T = made.pieces.length, at = Math.min(state.token, T) - 1, shares = made.shares[state.attending].subarray(state.head * T * T, (state.head + 1) * T * T);
      picture.replaceChildren(T <= LINES ? lines(made.pieces, shares, at) : heat(tag("canvas", { class: "grid", role: "img", "aria-label": `${T} × ${T} shares` }), shares, T, T, 1));
      const row = [...shares.subarray(at * T, at * T + T)], most = row.map((_, s) => s).sort((a, b) => row[b] - row[a]).slice(0, 4).filter(s => row[s] >= 0.005);
      said.textContent = `${pattern(shares, T)}“${made.pieces[at]}” takes ${most.map(s => `${show(100 * row[s], 0)} % from “${made.pieces[s]}”`).join(", ")}.`;
    };
    return { controls: tag("div", { class: "controls" }, sliders, token), shown: tag("div", { class: "beside" },
      tag("figure", {}, tag("figcaption", {}, "All 72 heads: a row for each layer, 0 to 5, a column for each head, 0 to 11. Click one, or use the sliders."), all), tag("div", {}, picture, said)), update(now) {
      if (made?.pieces.length !== now.pieces.length)
        token.replaceChildren(slider("token", Math.min(state.token, now.pieces.length), [1, now.pieces.length], token => change({ token })));
      made = now;
      if (!made.shares) return;
      overview(all, made.shares, made.pieces.length, state);
      draw();
    } };
  },
};

// What the head does, if it does one thing in this text
function pattern(shares, T) {
  const mean = where => Array.from({ length: T - 1 }, (_, i) => shares[(i + 1) * T + where(i + 1)]).reduce((a, b) => a + b, 0) / (T - 1);
  if (mean(t => t - 1) > 0.6) return "Here this head looks at the token before. ";
  if (mean(() => 0) > 0.6) return "Here this head looks at [CLS]. ";
  return mean(t => t) > 0.6 ? "Here this head looks at the token itself. " : "";
}

// Two columns of tokens: from each on the left a line to those it looks at; the chosen token's are strong
function lines(pieces, shares, at) {
  const T = pieces.length, step = 22, high = T * step;
  const drawing = tag("svg", { class: "lines", viewBox: `0 0 520 ${high}`, role: "img", "aria-label": `Lines from each of ${T} tokens to those it takes from; those of ${pieces[at]} are strong.` });
  for (let t = 0; t < T; t++) for (let s = 0; s < T; s++) {
    const share = shares[t * T + s];
    if (share > 0.02) drawing.append(tag("line", { x1: "170", x2: "350", y1: `${(t + 0.5) * step}`, y2: `${(s + 0.5) * step}`, class: t === at ? "strong" : "", "stroke-width": `${0.5 + 5 * share}`, "stroke-opacity": `${(t === at ? 0.35 : 0.08) + 0.6 * share * (t === at ? 1 : 0.5)}` }));
  }
  pieces.forEach((piece, t) => drawing.append(
    tag("text", { x: "162", y: `${(t + 0.72) * step}`, "text-anchor": "end", class: t === at ? "strong" : "" }, piece), tag("text", { x: "358", y: `${(t + 0.72) * step}` }, piece)));
  return drawing;
}

// All heads of all layers, each a small grid
function overview(canvas, shares, T, { attending, head }) {
  const size = 40, gap = 6, tile = size + gap, pen = Object.assign(canvas, { width: H * tile, height: L * tile }).getContext("2d"), small = tag("canvas");
  pen.imageSmoothingEnabled = T > size;
  for (let l = 0; l < L; l++) for (let h = 0; h < H; h++) {
    heat(small, shares[l].subarray(h * T * T, (h + 1) * T * T), T, T, 1);
    pen.drawImage(small, h * tile + gap / 2, l * tile + gap / 2, size, size);
    if (l === attending && h === head) { pen.lineWidth = 4; pen.strokeStyle = getComputedStyle(canvas).color; pen.strokeRect(h * tile + 2, l * tile + 2, tile - 4, tile - 4); }
  }
}
