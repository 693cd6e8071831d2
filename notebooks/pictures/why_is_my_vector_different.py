"""The pictures of 09."""
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from pictures.paper import ORANGE, paper


def tests(distances: np.ndarray, programs: list[str], names: list[str], title: str) -> Figure:
    """A row for each program, a column for each test: white is rounding, orange is far.

    `distances`: (programs, names), each a largest difference; below 1e-5 the cell says "same".
    """
    fig, ax = paper(12.8, 7.2, size=14, layout="tight")
    steps = np.clip(np.log10(np.maximum(distances, 1e-9)) + 5, 0, 5) / 5     # 1e-5 … 1: 0 … 1
    ax.pcolormesh(steps, cmap=LinearSegmentedColormap.from_list("", ["white", ORANGE]),
                  vmin=0, vmax=1.3, ec="#D4D4D4")
    for (row, column), off in np.ndenumerate(distances):
        said = "same" if off < 1e-5 else f"{off:.5f}" if off < 0.001 else f"{off:.3f}"
        ax.text(column + 0.5, row + 0.5, said, ha="center", va="center_baseline",
                weight="normal" if off < 1e-5 else "bold")
    ax.set_yticks(np.arange(len(programs)) + 0.5, programs)
    ax.set_xticks(np.arange(len(names)) + 0.5, names)
    ax.tick_params(length=0)
    ax.xaxis.tick_top()
    ax.set(ylim=(len(programs), 0))
    ax.set_title(title, weight="bold", pad=14)
    return fig
