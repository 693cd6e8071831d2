"""The pictures of 10."""
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, PALE, paper


def readings(pieces: list[str], ids: list[int], hidden: np.ndarray, dense: np.ndarray) -> Figure:
    """The last hidden state (T, D) at the left, 40 of D columns; at the right the three outputs."""
    (T, D), shades = hidden.shape, LinearSegmentedColormap.from_list("", ["white", BLUE])
    fig, ax = paper(14.5, 6.2, size=18)
    for rows, x, top, high in ((hidden, 1.2, 5, 0.4), (dense[None], 9.5, 5, 0.4),
                               (hidden[1:], 9.5, 1.8, 0.18)):
        ax.imshow(rows[:, :40] / abs(rows[:, :40]).max(), cmap=shades, vmin=-0.6, vmax=0.6,
                  aspect="auto", extent=(x, x + 3.6, top - high * len(rows), top))
    for i, (piece, number) in enumerate(zip(pieces, ids, strict=True)):
        ax.text(1.05, 4.8 - 0.4 * i, piece, ha="right", va="center")
        if 0 < i < T - 1:
            ax.text(9.5 + (i - 1) % 5, 3.2 - 0.4 * ((i - 1) // 5), f"{number}", c=GREY, size=15)
    ax.text(1.2, 5.12, f"last hidden state: {T} × {D}", weight="bold")
    for y, told, how in ((5.12, f"dense: {D} numbers", "the rows are pooled"),
                         (3.6, f"sparse: {T - 2} ids, a weight each", "row → one number"),
                         (1.92, f"multi-vector: {T - 1} × {D}", "row → row")):
        ax.text(9.5, y, told, c=ORANGE, weight="bold")
        ax.annotate(how, (9.3, y - 0.4), (5, y - 0.4), va="center", arrowprops={"arrowstyle": "->"})
    ax.set(xlim=(0, 14.5), ylim=(0, 5.6))
    return fig


def matches(query: list[str], passage: list[str], places: np.ndarray, values: np.ndarray,
            told: dict[str, str], title: str) -> Figure:
    """The query's tokens over the passage's, a line from each to its best; `told` in orange."""
    fig, ax = paper(13.5, 4.6, size=18)
    ax.set(xlim=(-0.12, 1), ylim=(0, 1.05))
    pairs = list(zip(query, np.asarray(places).tolist(), strict=True))
    taken = {place for piece, place in pairs if told.get(piece) == passage[place]}
    above, below = _in_a_row(ax, query), _in_a_row(ax, passage)
    for x, (piece, place), value in zip(above, pairs, np.asarray(values), strict=True):
        ink, width = (ORANGE, 4) if told.get(piece) == passage[place] else (GREY, 1.5)
        ax.plot([x, below[place]], [0.82, 0.16], c=ink, lw=width, zorder=width)
        ax.text(x, 0.86, piece, c=ink if width == 4 else "black", ha="center", weight="bold")
        ax.text(x, 0.97, f"{value:.2f}", c=ink, ha="center")
    for i, (x, piece) in enumerate(zip(below, passage, strict=True)):
        ink = ORANGE if i in taken else "black" if i in places else GREY
        ax.text(x, 0.04, piece, c=ink, ha="center", weight="bold" if i in taken else None)
    for y, label in {0.97: "cosine", 0.86: "question", 0.04: "passage"}.items():
        ax.text(-0.02, y, label, c=GREY, ha="right")
    ax.set_title(title, weight="bold")
    return fig


def _in_a_row(ax: object, pieces: list[str]) -> np.ndarray:
    """The middles of pieces that stand side by side from 0 to 1, with equal gaps: (n,)."""
    drawn = [ax.text(0, 0, piece, weight="bold", alpha=0) for piece in pieces]
    widths = np.array([text.get_window_extent().width for text in drawn])
    widths *= np.ptp(ax.get_xlim()) / ax.bbox.width                     # in the units of the axis
    gap = (1 - widths.sum()) / (len(pieces) - 1)
    return np.cumsum(widths + gap) - gap - widths / 2


def dial(mixing: list[float], rates: dict[str, dict[str, np.ndarray]],
         chosen: dict[str, list[float]], title: str) -> Figure:
    """A panel per mixture, a line per kind: what is found, (W,). A dot: a chosen weight."""
    fig, axes = paper(15, 6, columns=len(rates), size=18, layout="constrained")
    for ax, (name, lines) in zip(axes, rates.items(), strict=True):
        ends, steps = np.array([rate[-1] for rate in lines.values()]), 0.075 * np.arange(len(lines))
        order = ends.argsort(kind="stable")                 # labels: at least 0.075 apart, below 1
        up = np.minimum(np.maximum.accumulate(ends[order] - steps) + steps, 1) - steps
        ends[order] = np.minimum.accumulate(up[::-1])[::-1] + steps
        inks, dashes = [ORANGE, BLUE, GREY, GREY, BLUE, "black"], ["-", "-", "-", ":", "--", "-"]
        for (kind, rate), ink, dash, y in zip(lines.items(), inks, dashes, ends, strict=True):
            ax.plot(mixing, rate, dash, c=ink, lw=3 + 2 * (kind == "all"), clip_on=False)
            ax.text(1.03, y, kind, c=ink, va="center")
        ax.plot(chosen[name], np.interp(chosen[name], mixing, lines["all"]), "ko", ms=14)
        ax.set(xlim=(0, 1), ylim=(0, 1.03), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
        ax.set(xlabel=f"mixing weight of {name}", ylabel="fraction found")
        ax.grid(c=PALE)
    fig.suptitle(title, weight="bold")
    return fig
