"""The pictures of 00."""
import numpy as np
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, PALE, paper


def squares(was: np.ndarray, now: np.ndarray, groups: dict[str, np.ndarray], title: str) -> Figure:
    """A square for each question, a row for each kind of question: kept, lost, found only now.

    `was`, `now`: (n,) of bool, found before and now. `groups`: kind -> (n,) of bool.
    """
    fates = np.select([was & now, was, now], [0, 1, 2], 3)
    fill, edge = np.array([BLUE, ORANGE, "white", PALE]), np.array([BLUE, ORANGE, BLUE, PALE])
    fig, ax = paper(11, 4.8, size=17)
    for y, some in enumerate(groups.values()):
        row, at = np.sort(fates[some]), np.arange(some.sum())
        ax.scatter(at // 2, at % 2 + 3.4 * y, 170, fill[row], ec=edge[row], lw=2, marker="s")
    for x, y, name, ink in [(4, -1.2, "kept", BLUE), (12.5, -1.2, "lost", ORANGE),
                            (17, 2.2, "found only now", BLUE), (21.5, -1.2, "never found", GREY)]:
        ax.text(x, y, name, c=ink, ha="center", va="center")
    ax.text(-0.4, 12.6, "a square is a question", c=GREY, ha="left", va="center")
    ax.set(yticks=3.4 * np.arange(len(groups)) + 0.5, yticklabels=groups, ylim=(13, -2))
    ax.tick_params(length=0)
    ax.set_title(title, weight="bold", x=0.42)
    return fig


def sheets(states: np.ndarray, masks: np.ndarray, means: np.ndarray, pieces: list[list[str]],
           title: str) -> Figure:
    """Two texts, a row for each token and its first 24 numbers; padding crossed out; their means.

    `states`: (2, T, D). `masks`: (2, T), 0 for padding. `means`: (2, D). `pieces`: T for each text.
    """
    fig, axes = paper(11, 4.6, columns=2, size=17, layout="tight")
    for i, ax in enumerate(axes):
        _sheet(ax, states[i, :, :24], means[i, :24], masks[i])
        T = len(pieces[i])
        ax.set_yticks([*np.arange(T) + 0.5, T + 1.5], [*pieces[i], "mean"])
        ax.tick_params(length=0)
        ax.set(xlim=(0, 36), ylim=(T + 2.2, -1.1))
        ax.set_title(f"text {i}", x=0.33, y=0.88)
    axes[0].set_xlabel(f"24 of D = {states.shape[2]} numbers", x=0.33)
    axes[1].set_xlabel("red positive, blue negative", x=0.33)
    fig.suptitle(title, weight="bold")
    return fig


def _sheet(ax, rows, mean, mask):
    T, look = len(rows), {"vmin": -0.6, "vmax": 0.6, "aspect": "auto", "cmap": "RdBu_r"}
    ax.imshow(rows, extent=(0, 24, T, 0), **look)
    ax.imshow(mean[None], extent=(0, 24, T + 2, T + 1), **look)
    for t, text in enumerate(["mask", *mask.tolist()]):
        ax.text(26, t - 0.5, text, ha="center", va="center")
    real, padding = np.flatnonzero(mask), np.flatnonzero(mask == 0)
    ax.barh(padding + 0.5, 24, 1, fc="#ffffffb0", ec="#555555", hatch="//", lw=0)
    ends = np.array([real[0], real[0], real[-1] + 1, real[-1] + 1])
    ax.plot([28, 29, 29, 28], ends + [0.1, 0.1, -0.1, -0.1], c=ORANGE, lw=4)
    ax.text(25, T + 1.5, f"{len(real)} rows ÷ {len(real)}", c=ORANGE, va="center")
