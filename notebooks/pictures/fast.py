"""The pictures of 12."""
import numpy as np
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, PALE, paper


def blocks(plans: dict[str, list[list[int]]], title: str) -> Figure:
    """A panel for each plan: a line for each text, batch by batch; tokens blue, padding orange.

    `plans`: the lengths in each batch.
    """
    fig, axes = paper(13, 6, columns=len(plans), sharey=True, sharex=True, layout="tight")
    for ax, (name, plan) in zip(axes, plans.items(), strict=True):
        top, computed = 0, sum(len(batch) * max(batch) for batch in plan)
        for batch in plan:
            lines = top + np.arange(len(batch)) + 0.5
            ax.barh(lines, max(batch), 1, color=ORANGE, lw=0)
            ax.barh(lines, batch, 1, color=BLUE, lw=0)
            top += len(batch) + 3                   # air between two batches
        share = 1 - sum(map(sum, plan)) / computed
        ax.set_title(f"{name}\n{share:.0%} padding", weight="bold")
        ax.set_xlabel(f"{computed:,} positions computed")
    longest = max(max(batch) for batch in plan)
    axes[0].text(0.97 * longest, 12, "padding", c="white", ha="right", va="center", weight="bold")
    axes[-1].text(5, 4, "tokens", c="white", va="center", weight="bold")
    axes[0].set(ylim=(top, 0), ylabel="one line is one text")
    fig.suptitle(title, weight="bold")
    return fig


def curves(sizes: list[int], shares: dict[str, np.ndarray], at: int, title: str) -> Figure:
    """Shares of padding, (len(sizes),), over the number of texts; the values at `at` printed."""
    fig, ax = paper(12, 5, size=16, layout="tight")
    ax.axvline(at, c=PALE, lw=12)
    for (name, line), ink in zip(shares.items(), (ORANGE, GREY, BLUE), strict=True):
        ax.semilogx(sizes, line, "o-", c=ink, lw=3, ms=9)
        ax.text(1.12 * sizes[-1], line[-1], name, c=ink, va="center", weight="bold")
        value = line[sizes.index(at)]
        ax.text(at, value + 0.03, f" {value:.0%}", c=ink, va="bottom", weight="bold")
    ax.minorticks_off()
    ax.set(xticks=sizes, xticklabels=[f"{n:,}" for n in sizes], xlabel="number of texts",
           ylim=(-0.03, 1), yticks=[0, 0.25, 0.5, 0.75, 1],
           yticklabels=["0 %", "25 %", "50 %", "75 %", "100 %"])
    ax.set_title(title, weight="bold", pad=16)
    return fig


def packed(rows: list[list[str]], spans: list[tuple[int, int]], title: str) -> Figure:
    """Texts as rows of pieces, padded to a rectangle, and the same pieces one after another."""
    fig, ax = paper(13, 4.8, size=16, layout="tight")
    wide, N = max(map(len, rows)), sum(map(len, rows))
    for i, row in enumerate(rows):
        for t, piece in enumerate(row + ["padding"] * (wide - len(row))):
            _box(ax, t + 3, i, piece, (BLUE, PALE)[i % 2] if t < len(row) else ORANGE)
    ax.text(2.3, len(rows) / 2 - 0.5, f"padded\n({len(rows)}, {wide})", ha="right", va="center")
    ax.text(-0.5, 3.6, f"packed, no padding: N = {N}", va="center")
    places = [(i, piece) for i, row in enumerate(rows) for piece in row]
    for n, (i, piece) in enumerate(places):
        _box(ax, n, 4.5, piece, (BLUE, PALE)[i % 2])
    start = 0
    for T, count in spans:
        end = start + T * count
        ax.plot([start - 0.45, end - 0.55], [5.2, 5.2], c="black", lw=3)
        said = f"span ({T}, {count}): {count} text{'s'[:count - 1]} of {T} tokens"
        ax.text((start + end - 1) / 2, 5.7, said, ha="center", va="center")
        start = end
    ax.set(xlim=(-0.7, N - 0.3), ylim=(6.1, -0.7))
    ax.set_title(title, weight="bold")
    return fig


def _box(ax, x, y, word, fill):
    ax.barh(y, 0.94, 0.86, left=x - 0.47, fc=fill)
    ink = "black" if fill == PALE else "white"
    ax.text(x, y, word, c=ink, size=14, ha="center", va="center_baseline")
