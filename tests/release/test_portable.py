"""Saved outputs hold on other people's processors: the notebooks, as older machines run them.

Minutes long: part of `python3 run.py test release`.
"""
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
OLD = {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41",
       "MKL_ENABLE_INSTRUCTIONS": "SSE4_2"}
THIS = {}


@pytest.mark.parametrize("processor, threads", [(OLD, 1), (OLD, 2), (THIS, 2)],
                         ids=["old, 1", "old, 2", "this, 2"])
def test_notebooks_compare_equal(processor, threads, run_py):
    """This processor with one thread is what the test command itself runs."""
    inherited = {name: value for name, value in os.environ.items()
                 if not name.startswith("PYTEST_")}
    environment = {**inherited, **processor,
                   "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    command = [sys.executable, "-m", "pytest", "notebooks", *run_py.NBVAL, "-q", "-n", "1",
               "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout
