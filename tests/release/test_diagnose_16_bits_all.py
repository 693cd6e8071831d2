"""500 vectors of each kind of small error: tests/slow/test_diagnose_16_bits.py has a share of it.

Half an hour for each model on one core. SMALL_ERRORS in the environment sets another number.
"""
import os

import pytest
from small_errors import check, counted, small_models

TEXTS = int(os.environ.get("SMALL_ERRORS", 500))


@pytest.mark.parametrize("number", range(4))
def test_16_bits_are_named_and_nothing_else_is(number, tmp_path):
    name, model = list(small_models(tmp_path))[number]
    check(name, counted(model, TEXTS, start=1000))
