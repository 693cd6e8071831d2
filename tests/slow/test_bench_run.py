"""The benchmarks' own run, as small as it can be: processes of ours, of LangChain, of the limit."""
import json
import subprocess
import sys
from pathlib import Path

import memory
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
TINY = """
import sys
sys.path.insert(0, {folder!r})
import bench, methods, peers, texts
peers.set_up = lambda model, options: {{name: "not asked for" for name in peers.PACKAGES}}
texts.QUICK = dict(mixed=4, short=4, long=1, many=200)
methods.QUICK = dict(throughput=("ours", "langchain", "limit", "budget"))
measure = bench.measure
bench.measure = lambda *given: (done := measure(*given), print(bench.parts.json.dumps(done)))[0]
bench.main(["--quick", "throughput", "memory"])
"""


@pytest.fixture(scope="module")
def said():
    """What the program prints, and the numbers that it measured."""
    done = subprocess.run([sys.executable, "-c", TINY.format(folder=str(BENCHMARKS))],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    numbers, _, page = done.stdout.partition("\n### Goals\n")
    return json.loads(numbers.splitlines()[-1]), page


def test_everything_was_measured_in_processes(said):
    data, above = said[0]["throughput"], said[0]["memory"]
    assert data["failed"] == {"budget": "not asked for"} and above["failed"] == {}
    for corpus in ("mixed", "short", "long"):
        seconds = data["seconds"][corpus]
        assert seconds.keys() == {"ours", "langchain"}
        assert all(len(each) == 2 and min(each) > 0 for each in seconds.values())
        assert data["delta"][corpus]["langchain"] == 0 < data["delta"][corpus]["ours"] < 1e-5
    assert all(len(rates) == 2 and max(rates) > 0.1 for rates in data["rates"].values())
    assert "linear, one core on each" in data["rates"]
    assert data["threads"]["ours"]["versions"].keys() >= {"torch", "tokenizers", "numpy"}
    assert above["ways"].keys() == {"encode", "encode_iter"}
    assert all(way["loaded"] > 50 for way in above["ways"].values())


def test_the_page_has_its_tables_and_no_path(said):
    page = said[1]
    for title in ("Throughput: mixed", "Throughput: short", "Throughput: long", "The limit",
                  "Memory for 200 short texts", "Where and when", "Versions"):
        assert f"### {title}" in page, title
    assert "our token-budget batches | not asked for |" in page
    assert "| **`helpers.Encoder`** |" in page and "This was --quick" in page
    assert str(BENCHMARKS.parent) not in page


def test_a_row_of_the_table_of_bge_m3s_memory(tiny_bge):
    line = memory.row("float32", "ours", str(tiny_bge))
    label, peak, own, load, first, speed = line.split()
    assert label == "float32" and 0.1 < float(own) <= float(peak) < 5, line
    assert float(load) > float(first) >= 0 and float(speed) > 10, line
