"""The pictures of 05."""
import numpy as np
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, PALE, paper


def pooled(hidden: np.ndarray, mask: np.ndarray, vectors: dict[str, np.ndarray],
           title: str) -> Figure:
    """Texts as boxes of numbers, once for each pooling: what it takes is orange, what comes blue.

    `hidden`: (B, T, 2). `mask`: (B, T). `vectors`: (b, 2) for each pooling; from text b on: "?".
    """
    fig, ax = paper(13, 5.2, size=19, layout="tight")
    for i, (text, real) in enumerate(zip(np.asarray(hidden), np.asarray(mask) == 1, strict=True)):
        ax.text(-4.9, 3.9 * i + 1, f"text {i}", weight="bold", va="center")
        for t, name in enumerate(np.where(real, [f"token {t}" for t in range(3)], "padding")):
            ax.text(-0.8, 3.9 * i + t, name, ha="right", va="center")
        for j, (name, known) in enumerate(vectors.items()):
            ax.text(5.3 * j + 1.7, -1.1, name, weight="bold", ha="center", va="center")
            vector = np.append(known, [[np.nan] * 2] * 2, axis=0)[i]        # (2,)
            taken = _taken(name, text, real, vector)                        # (T, 2)
            for (t, d), number in np.ndenumerate(text):
                _box(ax, 5.3 * j + d, 3.9 * i + t, number, ORANGE if taken[t, d] else PALE, real[t])
            for d, number in enumerate(vector):
                _box(ax, 5.3 * j + 2.4 + d, 3.9 * i + 1, number, BLUE)
    ax.set(xlim=(-5, 20), ylim=(6.5, -1.7))
    ax.set_title(title, weight="bold")
    return fig


def _taken(name, text, real, vector):
    at = np.flatnonzero(real)
    rows = np.isin(np.arange(len(text)), {"cls": at[:1], "last": at[-1:]}.get(name, at))
    return rows[:, None] & ((text == vector) | (name != "max")) & ~np.isnan(vector)


def _box(ax, x, y, number, fill, real=True):
    back = "white" if np.isnan(number) else fill
    ax.barh(y, 0.94, 0.86, left=x - 0.47, fc=back, ec=BLUE if fill == BLUE else GREY, ls="--",
            lw=2 * (back == "white"), hatch="" if real else "//")
    ink = {"white": BLUE, PALE: "black"}.get(back, "white")
    said = f"{number:g}".replace("-", "−").replace("nan", "?")
    ax.text(x, y, said, c=ink, ha="center", va="center_baseline")


def bell(shares: np.ndarray, whole: float, ends: np.ndarray, title: str) -> Figure:
    """How often each share came in the draws, (draws,): blue between the ends, (2,); a line."""
    fig, ax = paper(10, 4, size=17)
    at, count = np.unique(np.round(shares, 6), return_counts=True)
    inside, top = (at > ends[0] - 1e-6) & (at < ends[1] + 1e-6), count.max()
    width = 0.85 * np.diff(at, append=at[-1] + 0.05).min()
    ax.bar(at, count, width, color=np.where(inside, BLUE, PALE))
    for end, side in zip(ends, ["right", "left"], strict=True):
        ax.text(end, 0.17 * top, f" {end:.2f} ", c=BLUE, ha=side, weight="bold")
    ax.vlines(whole, 0, 1.06 * top, colors="black", lw=2)
    ax.text(whole, 1.1 * top, f"our questions: {whole:.2f}", ha="center")
    ticks = np.arange(np.ceil(20 * at[0]), 20 * at[-1]) / 20
    ax.set(xlabel="share found in each draw", ylim=(0, 1.25 * top), xticks=ticks)
    ax.set_title(title, c=BLUE, weight="bold")
    return fig


def intervals(dots: dict[str, tuple], title: str) -> Figure:
    """For each name a dot on its interval (value, low, high); grey where it includes 0."""
    fig, ax = paper(12, 1.6 + 0.45 * len(dots), size=16)
    start, edge = min(low for _, low, _ in dots.values()), max(0, *(x[2] for x in dots.values()))
    ax.axvline(0, c="black", lw=2)
    for y, (value, low, high) in enumerate(dots.values()):
        ink = GREY if low <= 0 <= high else ORANGE
        ax.plot([low, high], [y, y], c=ink, lw=5)
        ax.plot(value, y, "o", ms=12, c=ink)
        said = f"{value:.2f} [{low:.2f}, {high:.2f}]".replace("-", "−")
        ax.text(edge - start / 20, y, said, c=ink, va="center")
    ax.set(yticks=range(len(dots)), yticklabels=dots, ylim=(len(dots) - 0.5, -0.5),
           xticks=np.arange(np.ceil(10 * start), 1) / 10,
           xlabel="← finds fewer (difference of the shares)")
    ax.tick_params(length=0)
    ax.set_title(title, c=ORANGE, weight="bold")
    return fig
