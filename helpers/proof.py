"""How a notebook states a claim: `same` for identities, `finding` for what a model has learned."""
import numpy as np

from helpers.models.find import EMBEDDED, identify


def same(a: object, b: object, atol: float) -> None:
    """Assert that two results have one shape and differ by `atol` at most; print that bound.

    `a`, `b`: tensors, arrays or lists of numbers. The bound is printed, not the difference, so that
    the saved output holds on every processor. Raises AssertionError with the largest difference and
    its place, ValueError for what proves nothing: no numbers, or no bound.

    >>> same([1.0, 2.0], [1.0, 2.0], atol=1e-6)
    same: max |Δ| ≤ 1e-06 over 2 numbers, shape (2,)
    """
    if not 0 <= atol < float("inf"):
        raise ValueError(f"atol must be a number from 0 on, not {atol}: it is what is proved")
    a, b = _array(a), _array(b)
    if a.shape != b.shape:
        raise AssertionError(f"different shapes: {a.shape} and {b.shape}")
    if not a.size:
        raise ValueError(f"nothing to compare: both have the shape {a.shape}, without a number")
    off = np.nan_to_num(np.abs(a - b), nan=np.inf)
    if off.max() > atol:
        place = tuple(int(i) for i in np.unravel_index(off.argmax(), off.shape))
        seen = f"{a[place]:.6g} and {b[place]:.6g}"
        raise AssertionError(f"max |Δ| = {off.max():.3g} > {atol:g}, at {place}: {seen}")
    bound = "identical" if atol == 0 else f"max |Δ| ≤ {atol:g}"
    print(f"same: {bound} over {a.size:,} numbers, shape {a.shape}")


def finding(holds: bool, sentence: str, model: str) -> None:
    """Print what a *trained* model does; assert it on the model that the sentence was written for.

    `model`: the folder from `model_dir()`. On the embedded model a finding that does not hold is an
    AssertionError. On any other (bge-m3, a random one, your own) a line says whether it holds.
    """
    if identify(model) == EMBEDDED:
        assert holds, f"does not hold on this machine: {sentence}"
        print(f"holds: {sentence}")
    else:
        print(f"not asserted on this model ({'holds' if holds else 'fails'} here): {sentence}")


def bootstrap_interval(values: object, draws: int = 10_000) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean of `values`, (n,): -> (low, high). Notebook 05.

    For two systems on the same questions, give the differences, one per question.
    """
    values = np.asarray(values, dtype=float)                            # (n,)
    rows = np.random.default_rng(0).integers(len(values), size=(draws, len(values)))
    return tuple(np.quantile(values[rows].mean(axis=1), [0.025, 0.975]).tolist())


def _array(values) -> np.ndarray:
    """Anything with numbers in it, as a float64 array."""
    if hasattr(values, "detach"):
        values = values.detach().to("cpu").double().numpy()
    return np.asarray(values, dtype=np.float64)
