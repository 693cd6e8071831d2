"""Draw the front page's picture: what `hello world!` is at each step, in the model's numbers."""
import pathlib
import sys

import matplotlib
import torch
from transformers import AutoModel, AutoTokenizer

from helpers import model_dir, normalize
from helpers.models.folder import read_recipe
from helpers.pooling import POOLINGS

BLUE, ORANGE = "#0072B2", "#D55E00"      # of the notebooks' colours, which are told apart by all
PICTURE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "path.png"
TEXT = "hello world!"


def steps():
    """What there is after each step, of the embedded model.

    -> list of (how it came about, title, shape, lines of numbers, notebooks).
    """
    folder = model_dir("all-MiniLM-L6-v2")
    tokenizer, recipe = AutoTokenizer.from_pretrained(folder), read_recipe(folder)
    features = tokenizer(TEXT, return_tensors="pt")
    model = AutoModel.from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        hidden = model(**features).last_hidden_state                        # (1, T, D)
    pooled = POOLINGS[recipe.pooling[0]](hidden, features["attention_mask"])    # (1, D)
    ids = features["input_ids"][0].tolist()
    pieces = tokenizer.convert_ids_to_tokens(ids)
    tokens = [f"{piece:>5} {i:>5}" for piece, i in zip(pieces, ids, strict=True)]
    states = [few(row[:3]) for row in hidden[0]]
    shape = str(tuple(pooled.shape))
    return [
        ("", "text", "", [f'"{TEXT}"'], "01"),
        ("tokenizer", "input ids", f"(1, {len(ids)})", tokens, "02"),
        ("transformer", "last_hidden_state", str(tuple(hidden.shape)), states, "03, 08"),
        (f"{recipe.pooling[0]} over\ntokens", "pooled", shape, [few(pooled[0, :3])], "04, 05"),
        ("divide by\nlength", "the vector", shape, [few(normalize(pooled)[0, :3])], "06, 07"),
    ]


def few(numbers):
    return " ".join(f"{number:6.3f}" for number in numbers.tolist()) + " …"


def draw(steps):
    """Boxes from left to right, an arrow between two of them: -> Figure."""
    from matplotlib.figure import Figure
    figure = Figure(figsize=(15.15, 3.3), facecolor="white")
    axes = figure.add_axes([0, 0, 1, 1], xlim=(0, 151.5), ylim=(0, 33))
    axes.axis("off")
    left = 1.0
    for how, *step in steps:
        if how:
            draw_arrow(axes, left, how)
            left += 11
        left += draw_box(axes, left, *step)
    return figure


def draw_arrow(axes, left, how):
    """An arrow, and over it what happens there."""
    style = {"arrowstyle": "-|>", "lw": 2.5, "color": ORANGE}
    axes.annotate("", (left + 10.6, 16.5), (left + 0.4, 16.5), arrowprops=style)
    axes.text(left + 5.3, 18, how, ha="center", va="bottom", fontsize=11.5, color=ORANGE)


def draw_box(axes, left, title, shape, lines, notebooks):
    """A step's numbers in a box, its title above, shape and notebooks below: -> its width."""
    width = 2.5 + max(1.02 * max(map(len, lines)), 1.15 * len(title))
    axes.add_patch(matplotlib.patches.FancyBboxPatch(
        (left, 5), width, 23, boxstyle="round,pad=0,rounding_size=1.2", facecolor="#eaf4fb",
        edgecolor=BLUE, lw=1.8))
    middle = {"x": left + width / 2, "ha": "center", "va": "center"}
    axes.text(y=30.7, s=title, fontsize=15, weight="bold", **middle)
    axes.text(y=16.5, s="\n".join(lines), fontsize=12.5, family="monospace", linespacing=1.5,
              **middle)
    below = "   ".join(filter(None, [shape, f"notebook {notebooks}"]))
    axes.text(y=2.4, s=below, fontsize=11.5, color="#444444", **middle)
    return width


def alt(steps):
    """The picture in words, with its numbers."""
    told = []
    for _, title, shape, lines, _ in steps:
        numbers = ", ".join(" ".join(line.split()) for line in lines)
        told.append(f"{title} {shape} {numbers}")
    return "The path of a " + "; ".join(told).replace('"', "").replace("  ", " ")


def main():
    made = steps()
    PICTURE.parent.mkdir(exist_ok=True)
    draw(made).savefig(PICTURE, dpi=110, metadata={"Description": alt(made), "Software": None})
    print(f"for the README: ![{alt(made)}](docs/path.png)")


if __name__ == "__main__":
    sys.exit(main())
