"""same and finding: a claim that does not hold must stop the notebook. And the bootstrap."""
import numpy as np
import pytest
import torch

from helpers import bootstrap_interval, finding, model_dir, same


def test_same_prints_the_bound_not_the_digits(capsys):
    same([1.0, 2.0], [1.0, 2.0 + 3e-7], atol=1e-6)
    same([1, 2], (1, 2), atol=0)
    assert capsys.readouterr().out == ("same: max |Δ| ≤ 1e-06 over 2 numbers, shape (2,)\n"
                                       "same: identical over 2 numbers, shape (2,)\n")


@pytest.mark.parametrize("a, b, word", [
    ([1.0, 2.0], [1.0, 2.1], r"max \|Δ\| = 0.1 > 1e-06, at \(1,\): 2 and 2.1"),
    ([1.0, 2.0], [1.0], r"different shapes: \(2,\) and \(1,\)"),
    (torch.ones(2, 1), torch.ones(1, 2), "different shapes"),
    ([float("nan")], [float("nan")], "inf"),
    ([1.0], [float("nan")], "inf"),
    (torch.tensor(3.0), 4.0, r"at \(\): 3 and 4"),
    ([0.0], [1.1e-6], r"max \|Δ\| = 1.1e-06 > 1e-06"),
    ([0.0, 1.1e-6, 0.0], [0.0, 0.0, 0.0], r"at \(1,\)"),
])
def test_same_refuses(a, b, word):
    with pytest.raises(AssertionError, match=word):
        same(a, b, atol=1e-6)


@pytest.mark.parametrize("atol", [0, 1e-6])
@pytest.mark.parametrize("nothing", [[], torch.zeros(0, 3), np.zeros((2, 0))], ids=repr)
def test_same_over_no_numbers_proves_nothing(nothing, atol, capsys):
    with pytest.raises(ValueError, match=r"nothing to compare: both have the shape \("):
        same(nothing, nothing, atol=atol)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("atol", [float("nan"), float("inf"), -1e-6])
def test_same_needs_a_bound(atol):
    """No difference is larger than NaN, or infinity: that line would be printed of anything."""
    with pytest.raises(ValueError, match="atol must be a number from 0 on, not"):
        same([1.0], [2.0], atol=atol)


def test_the_bound_itself_is_allowed_and_nothing_beyond_it(capsys):
    same([0.0], [0.5], atol=0.5)
    with pytest.raises(AssertionError, match="max"):
        same([0.0], [np.nextafter(0.5, 1)], atol=0.5)
    with pytest.raises(AssertionError, match="max"):
        same([0.0], [5e-324], atol=0)
    assert capsys.readouterr().out == "same: max |Δ| ≤ 0.5 over 1 numbers, shape (1,)\n"


def test_same_takes_tensors_with_gradients_in_half_precision():
    same(torch.ones(2, requires_grad=True, dtype=torch.bfloat16), np.ones(2), atol=0)


def test_same_calculates_in_float64_whatever_it_is_given(capsys):
    """In uint8, 0 - 255 is 1; in float32, 2 ** 24 and 2 ** 24 + 1 are one number."""
    with pytest.raises(AssertionError, match=r"max .Δ. = 255 > 1, at \(0,\): 0 and 255"):
        same(np.array([0], np.uint8), np.array([255], np.uint8), atol=1)
    with pytest.raises(AssertionError, match=r"max .Δ. = 1 > 0.5"):
        same(np.array([2.0**24], np.float32), [2**24 + 1], atol=0.5)
    assert capsys.readouterr().out == ""


def test_a_finding_is_asserted_on_the_embedded_model_only(capsys, tiny_bge):
    embedded = model_dir("all-MiniLM-L6-v2")
    finding(True, "water is wet", embedded)
    with pytest.raises(AssertionError, match="does not hold on this machine: water is dry"):
        finding(False, "water is dry", embedded)
    finding(False, "water is dry", str(tiny_bge))
    finding(True, "water is wet", str(tiny_bge))
    assert capsys.readouterr().out == (
        "holds: water is wet\nnot asserted on this model (fails here): water is dry\n"
        "not asserted on this model (holds here): water is wet\n")


def test_the_bootstrap_interval_of_a_share():
    """Of 0 and 1 it is close to the textbook's, and it is the same in every run."""
    half = [0, 1] * 100
    low, high = bootstrap_interval(half)
    spread = 1.96 * (0.25 / 200) ** 0.5
    assert (low, high) == pytest.approx((0.5 - spread, 0.5 + spread), abs=0.01)
    assert bootstrap_interval(half) == (low, high)


def test_the_bootstrap_interval_narrows_with_the_root_of_the_number():
    few, many = (bootstrap_interval([0, 0, 0, 1] * n) for n in (10, 160))
    ratio = (few[1] - few[0]) / (many[1] - many[0])
    assert ratio == pytest.approx(4, rel=0.1)


def test_the_bootstrap_interval_of_equal_values_is_that_value():
    assert bootstrap_interval([0.25] * 8) == (0.25, 0.25)


def test_the_bootstrap_interval_covers_the_truth_about_as_often_as_it_says():
    """300 samples of 100 from a mean of 0.3: of their intervals about 95 % hold it."""
    rng = np.random.default_rng(1)
    spans = [bootstrap_interval(rng.random(100) < 0.3, draws=500) for _ in range(300)]
    assert 0.90 <= np.mean([low <= 0.3 <= high for low, high in spans]) <= 0.99
