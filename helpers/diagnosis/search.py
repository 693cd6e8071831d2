"""Which step did another program do differently? The search behind `diagnose`. Notebook 09."""
import os
import pathlib

import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from helpers.diagnosis.report import Diagnosis, Nearest, untold
from helpers.diagnosis.rounding import HALVES, distances, fits, read_rounding
from helpers.diagnosis.runs import OWN, kept_passes
from helpers.diagnosis.vectors import check_vector
from helpers.encoder.checks import check_texts
from helpers.models import find

OWN_PADS, OTHER_PADS = 512, 128     # tokens up to which pads are tried: own input, other inputs
SOME, NEAR, VERY_NEAR = 0.5, 0.8, 0.99  # best cosine so far, below which dear runs are left out
LIKELY = 2          # a vector is so many times as far off as 16 bits make it, or nearer
SIMPLER = 1.3       # an explanation with one cause less may be so many times as far off
ALIKE, CHANCE = 0.45, 3.2   # least cosine of its error and one of 16 bits; more of few numbers
HOW = ("", "=weights", "=autocast")     # 16 bits in all, in weights, in products of matrices
BITS = 60           # in all numbers: with fewer, one of thousands of explanations fits by chance
PATIENCE = 5        # seconds without a bar


def diagnose(vector: ArrayLike, text: str, model_dir: str | os.PathLike) -> Diagnosis:
    """Which step another program did differently to get `vector` for `text`. Notebook 09.

    `vector`: the other program's numbers, (d,) or (1, d), in any form that numpy reads, rounded or
    not; or a server's whole answer. `model_dir`: a name or folder, as for `helpers.model_dir`.
    Raises ValueError for a vector that is too short, all zeros or not finite, for several, and for
    a text that is not Unicode; TypeError for anything that is not numbers or a text.

    >>> from helpers import Encoder, model_dir
    >>> vector = Encoder(model_dir(), pooling="cls").encode(["hello world!"])[0]
    >>> diagnose(vector, "hello world!", model_dir()).causes
    ('pooling:cls',)
    """
    check_texts([text])
    vector, folder = check_vector(vector), find.model_dir(model_dir)
    files = tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns)
                  for path in sorted(pathlib.Path(folder).rglob("*")) if path.exists())
    return Search(kept_passes(folder, files)(text), vector).answer()


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
        given, size = len(self.vector), self.passes.dimension
        if given > size:
            return self._report(f"it has {given:,} numbers, this model gives {size:,}")
        bits = np.log2(1 + np.ptp(self.vector) / self.rounding.slack / 2).sum()
        if bits < BITS:
            return self._report(f"{bits:.0f} bits tell too little: give more numbers, or digits")
        self._look([OWN])
        self._look(self.passes.others)
        self._look([OWN], OWN_PADS)
        likely = self._likely()
        if not likely and self.best_cosine > SOME:
            self._look(self.passes.attended)
        if not likely and self.best_cosine > NEAR:
            self._look(() if self.passes.long else self.passes.others, OTHER_PADS)
            likely = self._likely(OTHER_PADS)
        fewest = min(self.fitting, key=lambda fit: len(fit[0]), default=None)
        return self._report("", fewest or likely, certain=bool(fewest))

    def _look(self, runs, padding=0):
        """Compare with the explanations of some runs, unless one that fits is known already."""
        bar = tqdm(runs, "diagnose", delay=PATIENCE, leave=False, unit="pass",
                   disable=False if self.passes.long else None)     # None: in a terminal alone
        for run in bar if not self.fitting else ():
            if self.fitting and self.passes.long:
                break
            block = self.passes.block(run, padding, len(self.vector))
            fit = fits(block.vectors, self.vector, self.rounding)                       # (N,)
            self.fitting += [(block.causes[i], block.vectors[i]) for i in np.flatnonzero(fit)]
            self.tried += len(fit)
            off, cosine = distances(block.vectors, self.vector, self.rounding)          # (N,) each
            self.best_cosine = max(self.best_cosine, cosine.max(initial=0))
            off[fit] = np.inf
            if off.min(initial=np.inf) < self.nearest.max_abs_diff:
                i = off.argmin()
                self.nearest = Nearest(
                    tuple(sorted(block.causes[i])), float(off[i]), float(cosine[i]))

    def _likely(self, padding=0):
        """(causes, vector) of arithmetic in 16 bits, if the vector errs as that does; or None.

        No two programs round alike, but the weights are rounded alike in all of them. So the error
        must be as large as in a pass of ours in 16 bits, and lie on the same numbers.
        """
        if self.fitting or self.best_cosine <= VERY_NEAR:
            return None
        size = len(self.vector)
        hidden = self.rounding.slack.mean() * size ** 0.5   # what the vector's own rounding hides
        exact = self.passes.block(OWN, padding, size)
        exact = exact.vectors[[not "".join(one).startswith("layer:") for one in exact.causes]]
        theirs = self.vector - exact                                                # (N, d)
        for half in HALVES:
            runs, likely = [(0, half + how) for how in HOW], []         # (cost, causes, vector)
            self._look(runs, padding)
            blocks = (self.passes.block(run, padding, size) for run in runs)
            for block in (block for block in blocks if block.causes):       # torch can do it
                ours = block.vectors - exact                                        # (N, d)
                noise, error, off = np.linalg.norm([ours, theirs, ours - theirs], axis=2)   # (N,)
                alike = (ours * theirs).sum(axis=1) / np.maximum(noise * error, 1e-30)  # (N,)
                good = (noise > hidden) & (off <= LIKELY * noise + hidden) & (
                    alike >= ALIKE + CHANCE / size ** 0.5)
                likely += [(SIMPLER ** len(block.causes[i]) * off[i], block.causes[i],
                            block.vectors[i]) for i in np.flatnonzero(good)]
            if likely or self.fitting:
                return None if self.fitting else min(likely, key=lambda one: one[0])[1:]
        return None

    def _report(self, refused, chosen=None, certain=False):
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
