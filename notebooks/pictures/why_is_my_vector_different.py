"""The pictures of 09."""
import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, PALE, paper

LIMITS = (1e-5, 1e-3, 0.06)         # between the sizes of a difference, each with its own colour
SHADES = ["white", to_rgba(ORANGE, 0.15), to_rgba(ORANGE, 0.45), ORANGE]
CAUSES = {"[SEP]": ORANGE, "limit": to_rgba(ORANGE, 0.35), "GELU": BLUE,    # the first one colours
          "bits": to_rgba(BLUE, 0.25), "fp16": to_rgba(BLUE, 0.25), "instruction": GREY,
          "pooler": to_rgba(GREY, 0.5), "not normalized": PALE}


def tests(distances: np.ndarray, programs: list[str], names: list[str], title: str,
          causes: list[list[str]] | None = None) -> Figure:
    """A row for each program, a column for each test; the darker, the larger the difference.

    `distances`: (programs, names), nan where not run; the last column is a norm's, apart in grey.
    `causes`: what each cell says instead; its colour is then its cause's.
    """
    fig, ax = paper(12.8, 6.6, size=13, layout="tight")
    last = len(names) - 1
    at = np.arange(last + 1) + 0.2 * (np.arange(last + 1) == last)
    for (row, column), off in np.ndenumerate(distances):
        size = np.digitize(off, LIMITS)
        said = "same" if size == 0 else f"{off:.5f}" if size == 1 else f"{off:.3f}"
        said = "not run" if np.isnan(off) else causes[row][column] if causes else said
        fill = SHADES[size] if column < last or size == 0 else to_rgba(GREY, 0.4)
        if causes or np.isnan(off):
            fill = next((CAUSES[name] for name in CAUSES if name in said), "white")
        ax.fill_between([at[column], at[column] + 1], row, row + 1, fc=fill, ec=PALE, lw=1,
                        hatch="///" if np.isnan(off) else None)
        dark = fill in (ORANGE, BLUE, GREY)
        ax.text(at[column] + 0.5, row + 0.52, said, ha="center", va="center_baseline",
                c="white" if dark else GREY if said in ("same", "not run") else "black")
    ax.set_yticks(np.arange(len(programs)) + 0.5, programs)
    ax.set_xticks(at + 0.5, names)
    ax.tick_params(length=0)
    ax.xaxis.tick_top()
    for size, words in enumerate(["same: below 0.00001", "below 0.001", "below 0.06", "above"]):
        x, y = [0, 2.3, 3.8, 5.2][size], len(programs) + np.array([0.35, 0.62, 0.85])
        if not causes:
            ax.fill_between([x, x + 0.25], y[0], y[2], fc=SHADES[size], ec=GREY)
            ax.text(x + 0.33, y[1], words, va="center")
    ax.set(xlim=(0, last + 1.25), ylim=(len(programs) + 0.95 - 0.9 * bool(causes), -0.02))
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
        shown = pieces if pieces[-1] == lost else [*pieces, lost]
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
    ax.set(xlim=(0, 12.8), ylim=(len(rows) - 0.4, -0.75))
    ax.set_title(title, weight="bold")
    return fig
