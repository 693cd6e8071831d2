"""The pictures of 03."""
import numpy as np
from matplotlib.figure import Figure

from pictures.paper import ORANGE, PALE, paper


def states(hidden: tuple, pieces: list[str], title: str, pooled: object = None) -> Figure:
    """12 numbers of every token, each row on its own scale, before layer 1 and after the layers.

    `hidden`: L + 1 times (1, T, D). `pieces`: T. `pooled`: (1, D), or None without a pooler.
    """
    fig, ax = paper(14, 4.4)
    last, T = len(hidden) - 1, len(pieces)
    shown = [*range(0, last, -(-last // 6)), last]
    for x, i in enumerate(shown):
        _block(ax, 22 * x, hidden[i][0], T, f"hidden_\nstates[{i}]")
        if x:
            first = shown[x - 1] + 1
            _arrow(ax, 22 * x, T / 2, 10, "layer", i if first == i else f"{first}–{i}")
    ax.plot(22 * x + np.array([0, 12, 12, 0, 0]), [0, 0, T, T, 0], c=ORANGE, lw=5)
    ax.text(22 * x + 6, T + 1.55, "= last_\nhidden_state", c=ORANGE, ha="center", va="top")
    if pooled is not None:
        _block(ax, 22 * x + 28, pooled, 1, "pooler_\noutput")
        _arrow(ax, 22 * x + 28, 0.5, 16, "dense", "+ tanh")
    ax.set(yticks=np.arange(T) + 0.5, yticklabels=pieces, ylim=(T + 3, -0.3),
           xlim=(-2, 22 * x + 42), xlabel="12 numbers of each row: red positive, blue negative")
    return _titled(ax, title)


def _block(ax, x, rows, low, name):
    look = {"cmap": "RdBu_r", "clim": (-2, 2), "aspect": "auto", "extent": (x, x + 12, low, 0)}
    ax.imshow(np.asarray(rows)[:, :12] / np.std(np.asarray(rows)[:, :12], 1, keepdims=True), **look)
    ax.text(x + 6, low + 0.2, name, ha="center", va="top")


def _arrow(ax, x, y, long, over, under):
    ax.annotate("", (x - 0.5, y), (x + 0.5 - long, y), arrowprops={"arrowstyle": "->", "lw": 2})
    ax.text(x - long / 2, y - 0.15, over, ha="center", va="bottom", size=13)
    ax.text(x - long / 2, y + 0.2, under, ha="center", va="top", size=13)


def _titled(ax, title, **how):
    ax.tick_params(length=0)
    return ax.set_title(title, weight="bold", **how).figure


def matrix(cosines: object, near: object, names: list, halves: list, title: str) -> Figure:
    """Cosines of n rows, (n, n), in two named halves; a dot at the nearest of each row, (n,)."""
    n, table = len(names), np.where(np.eye(len(names)), np.nan, cosines)
    ax = paper(11, 7.4)[1]
    ends = np.nanmean(table) + np.nanstd(table) * np.array([-2, 0, 2])
    image = ax.imshow(table, "PuOr_r", vmin=ends[0], vmax=ends[2])
    ax.figure.colorbar(image, shrink=0.35, ticks=ends, format="%.2f", extend="both", pad=0.02)
    ax.scatter(near, range(n), 110, "black", ec="white")
    for x, line, half in zip([n / 4, 3 * n / 4], [ax.axhline, ax.axvline], halves, strict=True):
        line(n / 2 - 0.5, c="white", lw=7)
        ax.text(x - 0.5, n + 0.9, half, c=ORANGE, ha="center", va="center", weight="bold")
    ax.set_xticks(range(n), range(1, n + 1))
    ax.set_yticks(range(n), [f"{name}  {i}" for i, name in enumerate(names, 1)])
    return _titled(ax, title)


def bars(rows: object, names: list, lit: list, titles: list, luck: str = "") -> Figure:
    """R rows of n bars, (R, n), one of each orange; a far higher one is cut. `luck`: 7.5, named."""
    n, R = len(names), len(rows)
    axes = paper(12, 1.2 + 2.9 * R, rows=R, squeeze=False, layout="tight")[1][:, 0]
    for ax, row, i, title in zip(axes, np.abs(rows), lit, titles, strict=True):
        at, top = np.arange(n), 1.3 * float(row[i])
        drawn = ax.bar(at, np.minimum(row, top), color=np.where(at == i, ORANGE, PALE))
        cut = ax.bar(at, np.where(row > top, 0.12 * top, 0), bottom=0.7 * top, color="white")
        ax.bar_label(cut, np.where(row > top, "cut", ""), label_type="center")
        ax.bar_label(drawn, [f"{x:.3f}" if max(row) < 1 else x for x in row], padding=2)
        ax.set_xticks(at, names)
        _titled(ax, title, loc="left", pad=18)
        if luck:
            ax.hlines(7.5, -0.5, n - 0.5, "black", lw=2, ls="--")
            ax.text(n - 0.4, 7.5, luck, va="center")
    return ax.figure
