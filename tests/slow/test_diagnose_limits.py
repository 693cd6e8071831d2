"""Where the limits of diagnose lie: the tests of quick/test_diagnose.py that take longer."""
import numpy as np
import pytest
from other_programs import OtherProgram, vector_of

from helpers import diagnose, normalize
from helpers.diagnosis import model

pytest_plugins = ["other_programs"]      # the fixtures `folder`, `encoder` and `in_bf16`
TEXT = "The bank raised its interest rates."
LONG = " ".join(f"Sentence {i} of a text about rivers, Banks and loans." for i in range(18))


def test_a_rounded_number_may_be_half_a_step_off_and_no_further(folder, encoder):
    """A number that lies near a step is moved to the next: nearly a whole step is too much."""
    own = vector_of(encoder, TEXT)
    given = np.round(own, 2)
    assert diagnose(given, TEXT, folder).causes == ()
    near = np.abs(own - given).argmin()
    given[near] += 0.01
    assert 0.0055 < np.abs(given - own)[near] < 0.0105
    assert not diagnose(given, TEXT, folder).found


@pytest.mark.parametrize("share, pooling", [
    (0.54, ()), (0.59, ("pooling:mean_without_special",))])
def test_a_cause_more_must_bring_the_vector_nearer_by_a_third(folder, in_bf16, share, pooling):
    """Between two explanations in bf16; it lies at 0.54 / 0.46 = 1.2 times, or at 1.4 times."""
    hidden = in_bf16.hidden_states(LONG)[-1]                                    # (1, T, D)
    simple, richer = (normalize(part.mean(dim=1))[0].double().numpy()
                      for part in (hidden, hidden[:, 1:-1]))
    answer = diagnose(simple + share * (richer - simple), LONG, folder)
    assert answer.causes == (*pooling, "precision:bf16")


@pytest.mark.parametrize("cosine, seen, pads, halves", [
    (0.4, False, False, False), (0.78, True, False, False), (0.82, True, True, False),
    (0.985, True, True, False), (0.995, True, True, True)])
def test_dear_runs_are_for_vectors_that_are_near(
        folder, encoder, monkeypatch, cosine, seen, pads, halves):
    text, ran, run = f"A text for a cosine of {cosine}.", [], model.Model.run
    monkeypatch.setattr(model.Model, "run", lambda self, ids, reduce, change="", padded=0, **more: (
        ran.append((ids, change, padded)) or run(self, ids, reduce, change, padded, **more)))
    own, across = vector_of(encoder, text), np.random.default_rng(0).normal(size=384)
    across -= own * (across @ own)                                  # at a right angle to it
    given = cosine * own + np.sqrt(1 - cosine ** 2) * across / np.linalg.norm(across)
    assert not diagnose(given, text, folder).found
    own_ids = ran[0][0]
    assert [padded for ids, _, padded in ran if ids == own_ids and padded == 512] == [512]
    assert any(ids != own_ids and padded == 128 for ids, _, padded in ran) == pads
    assert any(change.startswith("attention:pads") for _, change, _ in ran) == seen
    assert any(change.startswith("precision:") for _, change, _ in ran) == halves


@pytest.mark.parametrize("tokens, causes", [
    (128, ("pooling:unmasked_mean", "text:prefix=query: ")), (129, ())])
def test_pads_after_another_input_are_tried_up_to_128_tokens(folder, tokens, causes):
    """Without the prefix it would be 512."""
    other = OtherProgram(folder, "mean", 256)
    given = other.vector(TEXT, ["pooling:unmasked_mean", "text:prefix=query: "], tokens=tokens)
    assert diagnose(given, TEXT, folder).causes == causes
