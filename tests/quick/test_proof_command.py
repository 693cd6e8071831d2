"""tools/proof.py as a reader runs it."""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]


def proof(**environment):
    environment = {**{name: value for name, value in os.environ.items() if name != "EMBED_MODEL"}, **environment}
    return subprocess.run([sys.executable, ROOT / "tools" / "proof.py"], env=environment, capture_output=True, text=True,
                          encoding="utf-8")


def test_the_proof_shows_both_vectors_and_their_difference():
    done = proof()
    assert (done.returncode, done.stderr) == (0, "")
    rows = dict(re.findall(r"^  (black box|by hand) +([-\d. ]+?)  \.\.\. 384 numbers$", done.stdout, re.M))
    assert rows["black box"] == rows["by hand"] and len(rows["by hand"].split()) == 5
    assert "model      all-MiniLM-L6-v2" in done.stdout and re.search(r"max \|Δ\| +\d\.\de[-+]\d\d +\d+ s", done.stdout)


def test_on_a_model_in_bge_m3s_form(tiny_bge):
    done = proof(EMBED_MODEL=str(tiny_bge))
    assert done.returncode == 0 and "64 numbers" in done.stdout, done.stderr


def test_a_wrong_folder_is_one_line():
    done = proof(EMBED_MODEL="no/such/folder")
    assert done.returncode == 1 and done.stderr.startswith("'no/such/folder' does not exist")
    assert len(done.stderr.strip().splitlines()) == 1
