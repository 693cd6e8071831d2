"""Of small errors, diagnose names those of 16 bits and no other: a seeded share of all cases.

tests/release/test_diagnose_16_bits_all.py counts 500 texts of each kind.
"""
import pytest
from small_errors import check, counted, small_models


@pytest.mark.parametrize("number, texts", enumerate([1, 3, 3, 3]))
def test_16_bits_are_named_and_nothing_else_is(number, texts, tmp_path):
    name, model = list(small_models(tmp_path))[number]
    check(name, counted(model, texts))
