"""Draw the path of `hello world!` in the model's numbers: for README, and a strip per notebook.

A strip is the same picture with the notebook's own boxes and arrows lit. The words of a picture,
its alt text, are kept in the PNG too, and a test compares them with the model.
"""
import io
import pathlib
import re
import sys

import nbformat
import torch
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from PIL import Image, PngImagePlugin
from transformers import AutoModel, AutoTokenizer

from helpers import model_dir, normalize
from helpers.models.folder import read_recipe
from helpers.pooling import POOLINGS

INK, QUIET, LIT, GLOW = "#1b2733", "#5f6b76", "#B84A00", "#fff3e8"
ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCS, README = ROOT / "docs", ROOT / "README.md"
TEXT = "hello world!"
BOXES = {"text": (0.6, 10.4), "tokens": (20, 14.8), "hidden state": (43.8, 20.4),
         "pooled": (73.4, 13), "vector": (96.6, 13)}                        # left, width
LIGHT = {                                               # notebook -> its boxes and arrows
    "00": (), "01": ("text", "vector"), "02": ("tokenizer", "tokens"), "03": ("hidden state",),
    "04": ("layers", "mean"), "05": ("mean", "pooled"), "06": ("norm", "vector"),
    "07": ("tokenizer", "layers", "mean", "norm", "vector"), "08": ("layers", "hidden state"),
    "09": ("vector",), "10": ("hidden state",), "11": ("layers",),
    "12": ("tokenizer", "layers", "mean", "norm"),
}
OPENED = {"text": "01", "tokens": "02", "hidden state": "03, 08", "pooled": "04, 05",
          "vector": "06, 07"}


def path():
    """What there is after each step of the embedded model: -> dict of name and value."""
    folder = model_dir("all-MiniLM-L6-v2")
    tokenizer, recipe = AutoTokenizer.from_pretrained(folder), read_recipe(folder)
    features = tokenizer(TEXT, return_tensors="pt")
    model = AutoModel.from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        hidden = model(**features).last_hidden_state                            # (1, T, D)
    pooled = POOLINGS[recipe.pooling[0]](hidden, features["attention_mask"])    # (1, D)
    ids = features["input_ids"][0].tolist()
    return {"pieces": tokenizer.convert_ids_to_tokens(ids), "ids": ids, "hidden": hidden[0],
            "pooled": pooled, "vector": normalize(pooled), "norm": pooled.norm().item(),
            "layers": model.config.num_hidden_layers}


def draw(made, lit=(), opened=False):
    """Boxes from left to right, an arrow between two: -> Figure. `opened`: with the notebooks.

    A unit is a tenth of an inch, so that letters keep their size at the width of a page.
    """
    low, high = (-3.4 if opened else -0.4), 23.6
    figure = Figure(figsize=(11.02, (high - low) / 10), facecolor="white")
    axes = figure.add_axes([0, 0, 1, 1], xlim=(0, 110.2), ylim=(low, high))
    axes.axis("off")
    (T, D), norm = made["hidden"].shape, made["norm"]
    below = {"tokens": f"{T} tokens", "hidden state": f"{T} × {D} numbers",
             "pooled": f"{D}, norm {norm:.1f}", "vector": f"{D}, norm 1"}
    for name, (left, width) in BOXES.items():
        draw_box(axes, name, left, width, name in lit)
        middle = {"x": left + width / 2, "ha": "center", "va": "center", "fontsize": 11.5}
        axes.text(y=1.4, s=below.get(name, ""), color=QUIET, **middle)
        if opened:
            axes.text(y=-1.7, s=f"notebook {OPENED[name]}", color=LIT, **middle)
    axes.text(5.8, 11, "“hello\nworld!”", ha="center", va="center", fontsize=13, color=INK)
    draw_tokens(axes, made["pieces"], made["ids"])
    for name in ("hidden", "pooled", "vector"):
        draw_heat(axes, made[name], *BOXES["hidden state" if name == "hidden" else name])
    ways = {"tokenizer": "tokenizer", "layers": f"{made['layers']} layers",
            "mean": f"mean of\nthe {T}", "norm": f"divide\nby {norm:.1f}"}
    for (name, words), (left, width), (right, _) in zip(
            ways.items(), list(BOXES.values())[:-1], list(BOXES.values())[1:], strict=True):
        draw_arrow(axes, left + width, right, words, name in lit)
    return figure


def draw_box(axes, name, left, width, lit):
    """A box and the name of what is in it."""
    axes.add_patch(FancyBboxPatch(
        (left, 3.4), width, 15.2, boxstyle="round,pad=0,rounding_size=1", lw=3 if lit else 1.1,
        edgecolor=LIT if lit else "#9aa7b3", facecolor=GLOW if lit else "white"))
    axes.text(left + width / 2, 21.3, name, ha="center", va="center", fontsize=14,
              weight="bold" if lit else "normal", color=LIT if lit else INK)


def draw_tokens(axes, pieces, ids):
    """Each piece beside its id, in the box of the tokens."""
    left, width = BOXES["tokens"]
    for t, (piece, number) in enumerate(zip(pieces, ids, strict=True)):
        words = {"y": 16.6 - 2.8 * t, "va": "center", "fontsize": 11.5, "family": "monospace"}
        axes.text(left + 7.4, s=piece, ha="right", color=INK, **words)
        axes.text(left + width - 1.2, s=number, ha="right", color=QUIET, **words)


def draw_heat(axes, numbers, left, width):
    """Numbers (R, D) as colours, blue below 0 and red above; of one row the first two, too."""
    rows, limits = len(numbers), (axes.get_xlim(), axes.get_ylim())
    high, middle = (13.2, 11) if rows > 1 else (5.4, 12.6)
    axes.imshow(numbers / numbers.abs().quantile(0.97), cmap="RdBu_r", vmin=-1, vmax=1,
                extent=(left + 1, left + width - 1, middle - high / 2, middle + high / 2),
                aspect="auto", interpolation="nearest", zorder=2)
    axes.set(xlim=limits[0], ylim=limits[1])
    if rows == 1:
        axes.text(left + width / 2, 6.8, f"{few(numbers)} …", ha="center", va="center",
                  fontsize=11, family="monospace", color=INK)


def few(numbers):
    """The first two numbers of a row."""
    return " ".join(f"{number:.2f}" for number in numbers[0, :2].tolist())


def draw_arrow(axes, left, right, words, lit):
    """An arrow from box to box, over it what happens there."""
    colour = LIT if lit else INK
    axes.annotate("", (right - 0.1, 11), (left + 0.1, 11), arrowprops={
        "arrowstyle": "-|>,head_width=0.35,head_length=0.6", "lw": 3 if lit else 1.6,
        "color": colour})
    axes.text((left + right) / 2, 12.2, words, ha="center", va="bottom", fontsize=11,
              weight="bold" if lit else "normal", color=colour, linespacing=1.1)


def alt(made, lit=()):
    """A picture in words, with its numbers."""
    T, D = made["hidden"].shape
    tokens = ", ".join(f"{piece} {i}" for piece, i in zip(made["pieces"], made["ids"], strict=True))
    told = (f"The path of hello world!: text; tokens {tokens}; after {made['layers']} layers a "
            f"hidden state of {T} × {D} numbers; their mean, {D} numbers of norm "
            f"{made['norm']:.1f}; the vector, {D} numbers of norm 1, first {few(made['vector'])}.")
    return f"{told} Lit here: {', '.join(lit)}." if lit else told


def save(figure, words, place):
    """Write a picture of few colours, which is small, with its words in it."""
    buffer, kept = io.BytesIO(), PngImagePlugin.PngInfo()
    figure.savefig(buffer, dpi=120, metadata={"Software": None})
    kept.add_itxt("Description", words)
    place.parent.mkdir(exist_ok=True)
    picture = Image.open(buffer).convert("RGB").quantize(96, dither=Image.Dither.NONE)
    picture.save(place, optimize=True, pnginfo=kept)


def with_picture(text, words, address):
    """Markdown with this picture in place of the one it had, or else on top."""
    line = f"![{words}]({address})"
    text, found = re.subn(r"(?m)^!\[The path of .*\]\(.*\)$", lambda _: line, text)
    return text if found else f"{line}\n\n{text}"


def main():
    made = path()
    save(draw(made, opened=True), alt(made), DOCS / "path.png")
    README.write_text(with_picture(README.read_text("utf-8"), alt(made), "docs/path.png"), "utf-8")
    for number, lit in LIGHT.items():
        save(draw(made, lit), alt(made, lit), DOCS / "strips" / f"{number}.png")
        for lesson in ROOT.glob(f"notebooks/{number}_*.ipynb"):
            notebook = nbformat.read(lesson, as_version=4)
            first, place = notebook.cells[0], f"../docs/strips/{number}.png"
            first.source = with_picture(first.source, alt(made, lit), place)
            lesson.write_text(nbformat.writes(notebook, indent=1) + "\n", "utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
