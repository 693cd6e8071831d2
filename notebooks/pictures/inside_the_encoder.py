"""The pictures of 08."""
import numpy as np
from matplotlib.figure import Figure

from pictures.paper import BLUE, GREY, ORANGE, paper

SKY, SAND = "#cfe8f7", "#fdeccb"        # under black numbers


def layer(D: int, H: int, I: int, L: int) -> Figure:     # noqa: E741
    """The encoder as boxes: embeddings, one layer of L, the last hidden state, with its shapes."""
    fig, ax = paper(13, 4.2, size=15)
    boxes = {0: ("ids", "white", "(B, T)"), 2.4: ("embed", SKY, f"(B, T, {D})"),
             5.3: ("attention", SAND, f"{H} heads of {D // H}"), 7.9: ("add,\nnorm", "white", ""),
             10.5: ("feed-\nforward", SAND, f"{D} → {I} → {D}"), 12.9: ("add,\nnorm", "white", ""),
             15.6: ("last hidden\nstate", SKY, f"(B, T, {D})")}
    for x, (name, fill, note) in boxes.items():
        ax.text(x, 0, name, ha="center", va="center", bbox={"fc": fill, "ec": GREY, "pad": 9})
        ax.text(x, -0.85, note, c=GREY, size=14, ha="center", va="top")
    for a, b in (0.5, 1.6), (3.2, 4.1), (6.5, 7.2), (8.6, 9.5), (11.5, 12.2), (13.6, 14.3):
        ax.annotate("", (b, 0), (a, 0), arrowprops={"arrowstyle": "->", "color": GREY})
    for a, b in (3.6, 7.9), (9, 12.9):
        ax.plot([a, a, b, b, b], [0, 1.2, 1.2, 0.6, 0.6], c=BLUE, lw=2, marker="v", markevery=[4])
        ax.text((a + b) / 2, 1.3, "kept, and added", c=BLUE, ha="center")
    ax.text(8.5, -2.2, f"⟵─── one of {L} layers: (B, T, {D}) in and out ──⟶", c=ORANGE, ha="center")
    ax.set(xlim=(-0.6, 17), ylim=(-2.5, 1.8))
    return fig


def on_paper(tables: dict[str, np.ndarray], tokens: list[str], row: int, said: str) -> Figure:
    """Tables of (T, n) numbers side by side, a row for each token; the one followed is orange."""
    wide, t = [len(table[0]) for table in tables.values()], np.arange(len(tokens)) + 0.5
    fig, axes = paper(13, 3.5, columns=len(tables), width_ratios=wide)
    for ax, (name, table), n in zip(axes, tables.items(), wide, strict=True):
        lit = row if name[0] not in "kv" else None              # key and value: of all tokens
        fill = [["white" if at != lit else SAND] * n for at in range(len(tokens))]
        text = [[f"{x:.2f}".removesuffix(".00").replace("nan", "") for x in line] for line in table]
        ax.table(text, fill, "center", bbox=[0, 0, 1, 1]).set_fontsize(16)
        ax.set_title(name, size=15)
        if n == len(tokens):
            ax.set_xticks(t / n, tokens, size=13)
    axes[0].set_yticks(1 - t / len(tokens), tokens)
    fig.supxlabel(said, c=ORANGE, size=17, y=-0.1)
    return fig


def cut(x: np.ndarray, H: int) -> Figure:
    """What view and transpose do to one text: (T, D) to (T, H, D / H) to (H, T, D / H)."""
    (T, D), n = np.shape(x), len(x[0]) // H
    fig, ax = paper(13, 3.4, size=15)
    for h, fill in enumerate((SKY, SAND)):
        for left, top in (n * h, 0), (6.3 + 2.4 * h, 0), (13.2, 3.4 * h - 1.7):
            grid = ax.table(np.asarray(x, int)[:, n * h:n * h + n], [[fill] * n] * T, "center",
                            bbox=[left, -top - T, n, T], transform=ax.transData)
            grid.auto_set_font_size(False)
            grid.set_fontsize(16)
        ax.text(15.4, -3.4 * h + 0.2, f"head {h}", c=GREY, va="center")
    for at, said in (2, (T, D)), (8.5, f"view → {(T, H, n)}"), (14.2, f"transpose → {(H, T, n)}"):
        ax.text(at, -5.4, said, ha="center", va="top")
    ax.set(xlim=(-0.3, 17), ylim=(-6.2, 1.8))
    return fig


def heat(share: np.ndarray, rows: list[str], columns: list[str], said: str) -> Figure:
    """A table of shares, (R, C), from white (0) to dark blue (1); under 0.5 % they are empty."""
    fig, ax = paper(13, 0.9 + 0.45 * len(share), size=14)
    ax.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (y, x), p in np.ndenumerate(share):
        ax.text(x, y, f"{p:.0%}".removeprefix("0%"), c="kw"[int(p > 0.5)], ha="center", va="center")
    ax.set(xticks=range(len(columns)), xticklabels=columns, yticks=range(len(rows)), title=said,
           yticklabels=rows)
    return fig


def bend(x: np.ndarray, gelu: np.ndarray) -> Figure:
    """GELU over x, (n,) each, in orange; ReLU, which makes negative numbers 0, in grey."""
    fig, ax = paper(10, 3.2)
    ax.plot(x, np.maximum(x, 0), GREY, x, gelu, ORANGE, lw=4)
    ax.set(xticks=range(-4, 4), yticks=range(4), title="orange: GELU; grey: max(x, 0), or ReLU")
    return fig
