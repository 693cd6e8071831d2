"""Batches side by side, a share of what tests/release/test_cores_all.py does.

The hang that there was came after 5 to 26 calls beside busy processes, and about 2,500 without.
"""
import pytest
from cores import CASES, busy, check_returns


@pytest.mark.parametrize("case", CASES)
def test_it_always_returns(case):
    check_returns(4_000, case)


@pytest.mark.parametrize("case", CASES)
def test_it_returns_beside_busy_processes(case):
    with busy():
        check_returns(200, case)
