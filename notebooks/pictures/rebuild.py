"""The pictures of 07."""
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, paper


def batch(mask: np.ndarray, names: list[str], title: str) -> Figure:
    """A bar for each text of a batch, blue where `mask`, (B, T), is 1; `names`: of the B texts."""
    B, T = mask.shape
    fig, ax = paper(11, 5, size=16)
    ax.imshow(np.asarray(mask), cmap=ListedColormap(["#EEEEEE", BLUE]), vmin=0, vmax=1,
              aspect="auto", interpolation="nearest", extent=(0, T, B, 0))
    ax.hlines(range(1, B), 0, T, colors="white", lw=3)
    ax.text(T / 2, B / 2 - 0.5, "padding, and the plain mean counts it", size=19, c=ORANGE,
            ha="center", va="center")
    ax.set(yticks=np.arange(B) + 0.5, yticklabels=names)
    ax.set_xticks([0, T], ["token 1", T])
    ax.tick_params(length=0)
    ax.set_title(title, weight="bold")
    return fig


def errors(off: np.ndarray, right: np.ndarray, texts: list[str], ways: list[str],
           title: str) -> Figure:
    """A row for each text and a column for each way to embed it; row 0's passes are large.

    `off`: (texts, ways), the largest difference. `right`: (texts, ways) of bool.
    """
    fig, ax = paper(11, 7.4, size=15)
    ax.imshow(~np.asarray(right), cmap=ListedColormap(["white", "#FCE3C8"]), aspect="auto",
              vmin=0, vmax=1)
    ax.axhline(0.5, c="black", lw=1)
    for (row, column), x in np.ndenumerate(np.asarray(off)):
        loud = right[row, column] and row == 0 < column
        ax.text(column, row, "right" if right[row, column] else f"{x:.1g}", ha="center",
                va="center", size=20 if loud else 15, c=ORANGE if loud else "black")
    ax.set_yticks(range(len(texts)), texts)
    ax.set_xticks(range(len(ways)), ["\n".join(way.rsplit(" ", 1)) for way in ways])
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    ax.set_title(title, weight="bold", x=0.4, pad=12)
    ax.set_xlabel("numbers: the largest difference from LangChain's", c=GREY, x=0.4)
    return fig
