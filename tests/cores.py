"""Batches side by side, very often: a hang that comes once in a thousand calls is one.

In a process of its own, since the tests' own OMP_NUM_THREADS hides it.
"""
import contextlib
import os
import subprocess
import sys

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
CASES = ("as many items as workers", "fewer items than workers", "an error in a worker")


@contextlib.contextmanager
def busy():
    """Processes that keep every core busy meanwhile."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
              for _ in range(os.cpu_count() + 1)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def check_returns(calls, case):
    """Assert that so many calls all return, and that nothing is said on stderr."""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", CODE, str(calls), case], capture_output=True,
                          text=True, env=environment, timeout=280)
    assert (done.stdout, done.stderr) == ("returned\n", "")
