"""The pictures of 11."""
import numpy as np
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, PALE, paper


def company(cosines: np.ndarray, words: list[str], title: str) -> Figure:
    """The cosine of every word with every other, (W, W); partners stand beside each other."""
    fig, ax = paper(11, 8.6, size=15, layout="constrained")
    inks = ax.pcolormesh(np.asarray(cosines), cmap="cividis", vmin=0, vmax=1, ec="white")
    for i in range(0, len(words), 2):
        ax.plot([i, i + 2, i + 2, i, i], [i, i, i + 2, i + 2, i], c=ORANGE, lw=3, clip_on=False)
    places = np.arange(len(words)) + 0.5
    ax.set_xticks(places, words, rotation=90)
    ax.set_yticks(places, words)
    ax.tick_params(length=0)
    ax.set(ylim=(len(words), 0), aspect="equal")
    ax.set_title(title, weight="bold", size=17)
    fig.colorbar(inks, ax=ax, label="cosine of two words (0 or less: dark)", shrink=0.8)
    return fig


def moves(moments: dict[str, np.ndarray], words: list[str], named: dict[str, str],
          title: str) -> Figure:
    """A panel for each moment: (W, P) cosines of words with pages; page i is right for word i.

    To the right: nearer to the right page. Over the line: a wrong page is nearer still.
    `named`: the words that get a name, each with what it means.
    """
    fig, axes = paper(13, 5.6, columns=len(moments), size=15, layout="constrained",
                      sharex=True, sharey=True)
    for ax, (moment, cosines) in zip(axes, moments.items(), strict=True):
        cosines = np.asarray(cosines)
        right = cosines.diagonal()                                      # (W,)
        wrong = np.where(np.eye(len(cosines)), -1, cosines).max(axis=1)
        ax.fill([-0.2, 0.8, -0.2], [-0.2, 0.8, 0.8], c=PALE, lw=0)
        ax.scatter(right, wrong, 60, c=np.where(right > wrong, BLUE, ORANGE))
        for word, means in named.items():
            x, y = right[words.index(word)], wrong[words.index(word)]
            ax.annotate(f"{word}\n({means})", (x, y), (6, 5), textcoords="offset points",
                        c=BLUE if x > y else ORANGE, size=13, linespacing=0.9)
        ax.text(-0.17, 0.72, "a wrong page\nis nearer", c=GREY, va="top")
        ax.text(0.78, -0.17, "found", c=GREY, ha="right")
        ax.set_title(f"{moment}: {(right > wrong).sum()} of {len(right)} found", size=16)
        ax.set(xlim=(-0.2, 0.8), ylim=(-0.2, 0.8), aspect="equal", xticks=[0, 0.4, 0.8],
               yticks=[0, 0.4, 0.8])
        ax.set_xlabel("cosine with its own page")
    axes[0].set_ylabel("cosine with the nearest other page")
    fig.suptitle(title, weight="bold", size=17)
    return fig


def spread(models: dict[str, tuple], line: float, title: str) -> Figure:
    """For each model a histogram of its wrong pairs' cosines, (n,), and of its right ones, (m,)."""
    fig, axes = paper(12, 6.4, rows=len(models), size=15, layout="constrained", sharex=True)
    bins = np.linspace(-0.2, 1, 61)
    for ax, (name, (right, wrong)) in zip(axes, models.items(), strict=True):
        for cosines, ink, said in (wrong, GREY, "wrong pairs"), (right, BLUE, "right pairs"):
            heights, _ = np.histogram(cosines, bins)
            heights = heights / heights.max()
            ax.bar(bins[:-1], heights, np.diff(bins), align="edge", color=ink, alpha=0.55)
            ax.text(np.median(cosines), 1.04, said, c=ink, ha="center", weight="bold")
        ax.axvline(line, c=ORANGE, ls="--", lw=3)
        ax.set(ylim=(0, 1.3), xlim=(-0.2, 1))
        ax.set_ylabel(name, rotation=0, ha="right", va="center", weight="bold")
    axes[-1].set(xticks=[0, 0.2, 0.4, 0.6, 0.8, 1], xlabel="cosine")
    axes[0].text(line, 1.04, f"{line:g} ", c=ORANGE, ha="right", weight="bold")
    fig.suptitle(title, weight="bold", size=17)
    return fig
