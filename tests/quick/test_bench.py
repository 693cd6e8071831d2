"""The benchmarks' instrument, without the other programs: texts, operations, goals, reasons, and a run that is tiny."""
import itertools
import re

import bench
import extra
import numpy as np
import pool
import pytest
import report
import targets
import texts
from limit import flops

import helpers

FOLDER = helpers.model_dir("all-MiniLM-L6-v2")


def some(kind, n):
    return list(itertools.islice(texts.stream(FOLDER, kind), n))


def test_texts_are_the_same_for_the_seed_and_have_the_promised_lengths():
    mixed, short, long = some("mixed", 200), some("short", 200), some("long", 20)
    assert mixed == some("mixed", 200) and short == some("short", 300)[:200] and len(set(mixed)) == 200
    words = [len(text.split()) for text in mixed]
    assert 34 <= np.median(words) <= 46 and max(texts.count_tokens(FOLDER, mixed)) <= 256
    assert max(words) > 4 * np.median(words), "log-normal: some are much longer"
    assert {len(text.split()) for text in short} == set(range(6, 17))
    assert min(texts.count_tokens(FOLDER, long)) >= 256
    assert texts.count_tokens(FOLDER, [texts.query(FOLDER)]) == [13]
    pieces = sum(texts.count_tokens(FOLDER, mixed)) / sum(words)
    assert 1.1 < pieces < 1.5, "some words need two tokens"


def test_operations_equal_a_count_by_hand():
    config = {"hidden_size": 4, "intermediate_size": 8, "num_hidden_layers": 3}
    by_hand = 0
    for T in (1, 5):
        for _ in range(3):
            for rows, inner, columns in [(T, 4, 4)] * 4 + [(T, 4, 8), (T, 8, 4), (T, 4, T), (T, T, 4)]:
                by_hand += 2 * rows * inner * columns       # a product of (rows, inner) and (inner, columns)
    assert flops([1, 5], config) == by_hand


def numbers(ours):
    """Results in which LangChain takes 2 seconds for what a perfect pass takes 1 for."""
    return {"throughput": {"corpora": {"mixed": {"gflop": 100, "texts": 1, "tokens": 1}},
                           "seconds": {"mixed": {"ours": ours, "langchain": [2.0], "fastembed": [1.5]}},
                           "rates": {"linear, all cores on one": [90, 100, 110]}, "delta": {"mixed": {"ours": 1e-6}},
                           "settings": {}, "failed": {"st-onnx": "will not install: No matching distribution"}},
            "memory": {"texts": 1, "ways": {"encode": {"extra": 151, "result": 1, "loaded": 1},
                                            "encode_iter": {"failed": "AttributeError: no encode_iter"}}}}


def test_a_goal_that_is_missed_is_said_to_be_missed():
    def said(ours):
        return {row[0]: row[-1] for row in targets.targets(numbers(ours)) if "ONNX" not in row[1] and "peer" not in row[1]}
    good, bad = said([1.0, 1.1, 0.9]), said([1.3, 1.4, 1.2])
    assert good["mixed: speed"] == good["mixed: operations of a perfect pass ÷ time"] == "reached"
    assert bad["mixed: speed"] == bad["mixed: operations of a perfect pass ÷ time"] == "**not reached**"
    assert good["short: speed"] == "not measured"
    assert good["memory above the loaded model and the result, 50,000 short texts"] == "**not reached**"
    peer = next(row for row in targets.targets(numbers([1.0])) if "peer" in row[1])
    assert "fastembed" in peer[1] and peer[3:] == ("1.50×", "reached")


def test_what_fails_is_reported_with_its_reason():
    data = numbers([1.0])
    assert "ONNX | will not install: No matching distribution" in report.throughput(data)
    assert "`encode_iter` | AttributeError: no encode_iter" in report.memory(data["memory"])


def test_the_readme_is_made_from_all_parts_that_were_ever_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "HERE", tmp_path)
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{report.MARKS[0]}\nold\n{report.MARKS[1]}\nafter\n")
    ran = {"took": 60, "machine": report.machine()}
    report.keep({"throughput": {**numbers([1.0])["throughput"], "threads": {}, **ran}})
    report.keep({"growth": {"ms": {1000: [1.0], 2000: [1.05]}, "failed": {}, **ran}})
    written = readme.read_text()
    assert written.startswith("before\n") and written.endswith("after\n") and "\nold\n" not in written
    assert "### Throughput: mixed" in written and "| 2,000 | 1.050 |" in written and written.count("### Goals") == 1
    assert "](throughput.png)" in written and (tmp_path / "throughput.png").stat().st_size > 5000
    for line, after in itertools.pairwise(written.splitlines()):
        assert not (line.startswith("|") and after.startswith("|")) or line.count("|") == after.count("|"), line


def test_a_method_that_cannot_load_is_kept_with_its_reason_and_no_path(tmp_path):
    made = pool.Pool({"model": str(tmp_path / "no model here")}, {"onnx": "will not install: no wheel"})
    assert made.start(["tf-1", "budget"]) == [] and made.ask("tf-1", do="about") is None
    made.close()
    assert re.match(r"\w+: \S", made.failed["tf-1"]) and made.failed["budget"] == "will not install: no wheel"
    assert str(tmp_path.parent) not in made.failed["tf-1"]
    assert "st-o2" in made.failed and "ours" not in made.failed


def test_a_process_that_ends_is_a_failure_too():
    worker = pool.Worker("ours", {"model": FOLDER})
    worker.process.kill()
    with pytest.raises(pool.Failed, match="ended with status"):
        worker.wait()
    worker.close()


def test_memory_counts_the_blocks_of_encode_iter(tmp_path, monkeypatch, capsys):
    class Fake:
        def __init__(self, folder):
            pass

        def encode(self, texts):
            return np.zeros((len(texts), 4), dtype=np.float32)

        def encode_iter(self, texts):
            for text in texts:
                yield self.encode([text])
    monkeypatch.setattr(helpers, "Encoder", Fake, raising=False)
    (tmp_path / "many.json").write_text('["a", "b", "c"]')
    for way, size in (("encode", 48 / 1e6), ("encode_iter", 0)):
        extra.main(way, "", tmp_path / "many.json")
        assert f'"result": {size}' in capsys.readouterr().out
    monkeypatch.setattr(Fake, "encode_iter", lambda self, texts: iter([np.zeros((2, 4))]))
    with pytest.raises(AssertionError, match="2 vectors for 3 texts"):
        extra.main("encode_iter", "", tmp_path / "many.json")


def test_a_tiny_run_of_ours_and_langchain(tmp_path, monkeypatch):
    monkeypatch.setattr(bench.parts, "named", lambda part, quick=False: ["ours", "langchain"])
    given = {"mixed": some("mixed", 4), "short": some("short", 4), "long": some("long", 1)}
    run = bench.Run(FOLDER, tmp_path, {}, True, corpora={**given, "peak": given["mixed"], "many": given["short"]})
    done = bench.measure(run, ["throughput", "query"])
    data = done["throughput"]
    assert data["failed"] == {} and all(len(s) == 2 for c in data["seconds"].values() for s in c.values())
    assert all(data["delta"][corpus]["ours"] < 1e-5 for corpus in given)
    assert max(data["rates"]["linear, all cores on one"]) > 0.1
    shown = report.text(done)
    assert "| **`helpers.Encoder`** |" in shown and "One short query" in shown and str(tmp_path) not in shown
