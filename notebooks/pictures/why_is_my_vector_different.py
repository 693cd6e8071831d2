"""The pictures of 09."""
import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, PALE, paper

LIMITS = (1e-5, 1e-3, 0.06)         # between the sizes of a difference, each with its own colour
SHADES = ["white", to_rgba(ORANGE, 0.15), to_rgba(ORANGE, 0.45), ORANGE]


def tests(distances: np.ndarray, programs: list[str], names: list[str], title: str,
          groups: dict[str, int] | None = None) -> Figure:
    """A row for each program, a column for each test; the darker, the larger the difference.

    `distances`: (programs, names); the last column is a norm's, and stands apart in grey.
    `groups`: a verdict, and how many rows in turn it is said of.
    """
    fig, ax = paper(12.8, 6.6, size=13, layout="tight")
    last, sizes = len(names) - 1, np.digitize(distances, LIMITS)
    for (row, column), off in np.ndenumerate(distances):
        x, size = column + 0.2 * (column == last), sizes[row, column]
        fill = SHADES[size] if column < last else [*["white"], *[PALE] * 3][size]
        ax.fill_between([x, x + 1], row, row + 1, fc=fill, ec=PALE)
        said = "same" if off < LIMITS[0] else f"{off:.5f}" if off < LIMITS[1] else f"{off:.3f}"
        ax.text(x + 0.5, row + 0.52, said, ha="center", va="center_baseline",
                c="white" if size == 3 and column < last else "black" if size else GREY)
    ax.set_yticks(np.arange(len(programs)) + 0.5, programs)
    ax.set_xticks(np.arange(len(names)) + 0.5 + 0.2 * (np.arange(len(names)) == last), names)
    ax.tick_params(length=0)
    ax.xaxis.tick_top()
    first = 0
    for verdict, rows in (groups or {}).items():
        ax.plot([last + 1.3] * 2, [first + 0.12, first + rows - 0.12], c=BLUE, lw=4)
        ax.text(last + 1.4, first + rows / 2, verdict, va="center", c=BLUE, weight="bold")
        first += rows
    for size, words in enumerate(["same: below 0.00001", "below 0.001", "below 0.06", "above"]):
        at = [0, 2.3, 3.8, 5.2][size]
        ax.fill_between([at, at + 0.25], len(programs) + 0.35, len(programs) + 0.85,
                        fc=SHADES[size], ec=GREY)
        ax.text(at + 0.33, len(programs) + 0.62, words, va="center")
    ax.set(xlim=(0, last + (3.6 if groups else 1.25)), ylim=(len(programs) + 0.95, -0.02))
    ax.set_title(title, weight="bold", pad=12)
    return fig


def strips(whole: int, rows: list[tuple[str, int, list[str]]], lost: str, title: str) -> Figure:
    """What each program reads of `whole` tokens: a bar, and its last pieces enlarged.

    `rows`: (program, tokens that it reads, its last three pieces); `lost`: the piece that should
    end each.
    """
    fig, ax = paper(12.8, 4.8, size=14, layout="tight")
    for row, (name, read, pieces) in enumerate(rows):
        ax.text(0, row - 0.36, name, weight="bold")
        ax.barh(row, 7, 0.34, 0, align="center", color=PALE)
        ax.barh(row, 7 * read / whole, 0.34, 0, align="center", color=BLUE)
        ax.text(3.5 * read / whole, row + 0.02, f"{read} tokens", c="white", ha="center",
                va="center")
        shown = pieces if pieces[-1] == lost else [*pieces[1:], lost]
        for place, piece in enumerate(shown):
            gone = piece == lost and pieces[-1] != lost
            ink = ORANGE if gone else BLUE
            ax.text(8.35 + 1.25 * place, row, piece, ha="center", va="center", c=ink,
                    bbox={"boxstyle": "round,pad=0.35", "fc": "white", "ec": ink,
                          "lw": 2, "ls": "--" if gone else "-"})
            if gone:
                ax.text(8.35 + 1.25 * place, row + 0.36, "cut off", c=ORANGE, ha="center",
                        va="center", weight="bold")
                ax.plot(np.array([7.95, 8.75]) + 1.25 * place, [row] * 2, c=ORANGE, lw=2, zorder=9)
        ax.text(7.5, row, "…", ha="center", va="center")
    ax.text(7, -0.3, f"the letter: {whole}", ha="right", c=GREY)
    ax.text(9.6, -0.5, "its last tokens", ha="center", weight="bold")
    ax.set(xlim=(0, 11.6), ylim=(len(rows) - 0.4, -0.75))
    ax.set_title(title, weight="bold")
    return fig
