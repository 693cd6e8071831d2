"""The pictures of 09."""
import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, PALE, paper

SIZES = {"same: < 0.00001": (0, "white"), "below 0.001": (1e-5, to_rgba(ORANGE, 0.15)),
         "below 0.06": (1e-3, to_rgba(ORANGE, 0.45)), "above": (0.06, ORANGE)}
VERDICTS = {"reproduced": BLUE, "setting changed": to_rgba(BLUE, 0.3),
            "partly known": to_rgba(ORANGE, 0.35), "open": ORANGE}


def tests(distances: np.ndarray, programs: list[str], names: list[str], title: str) -> Figure:
    """A row for each program, a column for each test; the darker, the larger the difference."""
    least, fills = zip(*SIZES.values(), strict=True)
    sizes = np.digitize(distances, least) - 1                           # (programs, names)
    said = [["same" if size == 0 else f"{off:.5f}" if size == 1 else f"{off:.3f}"
             for off, size in zip(*row, strict=True)]
            for row in zip(distances, sizes, strict=True)]
    filled = [[fills[size] for size in row] for row in sizes]
    return _table(said, filled, programs, names, dict(zip(SIZES, fills, strict=True)), title)


def verdicts(steps: list[list[tuple]], programs: list[str], texts: list[str], title: str) -> Figure:
    """What makes a vector different, (verdict, step) for each program and text."""
    filled = [[VERDICTS.get(verdict, "white") for verdict, _ in row] for row in steps]
    return _table([[step for _, step in row] for row in steps], filled, programs, texts, VERDICTS,
                  title)


def _table(said: list, filled: list, rows: list, columns: list, key: dict, title: str) -> Figure:
    """Boxes with what is `said` in them, each `filled` with a colour; `key`: {words: colour}."""
    fig, ax = paper(12.8, 6.6, size=14, layout="tight")
    last, wide = len(rows), len(columns)
    for (row, column), words in np.ndenumerate(said):
        fill = filled[row][column]
        ax.fill_between([column, column + 1], row, row + 1, fc=fill, ec=PALE, lw=1)
        ax.text(column + 0.5, row + 0.52, words, ha="center", va="center_baseline",
                c="white" if fill in (ORANGE, BLUE) else GREY if words == "same" else "black")
    for place, (words, fill) in enumerate(key.items()):
        x = wide * np.array([place, place + 0.1, place + 0.13]) / len(key)
        ax.fill_between(x[:2], last + 0.35, last + 0.85, fc=fill, ec=GREY)
        ax.text(x[2], last + 0.62, words, va="center")
    ax.set(yticks=np.arange(last) + 0.5, yticklabels=rows)
    ax.set(xticks=np.arange(wide) + 0.5, xticklabels=columns)
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    ax.set(xlim=(0, wide), ylim=(last + 0.95, -0.02))
    ax.set_title(title, weight="bold", pad=12)
    return fig


def strips(whole: int, rows: list[tuple[str, int, list[str]]], lost: str, title: str) -> Figure:
    """What each program reads of `whole` tokens: (its name, how many, its last pieces) of `rows`.

    `lost`: the piece that should end each.
    """
    fig, ax = paper(12.8, 4.8, size=14, layout="tight")
    for row, (name, read, pieces) in enumerate(rows):
        ax.text(0, row - 0.36, name, weight="bold")
        ax.barh(row, 7, 0.34, 0, align="center", color=PALE)
        ax.barh(row, 7 * read / whole, 0.34, 0, align="center", color=BLUE)
        ax.text(3.5 * read / whole, row, f"{read} tokens", c="white", ha="center", va="center")
        shown = pieces if pieces[-1] == lost else [*pieces, lost]
        for place, piece in enumerate(shown):
            gone = piece == lost and pieces[-1] != lost
            ink = ORANGE if gone else BLUE
            ax.text(8.35 + 1.25 * place, row, piece, ha="center", va="center", c=ink, bbox={
                "boxstyle": "round,pad=0.35", "fc": "white", "ec": ink, "lw": 2,
                "ls": "--" if gone else "-"})
            if gone:
                ax.text(8.35 + 1.25 * place, row + 0.36, "cut off", c=ORANGE, ha="center",
                        va="center", weight="bold")
                ax.plot(np.array([7.95, 8.75]) + 1.25 * place, [row] * 2, c=ORANGE, lw=2, zorder=9)
        ax.text(7.5, row, "…", ha="center", va="center")
    ax.text(7, -0.3, f"the letter: {whole}", ha="right", c=GREY)
    ax.text(9.6, -0.5, "its last tokens", ha="center", weight="bold")
    ax.set(xlim=(0, 12.8), ylim=(len(rows) - 0.4, -0.75))
    ax.set_title(title, weight="bold")
    return fig
