"""500 vectors of each kind of small error: tests/slow/test_diagnose_16_bits.py has a share of it.

Their seeds are 20,000 to 20,499 for the first model, 1,000 more for each after it. None of them was
used to set a limit of the search: that was done on seeds from 0 and from 1,000 up. SMALL_ERRORS in
the environment sets another number of vectors, SMALL_ERRORS_SEED another first seed.

The search goes as for a long text: attention, pads that it sees and pads after another input are
left out, as none of them names 16 bits, and the folder is checked once. So it takes 23 minutes for
the embedded model on one core, and 15 for the other three.
"""
import functools
import os

import pytest
from small_errors import check, counted, small_models

from helpers.models import find

TEXTS = int(os.environ.get("SMALL_ERRORS", 500))
SEED = int(os.environ.get("SMALL_ERRORS_SEED", 20_000))


@pytest.mark.parametrize("number", range(4))
def test_16_bits_are_named_and_nothing_else_is(number, tmp_path, monkeypatch):
    monkeypatch.setattr("helpers.diagnosis.runs.LONG", 0)
    monkeypatch.setattr(find, "check_folder", functools.cache(find.check_folder))
    name, model = list(small_models(tmp_path))[number]
    check(name, counted(model, TEXTS, start=SEED + 1000 * number))
