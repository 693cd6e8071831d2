"""How a notebook states what it claims: `same` for identities, `finding` for what a trained model does."""
import numpy as np


def same(a, b, atol):
    """Assert that two results have one shape and differ by at most `atol` anywhere, and print that bound.

    `a`, `b`: tensors, arrays or lists of numbers. The bound is printed, not the difference itself, so that the
    saved output holds on every processor. Raises AssertionError with the largest difference and its place.

    >>> same([1.0, 2.0], [1.0, 2.0], atol=1e-6)
    same: max |Δ| ≤ 1e-06 over 2 numbers, shape (2,)
    """
    a, b = _array(a), _array(b)
    if a.shape != b.shape:
        raise AssertionError(f"different shapes: {a.shape} and {b.shape}")
    off = np.nan_to_num(np.abs(a - b), nan=np.inf)
    if a.size and off.max() > atol:
        place = tuple(int(i) for i in np.unravel_index(off.argmax(), off.shape))
        raise AssertionError(f"max |Δ| = {off.max():.3g} > {atol:g}, at {place}: {a[place]:.6g} and {b[place]:.6g}")
    bound = "identical" if atol == 0 else f"max |Δ| ≤ {atol:g}"
    print(f"same: {bound} over {a.size:,} numbers, shape {a.shape}")


def finding(holds, sentence, model):
    """Print something that a *trained* model does; assert it on the models that the sentence was written for.

    `model`: the folder from `model_dir()`. On the embedded model a finding that does not hold is an AssertionError.
    On any other (bge-m3, a random one, your own) the sentence is printed with what was seen.
    """
    from helpers.models.find import EMBEDDED, identify
    if identify(model) == EMBEDDED:
        assert holds, f"does not hold on this machine: {sentence}"
        print(f"found: {sentence}")
    else:
        print(f"not asserted on this model ({'holds' if holds else 'does not hold'} here): {sentence}")


def as_published(name, mine, theirs, atol, model):
    """Hold `mine` to numbers that others published for the model `name`, if that is the model in `model`.

    On another model a line says that they were not compared: its numbers are its own.
    """
    from helpers.models.find import identify
    if identify(model) == name:
        print(f"as published for {name}, ", end="")
        same(mine, theirs, atol)
    else:
        print(f"published for {name}: not compared, the model here is another")


def _array(values):
    """Anything with numbers in it, as a float64 array."""
    if hasattr(values, "detach"):
        values = values.detach().to("cpu").double().numpy()
    return np.asarray(values, dtype=np.float64)
