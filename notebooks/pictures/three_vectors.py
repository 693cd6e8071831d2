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


def dial(mixing: list[float], rates: dict[str, np.ndarray], title: str) -> Figure:
    """A line per kind: the fraction found, (W,), against the mixing weight; names at the ends."""
    inks, dashes = [ORANGE, BLUE, GREY, GREY, BLUE], ["-", "-", "-", ":", "--"]
    heights = [1.07, 0.09, 0.91, 0.99, 0.01]
    fig, ax = paper(13, 6, size=18, layout="constrained")
    for (kind, rate), ink, dash, y in zip(rates.items(), inks, dashes, heights, strict=True):
        ax.plot(mixing, rate, dash, c=ink, lw=4, clip_on=False)
        ax.text(1.02, y, kind + {":": " (dots)", "--": " (dashes)"}.get(dash, ""), c=ink,
                va="center")
    ax.set(xlim=(0, 1), ylim=(0, 1.08), xticks=[0, 0.2, 0.4, 0.6, 0.8, 1], yticks=[0, 0.5, 1],
           xlabel="mixing weight of sparse (0: dense alone)", ylabel="fraction found")
    ax.tick_params(length=0, pad=10)
    ax.grid(c=PALE)
    fig.suptitle(title, weight="bold")
    return fig
