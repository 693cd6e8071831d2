"""The pictures of 12."""
import numpy as np
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, PALE, paper


def speeds(rates: dict, words: dict, title: str, base: str, elsewhere: tuple = ()) -> Figure:
    """Texts per second in each round: a bar to the median, a line from least to most, words."""
    fig, ax = paper(13, 2 + 0.7 * len(rates), size=16, layout="tight")
    wide = max(map(np.max, rates.values()))
    for y, (name, rate) in enumerate(rates.items()):
        ax.barh(y, np.median(rate), 0.6, color=ORANGE if "int8" in name else BLUE, ec="white",
                hatch="//" * (name in elsewhere))
        ax.plot([rate.min(), rate.max()], [y, y], c="black", lw=3)
        ax.text(-0.02 * wide, y, name, ha="right", va="center", weight="bold")
        said = f"{np.median(rate):.0f} a second" + f"; {words.get(name)}" * (name in words)
        ax.text(rate.max() + 0.03 * wide, y, said, va="center")
    key = (f"black line: least and most round; times: as fast as {base}, median [least, most]"
           + "\nhatched: another race; orange: int8, other vectors" * bool(elsewhere))
    ax.set(ylim=(len(rates) - 0.5, -0.5), xlim=(0, 2 * wide), title=title, xlabel=key)
    return fig


def work(plans: dict[str, list[list[int]]], title: str) -> Figure:
    """A panel for each plan, the lengths in each batch: tokens blue, padding orange."""
    fig, axes = paper(13, 6, columns=len(plans), sharey=True, sharex=True, layout="tight")
    for ax, (name, plan) in zip(axes, plans.items(), strict=True):
        top, computed = 0, sum(len(batch) * max(batch) for batch in plan)
        for batch in plan:
            for width, ink in ((max(batch), ORANGE), (batch, BLUE)):
                ax.barh(top + np.arange(len(batch)) + 0.5, width, 1, color=ink, lw=0)
            top += len(batch) + 3                   # air between two batches
        ax.set_title(f"{name}\n{1 - sum(map(sum, plan)) / computed:.0%} padding", weight="bold")
        ax.set_xlabel(f"{computed:,} positions computed")
    axes[0].text(0.7 * ax.get_xlim()[1], 12, "padding", c="white", weight="bold")
    axes[-1].text(5, 4, "tokens", c="white", va="center", weight="bold")
    axes[0].set(ylim=(top, 0), ylabel="one line is one text")
    fig.suptitle(title, weight="bold")
    return fig


def curves(sizes: list[int], shares: dict[str, list], marks: dict[int, str], title: str) -> Figure:
    """Padding shares, (len(sizes),), over the number of texts; `marks`: what is raced where."""
    fig, ax = paper(13, 5.6, size=16, layout="tight")
    for at, said in marks.items():
        ax.axvline(at, ymax=0.92, c=PALE, lw=14)
        ax.text(at, 1.06, said, ha="center", va="center")
    inks, lines = (GREY, GREY, BLUE, "black"), ("o:", "o-", "o-", "o-")
    for name, ink, line, x in zip(shares, inks, lines, (-1, -1, 1, 1), strict=True):
        ax.semilogx(sizes, shares[name], line, c=ink, lw=3, ms=9)
        ax.text(1.13 * sizes[x], shares[name][x] + 0.04, name, c=ink, va="center", weight="bold")
    ax.minorticks_off()
    ax.set(xticks=sizes, xticklabels=[f"{n:,}" for n in sizes], yticks=[0, .5, 1], ylim=(-.03, 1.1),
           yticklabels=["0 %", "50 %", "100 %"], xlabel="texts at once", ylabel="padding share")
    ax.set_title(title, weight="bold", pad=16)
    return fig


def packed(rows: list[list[str]], spans: list[tuple[int, int]], title: str) -> Figure:
    """Texts as rows of pieces, padded (orange); and packed, a line under each span."""
    fig, ax = paper(13, 4.8, size=16, layout="tight")
    wide, N, inks = max(map(len, rows)), sum(T * count for T, count in spans), (BLUE, PALE)
    for i, row in enumerate(rows):
        for t, piece in enumerate(row + ["pad"] * (wide - len(row))):
            _box(ax, t + 3, i, piece, inks[i % 2] if t < len(row) else ORANGE)
    for x, y, said in ((-0.5, 1, f"padded: {len(rows) * wide}"), (-0.5, 3.6, f"packed: {N}")):
        ax.text(x, y, said, va="center")
    for n, (ink, piece) in enumerate((inks[i % 2], p) for i, row in enumerate(rows) for p in row):
        _box(ax, n, 4.5, piece, ink)
    for (T, B), end in zip(spans, np.cumsum(np.prod(spans, axis=1)), strict=True):
        ax.plot([end - T * B - 0.45, end - 0.55], [5.2, 5.2], c="black", lw=3)
        ax.text(end - (T * B + 1) / 2, 5.7, f"({T}, {B}): {B} × {T} tokens", ha="center")
    ax.set(xlim=(-0.7, N - 0.3), ylim=(6.1, -0.7), title=title)
    return fig


def _box(ax, x, y, word, fill):
    ax.barh(y, 0.94, 0.86, left=x - 0.47, fc=fill)
    ax.text(x, y, word, c="black" if fill == PALE else "white", size=14, ha="center", va="center")
