"""The pictures of 06."""
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Arc

from pictures.paper import GREY, ORANGE, PALE, paper


def circles(parts: dict[str, np.ndarray]) -> Figure:
    """Arrows and the circle of norm 1: title -> (B, 2). The last part has the angle and `d`."""
    fig, axes = paper(11, 5, columns=2, size=17, layout="constrained")
    turn = np.linspace(0, np.pi / 2)
    for ax, (title, rows) in zip(axes, parts.items(), strict=True):
        rows = np.asarray(rows)
        room = 1.3 * rows.max()
        ax.plot(np.cos(turn), np.sin(turn), "--", c=ORANGE, lw=2)
        ax.plot([0, 0, room], [0.86 * room, 0, 0], c="black", lw=1)
        _arrows(ax, rows, [f"({x:.2g}, {y:.2g})" for x, y in rows])
        for x, y, side in (1, 0, (0, -20)), (0, 1, (-16, -6)):
            ax.annotate("1", (x, y), side, textcoords="offset points", ha="center")
        ax.set(xlim=(-0.08 * room, room), ylim=(-0.09 * room, 0.87 * room), aspect="equal")
        ax.set_title(title, weight="bold")
    ends = rows[[0, -1]]
    ax.plot(*ends.T, c="black", lw=4)
    ax.text(*(ends.mean(axis=0) + (-0.09, -0.03)), "d", size=22, weight="bold", ha="right")
    high, low = np.degrees(np.arctan2(ends[:, 1], ends[:, 0]))
    ax.add_patch(Arc((0, 0), 0.6, 0.6, theta1=low, theta2=high, lw=3))
    ax.annotate("angle", (0.26, 0.14), (0.42, 0.02), arrowprops={"arrowstyle": "-"})
    return fig


def rulers(own: np.ndarray, others: np.ndarray, title: str) -> Figure:
    """How far apart pairs are, on the ruler of d² and the cosine's. `own` (n,), `others` (k,)."""
    fig, ax = paper(11, 5, size=16, layout="constrained")
    edge, tall = {"color": GREY, "histtype": "step", "lw": 2}, 0
    for pairs, look in (others, {"color": PALE}), (own, {"color": ORANGE}), (others, edge):
        tall = max(tall, *ax.hist(pairs, np.arange(0, 2.7, 0.05), density=True, **look)[0])
    for x, y, side, text, ink in [
            (0.02, 0.82, "left", f"{len(own)} questions with\ntheir own passage", ORANGE),
            (1.68, 0.9, "right", f"{len(others):,} other pairs,\ndrawn with the same area", GREY),
            (0.02, 1.15, "left", "← best end", "black"),
            (2.58, 1.15, "right", "worst end →", "black")]:
        ax.text(x, y * tall, text, c=ink, ha=side, va="center")
    ax.set(xlim=(0, 2.6), ylim=(0, 1.27 * tall), xticks=np.arange(0, 2.6, 0.5))
    ax.set_xlabel("d², what IndexFlatL2 returns")
    there, back = (lambda square: 1 - square / 2), (lambda cosine: 2 - 2 * cosine)
    ax.secondary_xaxis("top", functions=(there, back)).set_xlabel("cosine")
    ax.axhline(0, c="black")
    ax.set_title(title, weight="bold", pad=14)
    return fig


def winners(points: np.ndarray, names: list[str], title: str) -> Figure:
    """(3, 2): the arrow that reaches far, at a small angle, near the query (1, 0); their wins."""
    fig, ax = paper(11, 5.6, size=17, layout="constrained")
    points = np.asarray(points)
    (far, top), (along, up), (near, tip) = points
    ax.plot([far, far], [top, -0.6], "--", c=GREY)
    _arrows(ax, points, ["", "", ""])
    _arrows(ax, np.array([[1, 0]]), [""], "black")
    ax.plot([0, far], [-0.6, -0.6], [near, 1], [tip, 0], c=ORANGE, lw=5)
    ax.add_patch(Arc((0, 0), 3, 3, theta2=np.degrees(np.arctan2(up, along)), color=ORANGE, lw=5))
    ax.text(0.5, -0.3, "query (1, 0)", ha="center")
    ax.text(far + 0.15, top - 0.1, names[0], va="center")
    for x, y, name, win in [(3.15, -0.6, names[0], "largest dot product"),
                            (2.15, 0.42, names[1], "largest cosine"),
                            (1.05, 0.97, names[2], "smallest distance")]:
        ax.text(x, y, f"{name}: {win}", c=ORANGE, va="center",
                bbox={"fc": "white", "ec": "none", "pad": 3})
    ax.set(xlim=(-0.1, 6.3), ylim=(-0.8, 4.1), aspect="equal")
    ax.set_title(title, weight="bold")
    return fig


def _arrows(ax, rows, names, ink="#999999"):
    for end, name in zip(rows, names, strict=True):
        look = {"arrowstyle": "-|>", "color": ink, "lw": 3, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", end, (0, 0), arrowprops=look)
        ax.annotate(name, end, (9, -5), textcoords="offset points")
