"""An Encoder whose weights file is written in place: in a process of its own, which once ended."""
import shutil
import subprocess
import sys

import pytest

from helpers import model_dir
from helpers.models.files import weights_files

WRITTEN_IN_PLACE = """
import os, sys, torch
from helpers import Encoder
encoder = Encoder(sys.argv[1])
model, ids = encoder.model, torch.tensor([[0, 5, 6, 2]])
before, right = encoder.encode(["hello world!"]), model(ids).last_hidden_state
os.truncate(sys.argv[2], 1000)
assert (encoder.encode(["hello world!"]) == before).all()
assert torch.equal(model(ids).last_hidden_state, right)
encoder.encode(["words that were not looked at before"])
print("alive")
"""


@pytest.mark.parametrize("name", ["tiny", "all-MiniLM-L6-v2"])
def test_a_file_written_in_place_ends_nothing(tiny_bge, tmp_path, name):
    """A pickle and a safetensors file, shortened while an Encoder of it lives: a bus error once."""
    source = tiny_bge if name == "tiny" else model_dir(name)
    folder = shutil.copytree(source, tmp_path / "model", copy_function=shutil.copyfile)
    done = subprocess.run([sys.executable, "-c", WRITTEN_IN_PLACE, folder,
                           weights_files(folder)[0]], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "alive"), done.stderr
