"""The pictures of 01."""
from textwrap import fill

import numpy as np
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, PALE, paper


def angles(base: str, others: list[str], cosines: np.ndarray) -> Figure:
    """Two arrows for each pair of texts, at their true angle. `cosines`: (n,), with `base`."""
    fig, axes = paper(11, 3.6, columns=len(others), layout="constrained")
    for ax, other, c in zip(axes, others, cosines, strict=True):
        turn = np.arccos(np.clip(c, -1, 1))
        for angle, ink in ((0, GREY), (turn, ORANGE)):
            look = {"arrowstyle": "-|>,head_width=.4,head_length=.8", "lw": 3, "color": ink}
            ax.annotate("", (np.cos(angle), np.sin(angle)), (0, 0), arrowprops=look)
        arc = np.linspace(0, turn)
        ax.plot(0.4 * np.cos(arc), 0.4 * np.sin(arc), color=ORANGE)
        ax.set_title(fill(other, 21), color=ORANGE, size=15)
        ax.text(0.5, -0.12, fill(base, 21), ha="center", va="top", color=GREY)
        ax.set(xlim=(-0.15, 1.15), ylim=(-0.6, 1.08), aspect="equal",
               xlabel=f"{np.degrees(turn):.0f}°, cosine {c:.2f}")
        ax.xaxis.label.set_weight("bold")
    return fig


def ruler(rows: dict[str, np.ndarray], lit: tuple[str, ...], marks: dict[str, float],
          title: str) -> Figure:
    """A row of dots for each kind of pair: kind -> (n,) cosines; a bar at their mean.

    `lit`: the kinds in orange. `marks`: words, and the cosines of their dots in the row "typo".
    """
    fig, ax = paper(11, 5, layout="constrained")
    for y, (name, c) in enumerate(rows.items()):
        ink = ORANGE if name in lit else GREY
        ax.plot(c, [y] * len(c), "o", ms=10, mew=0, color=ink, alpha=0.3)
        ax.plot([c.mean()] * 2, [y - 0.32, y + 0.32], lw=4, color=ink)
        ax.text(1.04, y, f"{c.mean():.2f}", va="center", color=ink, weight="bold")
        for word, at in marks.items() if name == "typo" else ():
            ax.text(at, y + 0.22, word, ha="center", va="top", size=13)
    ax.set(xlim=(None, 1.02), ylim=(len(rows) - 0.5, -0.5), yticks=range(len(rows)),
           yticklabels=rows, xticks=[0, 0.2, 0.4, 0.6, 0.8, 1], xlabel="cosine (bar: the mean)")
    ax.grid(axis="x", color=PALE)
    ax.set_axisbelow(True)
    ax.tick_params(length=0)
    fig.suptitle(title, weight="bold")
    return fig


def search(flat: np.ndarray, groups: dict[str, list[int]], star: np.ndarray, best: np.ndarray,
           right: int, title: str) -> Figure:
    """A map of N passages, `flat` (N, 2); the query, `star` (2,); the numbers of the best, (n,).

    `groups`: subject -> numbers of its passages. `right`: the passage whose circle is orange.
    """
    fig, ax = paper(10, 5.4, layout="constrained")
    ax.plot(*flat.T, "o", color=PALE)
    for (name, some), ink in zip(groups.items(), (BLUE, "#90307A", "#007A5A"), strict=True):
        ax.plot(*flat[some].T, "o", color=ink)
        outer = max(flat[some], key=lambda at: at @ flat[some].mean(axis=0))
        ax.annotate(name, outer, outer / np.linalg.norm(outer) * (34, 20), color=ink, ha="center",
                    va="center", textcoords="offset points")
    ax.plot(*star, "*", ms=28, color="black")
    for place, k in enumerate(best, 1):
        ink = ORANGE if k == right else "black"
        ax.plot(*flat[k], "o", ms=19, mew=2, mfc="white", color=ink)
        ax.text(*flat[k], place, c=ink, size=13, ha="center", va="center", weight="bold")
    ax.set(aspect="equal", adjustable="datalim", ymargin=0.1,
           xlabel="★ query   ○ five best (orange: the right one)")
    fig.suptitle(title)
    return fig
