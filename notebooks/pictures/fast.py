"""The pictures of 12."""
import numpy as np
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, PALE, paper


def blocks(plans: dict[str, list[list[int]]], title: str) -> Figure:
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
    """Shares of padding, (len(sizes),), over the number of texts; `marks`: what is raced where."""
    fig, ax = paper(13, 5.6, size=16, layout="tight")
    for at, said in marks.items():
        ax.axvline(at, ymax=0.92, c=PALE, lw=14)
        ax.text(at, 1.06, said, ha="center", va="center")
    for name, ink, x in zip(shares, (GREY, GREY, BLUE, ORANGE), (-1, -1, 1, 1), strict=True):
        ax.semilogx(sizes, shares[name], "o-", c=ink, lw=3, ms=9)
        ax.text(1.13 * sizes[x], shares[name][x] + 0.04, name, c=ink, va="center", weight="bold")
    ax.minorticks_off()
    ax.set(xticks=sizes, xticklabels=[f"{n:,}" for n in sizes], ylim=(-0.03, 1.1),
           yticks=[0, 0.25, 0.5, 0.75, 1], yticklabels=["0 %", "25 %", "50 %", "75 %", "100 %"],
           xlabel="texts that are there at once", ylabel="padding, share\nof computed positions")
    ax.set_title(title, weight="bold", pad=16)
    return fig


def packed(rows: list[list[str]], spans: list[tuple[int, int]], title: str) -> Figure:
    """Texts as rows of pieces, padded; and packed, filled up with texts of one token (orange)."""
    fig, ax = paper(13, 4.8, size=16, layout="tight")
    wide, N, inks = max(map(len, rows)), sum(T * count for T, count in spans), (BLUE, PALE)
    for i, row in enumerate(rows):
        for t, piece in enumerate(row + ["pad"] * (wide - len(row))):
            _box(ax, t + 4, i, piece, inks[i % 2] if t < len(row) else ORANGE)
    ax.text(3.3, 1, f"padded: {len(rows) * wide}", ha="right", va="center")
    places = [(inks[i % 2], piece) for i, row in enumerate(rows) for piece in row]
    ax.text(-0.5, 3.6, f"packed and filled up: {N}", va="center")
    for n, (ink, piece) in enumerate(places + [(ORANGE, "fill")] * (N - len(places))):
        _box(ax, n, 4.5, piece, ink)
    for (T, count), end in zip(spans, np.cumsum(np.prod(spans, axis=1)), strict=True):
        ax.plot([end - T * count - 0.45, end - 0.55], [5.2, 5.2], c="black", lw=3)
        said = f"({T}, {count})" + f": {count} text{'s'[:count - 1]} of {T} tokens" * (T > 1)
        ax.text(end - (T * count + 1) / 2, 5.7, said, ha="center", va="center")
    ax.set(xlim=(-0.7, N - 0.3), ylim=(6.1, -0.7))
    ax.set_title(title, weight="bold")
    return fig


def squeezed(weights: np.ndarray, scale: float, title: str) -> Figure:
    """How many weights fall on each whole number, if one scale serves them all; 0 in orange."""
    fig, ax = paper(13, 4.8, size=16, layout="tight")
    whole, counts = np.unique(np.round(weights / scale), return_counts=True)
    ax.bar(whole * scale, counts, scale, color=[ORANGE if k == 0 else BLUE for k in whole])
    said = f"{counts[whole == 0].item() / counts.sum():.0%} of the weights become 0"
    ax.text(4 * scale, counts.max(), said, c=ORANGE, va="center", weight="bold")
    ax.text(weights.max(), 3, "one weight,\nbecomes 127", c=BLUE, ha="center", weight="bold")
    ax.set(yscale="log", xlabel="weight", ylabel="how many weights", xticks=range(-1, 9))
    ax.set_title(title, weight="bold", pad=16)
    return fig


def _box(ax, x, y, word, fill):
    ax.barh(y, 0.94, 0.86, left=x - 0.47, fc=fill)
    ax.text(x, y, word, c="black" if fill == PALE else "white", size=14, ha="center", va="center")
