"""Draw the front page's picture: what `hello world!` is at each step, with the numbers of the embedded model."""
import pathlib
import sys

import matplotlib
import torch
from transformers import AutoModel, AutoTokenizer

from helpers import cls_pool, mean_pool, model_dir, normalize
from helpers.models.folder import read_recipe
from helpers.show import OKABE_ITO

PICTURE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "path.png"
TEXT = "hello world!"


def steps():
    """What there is after each step: -> list of (how it came about, title, shape, lines of numbers, notebooks)."""
    folder = model_dir("all-MiniLM-L6-v2")
    tokenizer, recipe = AutoTokenizer.from_pretrained(folder), read_recipe(folder)
    features = tokenizer(TEXT, return_tensors="pt")
    with torch.no_grad():
        hidden = AutoModel.from_pretrained(folder, dtype=torch.float32)(**features).last_hidden_state   # (1, T, D)
    pool = {"cls": cls_pool, "mean": mean_pool}[recipe.pooling[0]]
    pooled = pool(hidden, features["attention_mask"])                                                   # (1, D)
    ids = features["input_ids"][0].tolist()
    tokens = [f"{piece:>5} {i:>5}" for piece, i in zip(tokenizer.convert_ids_to_tokens(ids), ids, strict=True)]
    return [("", "text", "", [f'"{TEXT}"'], "01"),
            ("tokenizer", "input ids", f"(1, {len(ids)})", tokens, "02"),
            ("transformer", "last_hidden_state", str(tuple(hidden.shape)), [few(row[:3]) for row in hidden[0]], "03, 08"),
            (f"{recipe.pooling[0]} over\ntokens", "pooled", str(tuple(pooled.shape)), [few(pooled[0, :3])], "04, 05"),
            ("divide by\nlength", "the vector", str(tuple(pooled.shape)), [few(normalize(pooled)[0, :3])], "06, 07")]


def few(numbers):
    return " ".join(f"{number:6.3f}" for number in numbers.tolist()) + " …"


def draw(steps):
    """Boxes from left to right, an arrow between two of them: -> Figure."""
    from matplotlib.figure import Figure
    figure = Figure(figsize=(15.15, 3.3), facecolor="white")
    axes = figure.add_axes([0, 0, 1, 1], xlim=(0, 151.5), ylim=(0, 33))
    axes.axis("off")
    left = 1.0
    for how, title, shape, lines, notebooks in steps:
        width = 2.5 + max(1.02 * max(map(len, lines)), 1.15 * len(title))
        if how:
            axes.annotate("", (left + 10.6, 16.5), (left + 0.4, 16.5),
                          arrowprops={"arrowstyle": "-|>", "lw": 2.5, "color": OKABE_ITO[5]})
            axes.text(left + 5.3, 18, how, ha="center", va="bottom", fontsize=11.5, color=OKABE_ITO[5])
            left += 11
        box = matplotlib.patches.FancyBboxPatch((left, 5), width, 23, boxstyle="round,pad=0,rounding_size=1.2",
                                                facecolor="#eaf4fb", edgecolor=OKABE_ITO[0], lw=1.8)
        axes.add_patch(box)
        axes.text(left + width / 2, 30.7, title, ha="center", va="center", fontsize=15, weight="bold")
        axes.text(left + width / 2, 16.5, "\n".join(lines), ha="center", va="center", fontsize=12.5,
                  family="monospace", linespacing=1.5)
        axes.text(left + width / 2, 2.4, "   ".join(filter(None, [shape, f"notebook {notebooks}"])), ha="center",
                  va="center", fontsize=11.5, color="#444444")
        left += width
    return figure


def alt(steps):
    """The picture in words, with its numbers."""
    told = (f"{title} {shape} {', '.join(' '.join(line.split()) for line in lines)}" for _, title, shape, lines, _ in steps)
    return "The path of a " + "; ".join(told).replace('"', "").replace("  ", " ")


def main():
    made = steps()
    PICTURE.parent.mkdir(exist_ok=True)
    draw(made).savefig(PICTURE, dpi=110, metadata={"Description": alt(made), "Software": None})
    print(f"for the README: ![{alt(made)}](docs/path.png)")


if __name__ == "__main__":
    sys.exit(main())
