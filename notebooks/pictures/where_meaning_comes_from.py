"""The pictures of 11."""
import numpy as np
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, PALE, paper


def company(cosines: np.ndarray, words: list[str], title: str) -> Figure:
    """The cosine of every word with every other, (W, W); partners stand beside each other."""
    fig, ax = paper(11.5, 7, size=14, layout="constrained")
    inks = ax.pcolormesh(np.asarray(cosines), cmap="cividis", vmin=0, vmax=1, ec="white")
    for i in range(0, len(words), 2):
        ax.plot([i, i + 2, i + 2, i, i], [i, i, i + 2, i + 2, i], c=ORANGE, lw=3, clip_on=False)
    places = np.arange(len(words)) + 0.5
    ax.set_xticks(places, words, rotation=90)
    ax.set_yticks(places, words)
    ax.tick_params(length=0)
    ax.set(ylim=(len(words), 0))
    ax.set_title(title, weight="bold", size=17)
    fig.colorbar(inks, ax=ax, label="cosine of two words (0 or less: dark)")
    return fig


def moves(moments: dict[str, np.ndarray], words: list[str], title: str) -> Figure:
    """A row for each word, a dot for each moment; right of the line its own page is the nearest.

    `moments`: (W,) each, the cosine with the own page minus that with the nearest other page.
    """
    fig, ax = paper(12, 7, size=14, layout="constrained")
    margins = np.array([*moments.values()])                             # (moments, W)
    order = margins[-1].argsort()
    ax.axvline(0, c="black", lw=2)
    for y, i in enumerate(order):
        ink = BLUE if margins[-1, i] > 0 else ORANGE
        ax.plot(margins[:, i], [y] * len(margins), c=PALE, lw=3, zorder=1)
        for x, size, fill in zip(margins[:, i], (60, 60, 130), ("white", PALE, ink), strict=True):
            ax.scatter(x, y, size, fill, ec=GREY if fill != ink else ink, lw=2, zorder=2)
    ax.set_yticks(range(len(words)), [words[i] for i in order])
    for name, x in zip(moments, margins[:, order[-1]], strict=True):
        ax.text(x, len(words) - 0.3, name, ha="center", c=GREY)
    ax.text(-0.005, -1.3, "← another page is nearer", ha="right", va="center", c=ORANGE)
    ax.text(0.005, -1.3, "its own page is the nearest →", va="center", c=BLUE)
    ax.set(ylim=(-1.8, len(words) + 0.4), xticks=[-0.2, -0.1, 0, 0.1, 0.2],
           xlabel="cosine with its own page, minus the cosine with the nearest other page")
    ax.tick_params(axis="y", length=0)
    ax.set_title(title, weight="bold", size=17)
    return fig


def spread(models: dict[str, tuple], line: float, title: str) -> Figure:
    """For each model a histogram of its wrong pairs' cosines, (n,), and of its right ones, (m,)."""
    fig, axes = paper(12, 6.4, rows=len(models), size=15, layout="constrained", sharex=True)
    bins = np.linspace(-0.2, 1, 61)
    for ax, (name, (right, wrong)) in zip(axes, models.items(), strict=True):
        near = np.median(right) - np.median(wrong) < 0.2                # no room side by side
        for y, cosines, ink, said in ((0.7, wrong, GREY, "wrong pairs"),
                                      (0.3, right, BLUE, "right pairs")):
            heights, _ = np.histogram(cosines, bins)
            ax.bar(bins[:-1], heights / heights.max(), np.diff(bins), align="edge", color=ink,
                   alpha=0.55)
            at = (np.median(wrong) - 0.045, y) if near else (np.median(cosines), 1.04)
            ax.text(*at, said, c=ink, ha="right" if near else "center", weight="bold")
        ax.axvline(line, c=ORANGE, ls="--", lw=3)
        ax.set(ylim=(0, 1.3), xlim=(-0.2, 1))
        ax.set_ylabel(name, rotation=0, ha="right", va="center", weight="bold")
    axes[-1].set(xticks=[0, 0.2, 0.4, 0.6, 0.8, 1],
                 xlabel="cosine (each histogram has its own height)")
    axes[0].text(line, 1.04, f"{line:g} ", c=ORANGE, ha="right", weight="bold")
    fig.suptitle(title, weight="bold", size=17)
    return fig
