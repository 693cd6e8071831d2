"""Saved outputs hold on other people's processors: the notebooks, re-executed as older and smaller machines would.

Minutes long, so it is marked: `python3 run.py test -m portable -n 0 tests/test_portable.py`, before a release.
"""
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
OLD = {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2"}


@pytest.mark.portable
@pytest.mark.parametrize("processor, threads", [(OLD, 1), (OLD, 2), ({}, 2)], ids=["old, 1", "old, 2", "this, 2"])
def test_notebooks_compare_equal(processor, threads):
    """This processor with one thread is what the test command itself runs."""
    environment = {**os.environ, **processor, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    environment = {name: value for name, value in environment.items() if not name.startswith("PYTEST_")}
    done = subprocess.run([sys.executable, "-m", "pytest", "notebooks", "-q", "-n", "1", "-p", "no:cacheprovider"],
                          cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout
