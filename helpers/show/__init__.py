"""How a notebook shows things: `cells.py`; and what a lesson draws: the file of its name."""
from helpers.show.cells import *  # noqa: F403
