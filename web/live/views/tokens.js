import { show, tag } from "../draw.js";

export default {
  title: "Tokens",
  says: "The tokenizer cuts the text into pieces that it knows, and each piece has a number. The model sees these numbers and nothing else of your text.",
  notebook: [["02", "02_tokenizer"]],
  view() {
    const shown = tag("div");
    return { shown, update({ text, pieces, ids, cut }) {
      const chip = (piece, id, kind) => tag("li", { class: `chip ${kind}` }, tag("code", {}, piece), tag("span", {}, id));
      const kind = piece => (piece === "[UNK]" ? "unknown" : /^\[[A-Z]+\]$/.test(piece) ? "special" : piece.startsWith("##") ? "joined" : "");
      const letters = [...text].length, unknown = pieces.filter(piece => piece === "[UNK]").length;
      shown.replaceChildren(
        tag("ul", { class: "chips" }, ...pieces.map((piece, t) => chip(piece, `${ids[t]}`, kind(piece))), ...cut.slice(0, 50).map(piece => chip(piece, "cut", "lost"))),
        tag("p", {}, pieces.length > 2 ? `${letters} characters became ${pieces.length - 2} tokens, ${show(letters / (pieces.length - 2), 1)} characters each. ` : "", "[CLS] and [SEP] are added to every text. ",
          unknown ? `${unknown} of them stand for something that the tokenizer does not know: the model will never see what. ` : "",
          cut.length ? `${cut.length} more were cut off at 256: they change nothing in the vector.` : ""));
    } };
  },
};
