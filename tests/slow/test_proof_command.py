"""tools/proof.py as a reader runs it."""
import os
import pathlib
import re
import subprocess
import sys

from proof import main

ROOT = pathlib.Path(__file__).parents[2]


def proof(**environment):
    inherited = {name: value for name, value in os.environ.items() if name != "EMBED_MODEL"}
    return subprocess.run([sys.executable, ROOT / "tools" / "proof.py"], capture_output=True,
                          env={**inherited, **environment}, text=True, encoding="utf-8")


def test_the_proof_shows_both_vectors_and_their_difference():
    done = proof()
    assert (done.returncode, done.stderr) == (0, "")
    line = re.compile(r"^  (black box|by hand) +([-\d. ]+?)  \.\.\. 384 numbers$", re.M)
    rows = dict(line.findall(done.stdout))
    assert rows["black box"] == rows["by hand"] and len(rows["by hand"].split()) == 5
    assert "model      all-MiniLM-L6-v2" in done.stdout
    assert re.search(r"max \|Δ\| +\d\.\de[-+]\d\d +\d+ s", done.stdout)


def test_on_a_model_in_bge_m3s_form(tiny_bge, monkeypatch, capsys):
    monkeypatch.setenv("EMBED_MODEL", str(tiny_bge))
    main()
    assert "64 numbers" in capsys.readouterr().out


def test_a_wrong_folder_is_one_line():
    done = proof(EMBED_MODEL="no/such/folder")
    assert done.returncode == 1 and done.stderr.startswith("'no/such/folder' does not exist")
    assert len(done.stderr.strip().splitlines()) == 1
