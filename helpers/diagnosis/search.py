"""Which step did another program do differently? The search behind `diagnose`, and its answer. Notebook 09."""
import numpy as np

from helpers.diagnosis.explanations import prepare
from helpers.diagnosis.report import Diagnosis, Nearest, untold
from helpers.diagnosis.rounding import distances, fits, read_rounding
from helpers.diagnosis.runs import HALVES, stamp
from helpers.encoder.checks import check_texts
from helpers.models.find import model_dir as find

PADDINGS = 512, 128             # pads are tried up to so many tokens for the model's own input, and for other inputs
NEAR, VERY_NEAR = 0.8, 0.99     # cosine of the best explanation so far, below which dear ones are not tried
FEWEST = 8                      # numbers: fewer would agree with something by chance


def diagnose(vector, text, model_dir):
    """Which step another program did differently to get `vector` for `text`: -> Diagnosis. Notebook 09.

    `vector`: the other program's numbers, (d,) or (1, d), in any form that numpy reads, rounded or not. `model_dir`: a
    name or folder, as for `helpers.model_dir`. Raises ValueError for a vector that is too short, all zeros or not
    finite, and for a text that is not Unicode; TypeError for anything that is not numbers or a text.

    >>> from helpers import Encoder, model_dir
    >>> diagnose(Encoder(model_dir(), pooling="cls").encode(["hello world!"])[0], "hello world!", model_dir()).causes
    ('pooling:cls',)
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, not {type(text).__name__}")
    check_texts([text])
    vector = check_vector(vector)
    folder = find(model_dir)
    return Search(prepare(folder, stamp(folder), text), vector).answer()


def check_vector(vector):
    """The vector as float64 (d,). Raises TypeError or ValueError that says what is wrong with it."""
    if hasattr(vector, "detach"):
        vector = vector.detach().cpu().double()
    try:
        vector = np.asarray(vector, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError("the vector must be a list or array of numbers") from None
    vector = vector[0] if vector.ndim == 2 and len(vector) == 1 else vector
    if vector.ndim != 1 or len(vector) < FEWEST:
        raise ValueError(f"one vector of at least {FEWEST} numbers is needed; this has the shape {vector.shape}")
    if not np.isfinite(vector).all() or not vector.any():
        raise ValueError("the vector is all zeros" if np.isfinite(vector).all() else "the vector holds NaN or infinity")
    return vector


class Search:
    """One vector against every explanation, the cheapest first."""

    def __init__(self, passes, vector):
        self.passes, self.vector, self.rounding = passes, vector, read_rounding(vector)
        self.fitting, self.nearest = [], Nearest((), np.inf, 0.0)      # [(causes, vector)], the best that does not fit
        self.best_cosine, self.tried = 0.0, 0

    def answer(self):
        """The Diagnosis: the fewest causes that reproduce the vector, else what comes nearest."""
        size, others = self.passes.model.dimension, self.passes.others()
        if len(self.vector) > size:
            return self._report(None, f"it has {len(self.vector):,} numbers, this model gives {size:,}")
        self._look([(0, "", 0)])
        self._look([(*other, 0) for other in others])
        self._look([(0, "", PADDINGS[0])])
        likely = self._half(0)
        if not likely and self.best_cosine > NEAR:
            self._look([(*other, PADDINGS[1]) for other in others])
            likely = self._half(PADDINGS[1])
        return self._report(likely)

    def _look(self, blocks):
        """Compare with the explanations of some blocks, unless one that fits is known already."""
        for which in blocks if not self.fitting else ():
            block = self.passes.block(*which, len(self.vector))
            fit = fits(block.vectors, self.vector, self.rounding)                          # (N,)
            self.fitting += [(block.causes[i], block.vectors[i]) for i in np.flatnonzero(fit)]
            self._remember(block, fit)

    def _remember(self, block, fit):
        """Count a block's explanations, and keep the nearest of those that do not fit."""
        off, cosine = distances(block.vectors, self.vector, self.rounding)                 # (N,), (N,)
        self.tried += len(off)
        self.best_cosine = max([self.best_cosine, *cosine])
        off = np.where(fit, np.inf, off)
        i = off.argmin() if len(off) else None                                             # none: no room for pads
        if i is not None and off[i] < self.nearest.max_abs_diff:
            self.nearest = Nearest(tuple(sorted(block.causes[i])), float(off[i]), float(cosine[i]))

    def all_that_fit(self, change):
        """(causes, vector) of every explanation with this change inside the model that fits the vector."""
        block = self.passes.block(0, change, 0, len(self.vector))
        return [(block.causes[i], block.vectors[i])
                for i in np.flatnonzero(fits(block.vectors, self.vector, self.rounding))]

    def _half(self, padding):
        """(causes, vector) of arithmetic in 16 bits, if nothing fits and it is as far off as the vector is; else None.

        No two programs round alike, so the vector itself cannot be reproduced: sizes of errors are compared.
        """
        for change in HALVES if self.best_cosine > VERY_NEAR and not self.fitting else ():
            exact = self.passes.block(0, "", padding, len(self.vector))
            exact = exact.vectors[[not any(c.startswith("layer:") for c in causes) for causes in exact.causes]]
            block = self.passes.block(0, change, padding, len(self.vector))
            noise = np.sqrt(((block.vectors - exact) ** 2).mean(axis=1))                   # (N,)
            off = np.sqrt(((block.vectors - self.vector) ** 2).mean(axis=1))               # (N,)
            hidden = self.rounding.slack.mean()         # what the vector's own rounding hides must be less than noise
            good = np.flatnonzero((off <= 2 * noise + hidden) & (noise > hidden))
            if len(good):
                best = min(good, key=lambda i: off[i] * 1.3 ** len(block.causes[i]))   # simpler, if about as near
                return block.causes[best], block.vectors[best]

    def _report(self, likely, refused=""):
        chosen = likely or min(self.fitting, key=lambda fit: len(fit[0]), default=None)
        if chosen is None:
            return Diagnosis(False, (), *self.nearest[1:], self.nearest, True, self.rounding.kind,
                             self.rounding.slack.max(), self.tried, (), refused)
        off, cosine = (float(x[0]) for x in distances(chosen[1][None], self.vector, self.rounding))
        causes = tuple(sorted(set(chosen[0]) | {self.rounding.cause} - {None}))
        return Diagnosis(True, causes, off, cosine, self.nearest, not likely, self.rounding.kind,
                         self.rounding.slack.max(), self.tried, untold(self, causes, chosen[1]), refused)
