"""Batches side by side, twenty thousand times: a hang that comes once in a thousand calls is one.

In a process of its own, since the tests' own OMP_NUM_THREADS hides it.
"""
import os
import subprocess
import sys

import pytest

CODE = """
import sys
from helpers.encoder.cores import side_by_side

def fails(i):
    raise ValueError(i)

for _ in range(int(sys.argv[1])):
    if sys.argv[2] == "an error in a worker":
        try:
            list(side_by_side(fails, range(2), 2))
        except ValueError:
            continue
        raise SystemExit("the error is lost")
    workers = 4 if sys.argv[2] == "fewer items than workers" else 2
    assert list(side_by_side(lambda i: i, range(2), workers)) == [0, 1]
print("returned")
"""


@pytest.fixture
def busy():
    """Processes that keep every core busy meanwhile."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
              for _ in range(os.cpu_count() + 1)]
    yield
    for other in others:
        other.kill()
        other.wait()


def run(calls, case):
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", CODE, str(calls), case], capture_output=True,
                          text=True, env=environment, timeout=280)
    assert (done.stdout, done.stderr) == ("returned\n", "")


CASES = ("as many items as workers", "fewer items than workers", "an error in a worker")


@pytest.mark.parametrize("case", CASES)
def test_it_always_returns(case):
    run(20_000, case)


@pytest.mark.parametrize("case", CASES)
def test_it_returns_beside_busy_processes(case, busy):
    run(2_000, case)
