"""Batches side by side, twenty thousand times: tests/slow/test_cores.py does a share of it."""
import pytest
from cores import CASES, busy, check_returns


@pytest.mark.parametrize("case", CASES)
def test_it_always_returns(case):
    check_returns(20_000, case)


@pytest.mark.parametrize("case", CASES)
def test_it_returns_beside_busy_processes(case):
    with busy():
        check_returns(2_000, case)
