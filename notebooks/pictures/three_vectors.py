"""The pictures of 10."""
import numpy as np
from matplotlib.figure import Figure

from pictures.paper import GREY, ORANGE, PALE, paper


def matches(query: list[str], passage: list[str], places: np.ndarray, values: np.ndarray,
            told: dict[str, str], title: str) -> Figure:
    """The query's tokens over the passage's, a line from each to its best match, (n,) places.

    `values`: (n,), the cosines, written on the tokens. `told`: the pairs in orange.
    """
    fig, ax = paper(13, 5, size=19)
    above, below = (np.linspace(0.04, 0.96, len(row)) for row in (query, passage))
    for x, piece, place, value in zip(above, query, np.asarray(places), values, strict=True):
        marked = told.get(piece) == passage[place]
        ink = ORANGE if marked else GREY
        ax.plot([x, below[place]], [0.84, 0.2 - 0.1 * (place % 2)], c=ink, lw=4 if marked else 1.5)
        ax.text(x, 0.88, piece, c=ink if marked else "black", ha="center", weight="bold")
        ax.text(x, 0.98, f"{value:.2f}", c=ink, ha="center")
    taken = {place for piece, place in zip(query, np.asarray(places).tolist(), strict=True)
             if told.get(piece) == passage[place]}
    for i, (x, piece) in enumerate(zip(below, passage, strict=True)):
        ink = ORANGE if i in taken else "black" if i in places else GREY
        ax.text(x, 0.18 - 0.1 * (i % 2), piece, c=ink, ha="center", va="top",
                weight="bold" if i in taken else None)
    ax.text(-0.02, 0.98, "cosine", c=GREY, ha="right")
    ax.text(-0.02, 0.88, "question", c=GREY, ha="right")
    ax.text(-0.02, 0.12, "passage", c=GREY, ha="right", va="top")
    ax.set(xlim=(-0.12, 1), ylim=(0, 1.05))
    ax.set_title(title, weight="bold")
    return fig


def winners(shares: dict[str, dict[str, tuple]], title: str) -> Figure:
    """A panel for each kind: each way's share found on its interval, (value, low, high, best)."""
    kinds = list(next(iter(shares.values())))
    fig, axes = paper(13, 5.6, columns=len(kinds), size=18, sharey=True, layout="constrained")
    for ax, kind in zip(axes, kinds, strict=True):
        for y, way in enumerate(shares.values()):
            value, low, high, best = way[kind]
            ink = ORANGE if best else GREY
            ax.plot([low, high], [y, y], c=ink, lw=5, solid_capstyle="butt")
            ax.plot(value, y, "o", ms=13, c=ink)
            ax.text(min(max(value, 0.12), 0.88), y - 0.22, f"{value:.2f}", c=ink, ha="center")
        ax.set(xlim=(-0.08, 1.08), ylim=(len(shares) - 0.5, -0.7), xticks=[0, 0.5, 1],
               xticklabels=["0", "0.5", "1"], xlabel="share found")
        ax.tick_params(length=0)
        ax.grid(axis="x", c=PALE)
        ax.set_title(kind, size=18)
    axes[0].set_yticks(range(len(shares)), shares)
    fig.suptitle(title, weight="bold")
    return fig
