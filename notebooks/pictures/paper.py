"""What the pictures of all lessons are drawn on."""
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

BLUE, ORANGE, GREY, PALE = "#0072B2", "#B84A00", "#666666", "#D4D4D4"     # what matters is orange


def paper(width: float = 11, height: float = 4.6, rows: int = 1, columns: int = 1, size: int = 15,
          **how: object) -> tuple[Figure, object]:
    """A figure of so many inches and its axes, without frames and ticks; text in `size` points."""
    plt.rc("font", size=size)
    bare = {"frame_on": False, "xticks": [], "yticks": []}
    return plt.subplots(rows, columns, figsize=(width, height), subplot_kw=bare, **how)
