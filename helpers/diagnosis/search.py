"""Which step did another program do differently? The search behind `diagnose`. Notebook 09."""
import os
import pathlib

import numpy as np
from numpy.typing import ArrayLike

from helpers.diagnosis.report import Diagnosis, Nearest, untold
from helpers.diagnosis.rounding import HALVES, distances, fits, read_rounding
from helpers.diagnosis.runs import OWN, kept_model
from helpers.encoder.checks import check_texts
from helpers.models import find

OWN_PADS, OTHER_PADS = 512, 128     # tokens up to which pads are tried: own input, other inputs
NEAR, VERY_NEAR = 0.8, 0.99         # best cosine so far, below which dear runs are left out
LIKELY = 2          # a vector is so many times as far off as 16 bits make it, or nearer
SIMPLER = 1.3       # an explanation with one cause less may be so many times as far off
FEWEST = 8          # numbers: fewer would agree with something by chance


def diagnose(vector: ArrayLike, text: str, model_dir: str | os.PathLike) -> Diagnosis:
    """Which step another program did differently to get `vector` for `text`. Notebook 09.

    `vector`: the other program's numbers, (d,) or (1, d), in any form that numpy reads, rounded or
    not. `model_dir`: a name or folder, as for `helpers.model_dir`. Raises ValueError for a vector
    that is too short, all zeros or not finite, and for a text that is not Unicode; TypeError for
    anything that is not numbers or a text.

    >>> from helpers import Encoder, model_dir
    >>> vector = Encoder(model_dir(), pooling="cls").encode(["hello world!"])[0]
    >>> diagnose(vector, "hello world!", model_dir()).causes
    ('pooling:cls',)
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, not {type(text).__name__}")
    check_texts([text])
    vector = check_vector(vector)
    folder = find.model_dir(model_dir)
    changed = max(path.stat().st_mtime_ns for path in pathlib.Path(folder).rglob("*"))
    return Search(kept_model(folder, changed).passes(text), vector).answer()


def check_vector(vector: ArrayLike) -> np.ndarray:
    """The vector as float64 (d,). Raises TypeError or ValueError that says what is wrong."""
    if hasattr(vector, "detach"):
        vector = vector.detach().cpu().double()
    try:
        vector = np.asarray(vector, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError("the vector must be a list or array of numbers") from None
    vector = vector[0] if vector.ndim == 2 and len(vector) == 1 else vector
    if vector.ndim != 1 or len(vector) < FEWEST:
        raise ValueError(f"one vector of at least {FEWEST} numbers is needed; "
                         f"this has the shape {vector.shape}")
    if not np.isfinite(vector).all():
        raise ValueError("the vector holds NaN or infinity")
    if not vector.any():
        raise ValueError("the vector is all zeros")
    return vector


class Search:
    """One vector against every explanation, the cheapest first."""

    def __init__(self, passes, vector):
        self.passes, self.vector = passes, vector
        self.rounding = read_rounding(vector)
        self.fitting = []                           # (causes, vector) that reproduce the vector
        self.nearest = Nearest((), np.inf, 0.0)     # the best of those that do not
        self.best_cosine, self.tried = 0.0, 0

    def answer(self) -> Diagnosis:
        """The fewest causes that reproduce the vector, else what comes nearest."""
        given, size = len(self.vector), self.passes.model.dimension
        if given > size:
            return self._report(refused=f"it has {given:,} numbers, this model gives {size:,}")
        self._look([OWN])
        self._look(self.passes.others)
        self._look([OWN], OWN_PADS)
        likely = self._likely()
        if not likely and self.best_cosine > NEAR:
            self._look(self.passes.others, OTHER_PADS)
            likely = self._likely(OTHER_PADS)
        fewest = min(self.fitting, key=lambda fit: len(fit[0]), default=None)
        return self._report(fewest or likely, certain=not likely)

    def _look(self, runs, padding=0):
        """Compare with the explanations of some runs, unless one that fits is known already."""
        for run in runs if not self.fitting else ():
            block = self.passes.block(run, padding, len(self.vector))
            fit = fits(block.vectors, self.vector, self.rounding)                       # (N,)
            self.fitting += [(block.causes[i], block.vectors[i]) for i in np.flatnonzero(fit)]
            self.tried += len(fit)
            off, cosine = distances(block.vectors, self.vector, self.rounding)          # (N,) each
            self.best_cosine = max(self.best_cosine, cosine.max(initial=0))
            off[fit] = np.inf
            if off.min(initial=np.inf) < self.nearest.max_abs_diff:
                i = off.argmin()
                causes = tuple(sorted(block.causes[i]))
                self.nearest = Nearest(causes, float(off[i]), float(cosine[i]))

    def _likely(self, padding=0):
        """(causes, vector) of arithmetic in 16 bits, if nothing fits and it errs as much; or None.

        No two programs round alike, so that the vector itself cannot be reproduced: it is the
        sizes of errors that are compared.
        """
        if self.fitting or self.best_cosine <= VERY_NEAR:
            return None
        size = len(self.vector)
        hidden = self.rounding.slack.mean() * size ** 0.5   # what the vector's own rounding hides
        exact = self.passes.block(OWN, padding, size)
        last = [not any(c.startswith("layer:") for c in causes) for causes in exact.causes]
        for change in HALVES:
            block = self.passes.block((0, change), padding, size)
            noise = np.linalg.norm(block.vectors - exact.vectors[last], axis=1)         # (N,)
            off = np.linalg.norm(block.vectors - self.vector, axis=1)                   # (N,)
            good = (off <= LIKELY * noise + hidden) & (noise > hidden)                  # (N,)
            if good.any():
                cost = [SIMPLER ** len(causes) for causes in block.causes] * off
                best = np.where(good, cost, np.inf).argmin()
                return block.causes[best], block.vectors[best]
        return None

    def _report(self, chosen=None, certain=True, refused=""):
        """The Diagnosis of the (causes, vector) that were chosen, or of None."""
        _, off, cosine = self.nearest
        causes, cannot_tell = (), ()
        if chosen:
            (off,), (cosine,) = distances(chosen[1][None], self.vector, self.rounding)
            causes = tuple(sorted({*chosen[0], self.rounding.cause} - {None}))
            cannot_tell = untold(self, causes, chosen[1])
        return Diagnosis(
            found=chosen is not None, causes=causes, max_abs_diff=float(off), cosine=float(cosine),
            runner_up=self.nearest, certain=certain, storage=self.rounding.kind,
            allowed=self.rounding.slack.max(), tried=self.tried, cannot_tell=cannot_tell,
            refused=refused)
