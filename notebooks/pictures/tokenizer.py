"""The pictures of 02."""
import numpy as np
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, PALE, paper

LIGHT = "#F4B183"           # orange under black text


def languages(shares: dict[str, dict[str, float]], vocabularies: list[str], names: list[str],
              title: str) -> Figure:
    """A row for each language, and in it what each of two vocabularies takes.

    `shares`: vocabulary -> language -> tokens where English takes 100. `names`: of languages, L.
    """
    fig, ax = paper(11, 5)
    ends = [[shares[vocabulary][name] for name in names] for vocabulary in vocabularies]
    for i, (ink, side, gap) in enumerate([(ORANGE, "left", 16), (BLUE, "right", -16)]):
        ax.plot(ends[i], range(len(names)), "o", c=ink, ms=13)
        for y, x in enumerate(ends[i]):
            ax.text(x + gap, y, f"{x:.0f}", c=ink, ha=side, va="center_baseline")
        ax.text(ends[i][-1], len(names) - 0.6, vocabularies[i], c=ink, ha="center")
    ax.hlines(range(len(names)), *ends, color=PALE, lw=4, zorder=1)
    ax.plot([100, 100], [-0.5, -0.9], c="black")
    ax.text(100, -1.4, "English = 100", ha="center")
    ax.set(xlim=(-20, 1060), ylim=(-1.5, len(names)), yticks=range(len(names)), yticklabels=names)
    ax.tick_params(length=0)
    ax.set_title(title, weight="bold", x=0.45)
    return fig


def ladder(steps: list[tuple[str, list[str]]], title: str) -> Figure:
    """A word's pieces after each merge, a row for each; what is new in a row is orange.

    `steps`: the merge and the N pieces after it, N one less in each; first "" and the letters.
    """
    fig, ax = paper(9, 4.4)
    for y, (merge, pieces) in enumerate(steps):
        ax.text(-0.2, -y, merge, ha="right", va="center")
        ends = np.cumsum([len(piece) for piece in pieces])
        for piece, end in zip(pieces, ends, strict=True):
            ink = PALE if piece in steps[max(y - 1, 0)][1] else LIGHT
            ax.barh(-y, 0.08 - len(piece), 0.7, end - 0.04, color=ink)
            ax.text(end - len(piece) / 2, -y, piece, ha="center", va="center", size=19)
    ax.set(xlim=(-1.8, 6.1))
    ax.set_title(title, weight="bold", x=0.61)
    return fig


def lattice(word: str, scores: dict[str, float], sums: list[dict[str, float]], cut: list[str],
            title: str) -> Figure:
    """A word of T letters, an arc over it for each piece with its score; the cutting is orange.

    `sums`: T times, piece that ends there -> the best sum with it. `cut`: the best N pieces.
    """
    fig, ax = paper(11.5, 5.6)
    ax.set(xlim=(-0.3, 7.5), ylim=(-3, 5.3))
    chosen = set(zip(np.cumsum([len(piece) for piece in cut]).tolist(), cut, strict=True))
    for end, found in enumerate(sums, 1):
        ax.text(end - 0.5, -0.5, word[end - 1], ha="center", size=24)
        for row, piece in enumerate(sorted(found, key=found.get, reverse=True)):
            ink = {"color": GREY} if row else {"weight": "bold"}
            ax.text(end, -1.25 - 0.55 * row, f"{piece} {found[piece]:g}", ha="center", **ink)
            _arc(ax, end, piece, scores[piece], (end, piece) in chosen)
    fig.suptitle(title, weight="bold")
    return fig


def _arc(ax, end, piece, score, chosen):
    ink, width = (ORANGE, 3.5) if chosen else (GREY, 1.2)
    turn, size = np.linspace(0, np.pi, 60), len(piece)
    x, white = end - size * (1 + np.cos(turn)) / 2, {"fc": "white", "ec": "none", "pad": 0}
    ax.plot(x, size * np.sin(turn), c=ink, lw=width, clip_on=False, zorder=2 + chosen)
    ax.text(end - size / 2, size, f"{piece} {score:g}", c=ink, ha="center", va="center", bbox=white)
