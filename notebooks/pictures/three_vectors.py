"""The pictures of 10."""
import numpy as np
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, PALE, paper


def matches(query: list[str], passage: list[str], places: np.ndarray, values: np.ndarray,
            told: dict[str, str], title: str) -> Figure:
    """The query's tokens over the passage's, a line from each to its best; `told` in orange."""
    fig, ax = paper(13.5, 4.6, size=18)
    ax.set(xlim=(-0.12, 1), ylim=(0, 1.05))
    pairs = list(zip(query, np.asarray(places).tolist(), strict=True))
    taken = {place for piece, place in pairs if told.get(piece) == passage[place]}
    above, below = _in_a_row(ax, query), _in_a_row(ax, passage)
    for x, (piece, place), value in zip(above, pairs, np.asarray(values), strict=True):
        marked = told.get(piece) == passage[place]
        ink = ORANGE if marked else GREY
        ax.plot([x, below[place]], [0.82, 0.16], c=ink, lw=4 if marked else 1.5, zorder=2 + marked)
        ax.text(x, 0.86, piece, c=ink if marked else "black", ha="center", weight="bold")
        ax.text(x, 0.97, f"{value:.2f}", c=ink, ha="center")
    for i, (x, piece) in enumerate(zip(below, passage, strict=True)):
        ink = ORANGE if i in taken else "black" if i in places else GREY
        ax.text(x, 0.04, piece, c=ink, ha="center", weight="bold" if i in taken else None)
    for y, label in {0.97: "cosine", 0.86: "question", 0.04: "passage"}.items():
        ax.text(-0.02, y, label, c=GREY, ha="right")
    ax.set_title(title, weight="bold")
    return fig


def _in_a_row(ax: object, pieces: list[str]) -> np.ndarray:
    """The middles of pieces that stand side by side from 0 to 1, with equal gaps: (n,)."""
    drawn = [ax.text(0, 0, piece, weight="bold") for piece in pieces]
    widths = np.array([text.get_window_extent().width for text in drawn])
    widths *= np.ptp(ax.get_xlim()) / ax.bbox.width                     # in the units of the axis
    for text in drawn:
        text.remove()
    gap = (1 - widths.sum()) / (len(pieces) - 1)
    return np.cumsum(widths + gap) - gap - widths / 2


def winners(shares: dict[str, dict[str, tuple]], title: str, caption: str) -> Figure:
    """A panel per kind, for each way (value, low, high, in the first 10, best): dot, bar, ring."""
    kinds = list(next(iter(shares.values())))
    fig, axes = paper(13, 6, columns=len(kinds), size=18, sharey=True, layout="constrained")
    for ax, kind in zip(axes, kinds, strict=True):
        for y, way in enumerate(shares.values()):
            value, low, high, ten, best = way[kind]
            ink = ORANGE if best else GREY
            ax.plot([low, high], [y, y], c=ink, lw=5, solid_capstyle="butt")
            ax.plot(ten, y, "o", ms=19, mfc="none", mec=BLUE, mew=2, clip_on=False)
            ax.plot(value, y, "o", ms=12, c=ink, clip_on=False)
            ax.text(min(max(value, 0.12), 0.88), y - 0.26, f"{value:.2f}", c=ink, ha="center")
        ax.set(xlim=(-0.08, 1.08), ylim=(len(shares) - 0.5, -0.7), xticks=[0, 1], xlabel="found")
        ax.grid(axis="x", c=PALE)
        ax.tick_params(length=0)
        ax.set_title(kind, size=18)
    axes[0].set_yticks(range(len(shares)), shares)
    fig.suptitle(title, weight="bold")
    fig.supxlabel(caption, size=16, c=GREY)
    return fig


def dial(weights: list[float], curves: dict[str, dict[str, np.ndarray]], title: str) -> Figure:
    """A panel per scale, a line per kind: the share found against the weight, both (W,)."""
    inks, told = [ORANGE, BLUE, GREY, GREY, BLUE], {":": " (dots)", "--": " (dashes)"}
    looks = list(zip(inks, ["-", "-", "-", *told], [1.05, 0.07, 0.91, 0.98, 0], strict=True))
    fig, axes = paper(13, 6, columns=len(curves), size=17, sharey=True, layout="constrained")
    for ax, (scale, lines) in zip(axes, curves.items(), strict=True):
        for (kind, line), (ink, dash, y) in zip(lines.items(), looks, strict=True):
            ax.plot(weights, line, dash, c=ink, lw=4, clip_on=False)
            axes[-1].text(1.05, y, kind + told.get(dash, ""), c=ink, va="center")
        ax.set(xlim=(0, 1), ylim=(0, 1.03), xticks=[0, 0.4, 0.8], yticks=[0.5, 1],
               xlabel="weight of sparse")
        ax.set_title(scale, size=17)
        ax.tick_params(length=0)
        ax.grid(c=PALE)
    axes[0].set_ylabel("share found")
    fig.suptitle(title, weight="bold")
    return fig
