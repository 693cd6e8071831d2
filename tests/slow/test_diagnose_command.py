"""`python -m helpers diagnose` as another process: what it reads, prints and returns."""
import json
import subprocess
import sys

import numpy as np
import pytest
from other_programs import OtherProgram

from helpers import model_dir

TEXT = "The bank raised its interest rates."


@pytest.fixture(scope="module")
def folder():
    return model_dir("all-MiniLM-L6-v2")


def command(folder, words, stdin=None):
    return subprocess.run(
        [sys.executable, "-m", "helpers", "diagnose", "--model", folder, "--text", TEXT, *words],
        input=stdin, capture_output=True, text=True, encoding="utf-8")


def test_the_command_reads_standard_input(folder):
    vector = OtherProgram(folder, "mean", 256).vector(TEXT, ["normalize:off"])
    done = command(folder, [], str(vector.tolist())[1:-1].replace(",", "\n"))
    assert done.returncode == 0 and done.stdout.startswith("found: normalize:off"), done.stderr


def test_the_command_says_when_nothing_fits_or_the_input_is_bad(folder, tmp_path):
    noise = np.random.default_rng(0).normal(size=384)
    (tmp_path / "noise.json").write_text(json.dumps(noise.tolist()))
    (tmp_path / "words.txt").write_text("not numbers")
    assert command(folder, [str(tmp_path / "noise.json")]).returncode == 1
    for name, message in (("words.txt", "neither JSON nor numbers"),
                          ("missing.json", "No such file")):
        done = command(folder, [str(tmp_path / name)])
        assert done.returncode == 2
        assert message in done.stderr and "Traceback" not in done.stderr
