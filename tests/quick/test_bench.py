"""The benchmarks' instrument without the programs: texts, plans, ratios, goals, tables, reasons."""
import importlib.util
import itertools
import json
import pathlib
import re
import subprocess
import sys
from unittest import mock

import numpy as np
import parts
import peers
import processes
import pytest
import report
import texts
import worker
from goals import goals, speeds
from limit import flops
from loaders import in_order, within_budget
from memory import Peak
from methods import METHODS, named

import helpers

FOLDER = helpers.model_dir("all-MiniLM-L6-v2")
BENCHMARKS = pathlib.Path(report.__file__).parent
PUBLISHED = json.loads((BENCHMARKS / "results.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def bench():
    """benchmarks/bench.py, by its path: tools/ has a file of that name too."""
    spec = importlib.util.spec_from_file_location("the_bench", BENCHMARKS / "bench.py")
    module, path = importlib.util.module_from_spec(spec), list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = path
    return module


class Fake(processes.Run):
    """A run whose methods answer at once: seconds of an index for `run`, what a test gives else."""

    def __init__(self, tmp_path, answers=None, missing=(), quick=False):
        some = {name: ["a text"] * 3 for name in (*texts.SIZES, "peak", "some", "warm")}
        super().__init__(FOLDER, tmp_path, dict(missing), quick, some)
        self.answers, self.asked = answers or {}, []

    def ask(self, name, **job):
        if name not in self.failed:
            self.asked.append((name, job))
            return self.answers.get(name, {"seconds": [1.0]})


def test_texts_are_the_same_for_the_seed_and_have_the_promised_lengths():
    mixed, short, long = (list(itertools.islice(texts.stream(FOLDER, kind), n))
                          for kind, n in (("mixed", 150), ("short", 200), ("long", 9)))
    assert mixed[:20] == list(itertools.islice(texts.stream(FOLDER, "mixed"), 20))
    words = [len(text.split()) for text in mixed]
    assert len(set(mixed)) == 150 and 34 <= np.median(words) <= 46
    assert max(texts.count_tokens(FOLDER, mixed)) <= 256
    assert max(words) > 4 * np.median(words), "log-normal: some are much longer"
    assert {len(text.split()) for text in short} == set(range(6, 17))
    assert min(texts.count_tokens(FOLDER, long)) >= 256
    assert texts.count_tokens(FOLDER, [texts.query(FOLDER)]) == [13]
    pieces = sum(texts.count_tokens(FOLDER, mixed)) / sum(words)
    assert 1.1 < pieces < 1.5, "some words need two tokens"


@pytest.mark.parametrize("corpus", ["short", "long"])
def test_the_published_figures_were_measured_on_these_texts(corpus, tmp_path):
    run = Fake(tmp_path)
    run.corpora[corpus] = list(itertools.islice(texts.stream(FOLDER, corpus), texts.SIZES[corpus]))
    assert parts.facts(run, corpus) == PUBLISHED["throughput"]["corpora"][corpus]


def test_the_corpora_of_the_parts(monkeypatch):
    monkeypatch.setattr(
        texts, "stream", lambda folder, kind: (f"{kind} {i}" for i in range(50_001)))
    full, quick = texts.corpora(FOLDER), texts.corpora(FOLDER, quick=True)
    assert {name: len(made) for name, made in full.items()} == {
        "mixed": 400, "short": 500, "long": 100, "many": 50_000, "peak": 300, "some": 200,
        "warm": 16}
    assert full["many"][0] == "short 0" and full["peak"] == full["mixed"][:300]
    assert all(len(quick[name]) <= len(full[name]) for name in full) and len(quick["mixed"]) == 60


def test_operations_equal_a_count_by_hand():
    config = {"hidden_size": 4, "intermediate_size": 8, "num_hidden_layers": 3}
    by_hand = 0
    for T in (1, 5):
        for _ in range(3):
            products = [(T, 4, 4)] * 4 + [(T, 4, 8), (T, 8, 4), (T, 4, T), (T, T, 4)]
            for rows, inner, columns in products:
                by_hand += 2 * rows * inner * columns       # (rows, inner) times (inner, columns)
    assert flops([1, 5], config) == by_hand


def test_the_methods_of_each_part():
    assert {part: len(named(part)) for part in report.PARTS} == {
        "throughput": 17, "query": 13, "cold": 8, "memory": 2, "growth": 1, "dtype": 3, "gpu": 4}
    assert named("cold", quick=True) == ["ours", "langchain", "import torch"]
    assert all({"ours", "langchain"} <= set(named(part, quick=True)) <= set(named(part))
               for part in ("throughput", "query", "cold"))
    assert {method.needs for method in METHODS.values()} - {""} == set(peers.PACKAGES)


def test_peers_compute_in_float32_and_are_fed_as_they_ship():
    assert {name for name, method in METHODS.items() if method.peer} == {
        "st", "st-onnx", "st-o2", "st-openvino", "fastembed", "fastembed-best", "flag"}
    said = {name: "int8" in method.label for name, method in METHODS.items()}
    assert {name for name in said if said[name]} == {"ct2-int8", "st-int8"}
    assert {"ct2-int8", "st-int8"} <= set(named("throughput")) & set(named("query"))


def test_int8_weights_are_those_of_the_processor():
    assert [peers.int8_for(flags) for flags in (
        ["avx2", "fma"], ["avx2", "avx512f"], ["avx512f", "avx512_vnni"], ["asimd", "bf16"])] == [
        "avx2", "avx512", "avx512_vnni", "arm64"]


def test_the_fastest_batch_is_used(tmp_path, monkeypatch):
    run = Fake(tmp_path)
    cost = {8: 3.0, 16: 1.0, 32: 2.0, 64: 4.0}
    monkeypatch.setattr(run, "ask", lambda name, **job: {"seconds": [cost[job["batch"]]]})
    assert parts.tune(run, "st") == 16
    monkeypatch.setattr(run, "ask", lambda name, **job: None)
    assert parts.tune(run, "st") is None


def test_every_job_is_done_in_every_round_in_shuffled_order(tmp_path):
    run = Fake(tmp_path, {"b": {"seconds": [2.0, 3.0]}, "c": None})
    jobs = {what: (what, {"do": "run"}) for what in "abcdefgh"}
    seconds = run.timed(3, jobs)
    assert seconds["a"] == [1.0] * 3 and seconds["b"] == [2.0, 3.0] * 3 and seconds["c"] == []
    rounds = ["".join(name for name, _ in run.asked[i:i + 8]) for i in (0, 8, 16)]
    assert all(sorted(order) == sorted(jobs) for order in rounds) and len(set(rounds)) == 3


def test_throughput_asks_everybody_in_every_round_and_the_limit_between(tmp_path, monkeypatch):
    rates = {"linear": 7.0}
    run = Fake(tmp_path, {"limit": {"rates": rates}, "tf-1": {"seconds": [9.0]}},
               {"onnx": "no wheel"})
    monkeypatch.setattr(run, "vectors", lambda name, corpus: np.full((3, 2), len(name), np.float32))
    data = parts.throughput(run)
    assert data["rates"] == {"linear": [7.0] * 20}
    rounds = {corpus: {name: len(s) for name, s in each.items()}
              for corpus, each in data["seconds"].items()}
    ready = [name for name in named("throughput")
             if METHODS[name].needs != "onnx" and name != "limit"]
    assert rounds == dict.fromkeys(parts.CORPORA, dict.fromkeys(ready, 5)), "slow ones too"
    assert "st-o2" not in rounds["mixed"] and "fastembed" in rounds["mixed"]
    assert data["delta"]["long"]["ours"] == len("langchain") - len("ours")
    saved = [job["save"] for name, job in run.asked if name == "st" and job.get("save")]
    assert [pathlib.Path(file).name for file in saved] == [f"st {c}.npy" for c in parts.CORPORA]


def test_query_and_growth_are_per_call_and_per_text(tmp_path):
    run = Fake(tmp_path, {"ours": {"seconds": [0.001] * 18 + [0.1] * 2}})
    data = parts.query(run)
    assert data["tokens"] == 13 and data["ms"]["ours"]["calls"] == 15 * 20
    assert data["ms"]["ours"]["p50"] == pytest.approx(1) and data["ms"]["st"]["p95"] == 1000
    assert data["ms"]["ours"]["p95"] == pytest.approx(100)
    run = Fake(tmp_path, {"ours": {"seconds": [3.0]}})
    run.corpora["many"] = ["a"] * 20_000
    sizes = (1000, 2000, 5000, 10_000, 20_000)
    assert parts.growth(run)["ms"] == {n: [3000 / n] * 2 for n in sizes}
    assert {len(job["texts"]) for _, job in run.asked} == set(sizes)


def test_a_cold_start_is_a_new_process_each_time(tmp_path, monkeypatch):
    class Process:
        made = []

        def __init__(self, name, model):
            self.name, self.began, self.asked = name, 1.0, []
            self.made.append(self)

        def answer(self):
            self.asked.append("loaded")
            if self.name == "st":
                raise processes.Failed("ImportError: nothing")

        def ask(self, **job):
            self.asked.append(job["do"])

        def peak(self):
            return 123.0

        def close(self):
            self.asked.append("closed")
    monkeypatch.setattr(processes, "Worker", Process)
    monkeypatch.setattr(parts.time, "perf_counter", lambda: 2.5)
    run = Fake(tmp_path, missing={"onnx": "", "fastembed": "", "FlagEmbedding": ""})
    data = parts.cold(run)
    assert data["seconds"]["ours"] == [1.5] * 3 and data["peak"]["ours"] == [123.0]
    assert data["seconds"]["import torch"] == [1.5] * 3 and "import torch" not in data["peak"]
    assert data["seconds"]["st"] == [] and run.failed["st"] == "ImportError: nothing"
    mine = [process.asked for process in Process.made if process.name == "ours"]
    assert mine == [["loaded", "query", "run", "closed"]] + [["loaded", "query", "closed"]] * 2


def test_what_a_smaller_format_loses():
    full = {"some": np.eye(2), "questions": np.eye(2, 6), "passages": np.eye(6)}
    mine = {"some": np.array([[1, 0], [0.6, 0.8]]), "passages": np.eye(6),
            "questions": np.array([[1, 0, 0, 0, 0, 0], [2.0, 1, 0, 0, 0, 0]])}
    assert parts.loss(full, full) == {"delta": 0, "cosine": 1, "right": 2, "questions": 2,
                                      "changed": 0}
    assert parts.loss(mine, full) == {"delta": 0.6, "cosine": 0.8, "right": 1, "questions": 2,
                                      "changed": 1}


def test_batches_within_a_budget_and_back_in_order():
    lengths = [1000, 10, 1024, 1025, 3000, 20]
    batches = within_budget(lengths)
    assert batches == [[1, 5], [0, 2], [3], [4]]
    vectors = in_order(batches, lambda chosen: np.array([[lengths[i]] for i in chosen]))
    assert vectors[:, 0].tolist() == lengths and vectors.dtype == np.float32


def numbers(ours):
    """Results in which LangChain takes 2 seconds for what a perfect pass takes 1 for."""
    return {"throughput": {
        "corpora": {"mixed": {"gflop": 100, "texts": 1, "tokens": 1}}, "settings": {"fastembed": 8},
        "seconds": {"mixed": {"ours": ours, "langchain": [2.0], "fastembed": [1.5]}},
        "rates": {"linear, all cores on one": [90, 100, 110], "another": [1, 99, 100]},
        "delta": {"mixed": {"ours": 1e-6}},
        "failed": {"st-onnx": "will not install: No matching | distribution"}},
        "memory": {"texts": 1, "ways": {"encode": {"extra": 151, "result": 1, "loaded": 1}},
                   "failed": {"encode_iter": "AttributeError: no encode_iter"}}}


def test_speeds_are_those_of_a_pocket_calculator():
    found = speeds(numbers([1.25, 1.0, 9.0]))["mixed"]
    assert list(found) == ["ours", "fastembed", "langchain"], "the fastest first"
    assert found["ours"] == (1.25, 80, 0.8, 1.6) and found["langchain"] == (2, 50, 0.5, 1)
    alone = numbers([1.25])
    alone["throughput"]["rates"] = {}
    del alone["throughput"]["seconds"]["mixed"]["langchain"]
    assert speeds(alone)["mixed"]["ours"] == (1.25, 80, None, None) and speeds({}) == {}


def test_a_goal_that_is_missed_is_said_to_be_missed():
    good, bad = ({row[0]: row[-1] for row in goals(numbers(ours))
                  if "ONNX" not in row[1] and "peer" not in row[1]}
                 for ours in ([1.0, 1.1, 0.9], [1.3, 1.4, 1.2]))
    of_limit, missed = "mixed: operations of a perfect pass ÷ time", "**not reached**"
    assert good["mixed: speed"] == good[of_limit] == "reached"
    assert bad["mixed: speed"] == bad[of_limit] == missed
    assert good["short: speed"] == "not measured"
    assert good["memory above the loaded model and the result, 50,000 short texts"] == missed
    peer = next(row for row in goals(numbers([1.0])) if "peer" in row[1])
    assert "fastembed" in peer[1] and peer[3:] == ("1.50×", "reached")
    assert len(goals({})) == 15 and {row[-1] for row in goals({})} == {"not measured"}


@pytest.mark.parametrize("goal, part, reached, missed", [
    ("p50: time, LangChain", "query",
     {"ms": {"ours": {"p50": 5, "p95": 9}, "langchain": {"p50": 10, "p95": 10}}},
     {"ms": {"ours": {"p50": 6, "p95": 1}, "langchain": {"p50": 10, "p95": 10}}}),
    ("p50: time, ONNX", "query",
     {"ms": {"ours": {"p50": 5, "p95": 9}, "budget": {"p50": 5, "p95": 1}}},
     {"ms": {"ours": {"p50": 6, "p95": 1}, "budget": {"p50": 5, "p95": 9}}}),
    ("p95", "query", {"ms": {"ours": {"p50": 9, "p95": 5}, "langchain": {"p50": 10, "p95": 10}}},
     {"ms": {"ours": {"p50": 1, "p95": 6}, "langchain": {"p50": 10, "p95": 10}}}),
    ("first vector", "cold", {"seconds": {"ours": [3, 9, 1], "langchain": [10]}},
     {"seconds": {"ours": [4, 9, 1], "langchain": [10]}}),
    ("peak memory", "cold", {"peak": {"ours": [6], "langchain": [10]}},
     {"peak": {"ours": [7], "langchain": [10]}}),
    ("50,000", "memory", {"ways": {"encode": {"extra": 150}}},
     {"ways": {"encode": {"extra": 151}}}),
    ("time per text", "growth", {"ms": {"1": [10], "2": [10.9]}},
     {"ms": {"1": [10], "2": [11.1]}})])
def test_each_other_goal_is_reached_at_its_bound_and_missed_above(goal, part, reached, missed):
    for data, said in ((reached, "reached"), (missed, "**not reached**")):
        assert [row[-1] for row in goals({part: data}) if goal in ", ".join(row[:2])] == [said]


def test_what_fails_is_reported_with_its_reason():
    data = numbers([1.0])
    shown = report.throughput(data)
    assert "ONNX | will not install: No matching \\| distribution |" in shown
    assert "| `encode_iter` | AttributeError: no encode_iter |" in report.memory(data)
    assert "fastembed, its defaults, batch 8 | 1.50 | 1.50–1.50 | 1 | 1.33 | 67 | 67% |" in shown
    assert "| linear, all cores on one | 100 | 90–110 | 3 |" in shown


def test_on_a_gpu_each_format_is_compared_with_its_own():
    shown = report.gpu({"gpu": {"median": {"gpu-st": 8.0, "gpu": 2.0, "gpu-st-half": 3.0,
                                           "gpu-half": 2.0}, "failed": {}}})
    assert [line.split(" | ")[-1] for line in shown.splitlines()[4:]] == [
        "1.00 |", "4.00 |", "1.00 |", "1.50 |"]


def test_the_published_page_says_what_the_published_numbers_say():
    import chart
    page = (BENCHMARKS / "README.md").read_text("utf-8")
    shown = page.partition(report.MARKS[0])[2].partition(report.MARKS[1])[0]
    assert shown == f"\n\n![{chart.alt(PUBLISHED)}](throughput.png)\n\n{report.text(PUBLISHED)}\n"


def test_the_picture_has_a_bar_for_each_share_of_the_limit():
    import chart
    figure = chart.draw(PUBLISHED)
    for axis, (corpus, methods) in zip(figure.axes, speeds(PUBLISHED).items(), strict=True):
        bars = {round(bar.get_y() + 0.4): bar.get_width() for bar in axis.patches}
        order = list(reversed(speeds(PUBLISHED)["mixed"]))
        assert bars == {i: 100 * methods[name].of_limit for i, name in enumerate(order)}, corpus
        rounds = PUBLISHED["throughput"]["seconds"][corpus]["ours"]
        at = [line.get_ydata()[0] for line in axis.lines].index(order.index("ours"))
        slowest, fastest = axis.lines[at].get_xdata()
        assert fastest / slowest == pytest.approx(max(rounds) / min(rounds))


def test_the_page_is_made_from_all_parts_that_were_ever_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "HERE", tmp_path)
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{report.MARKS[0]}\nold\n{report.MARKS[1]}\nafter\n")
    ran = {"took": 60, "machine": report.machine()}
    report.keep({"throughput": {**numbers([1.0])["throughput"], "threads": {}, **ran}})
    report.keep({"growth": {"ms": {1000: [1.0], 2000: [1.05]}, "failed": {}, **ran}})
    written = readme.read_text()
    assert written.startswith("before\n") and written.endswith("after\n")
    assert "\nold\n" not in written and written.count("### Goals") == 1
    assert "### Throughput: mixed" in written and "| 2,000 | 1.050 |" in written
    assert "](throughput.png)" in written
    assert (tmp_path / "throughput.png").stat().st_size > 5000
    for line, after in itertools.pairwise(written.replace("\\|", "").splitlines()):
        both = line.startswith("|") and after.startswith("|")
        assert not both or line.count("|") == after.count("|"), line


def test_a_run_says_on_what_machine_how_long_and_what_failed(bench, tmp_path, monkeypatch):
    monkeypatch.setattr(bench.parts, "growth", lambda run: {"ms": {1: [2.0]}})
    run = Fake(tmp_path)
    run.failed["ours"] = run.failed["gpu"] = "ImportError: nothing"
    done = bench.measure(run, ["growth"])["growth"]
    assert done["failed"] == {"ours": "ImportError: nothing"} and 0 <= done["took"] < 5
    machine = done["machine"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", machine["date"]) and machine["processor"]
    assert machine["cores"] >= 1 and machine["python"] == ".".join(map(str, sys.version_info[:3]))
    row = f"| growth | {machine['date']} | 0.0 | {machine['processor']} | {machine['cores']} |"
    assert row in report.text({"growth": done})


def test_the_words_of_the_command_line(bench, tmp_path, monkeypatch, capsys):
    kept, measured = [], []
    monkeypatch.setattr(bench.peers, "set_up", lambda model, options: {"onnx": "no wheel"})
    monkeypatch.setitem(sys.modules, "run", type("run", (), {"cpu_torch": tuple}))
    monkeypatch.setattr(bench, "Run", lambda *given: given)
    monkeypatch.setattr(bench, "measure", lambda run, names: measured.append((run, names)) or {})
    monkeypatch.setattr(bench.report, "keep", lambda done: kept.append(done) or done)
    bench.main(["--quick", "query", "cold"])
    (model, _, missing, quick), names = measured.pop()
    assert (model, missing, quick, names) == (FOLDER, {"onnx": "no wheel"}, True, ["query", "cold"])
    assert not kept and "This was --quick" in capsys.readouterr().out
    bench.main([])
    assert sorted(measured[0][1]) == sorted(report.PARTS)
    assert len(kept) == 1 and "### Goals" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        bench.main(["nonsense"])
    assert "invalid choice: 'nonsense'" in capsys.readouterr().err


def test_a_method_that_cannot_load_is_kept_with_its_reason_and_no_path(tmp_path):
    run = processes.Run(str(tmp_path / "no model here"), tmp_path, {"onnx": "no wheel"},
                        corpora={"warm": []})
    assert run.ask("limit", do="query") is run.ask("budget") is run.ask("limit") is None
    assert run.failed["budget"] == run.failed["st-o2"] == "no wheel" and "ours" not in run.failed
    assert re.fullmatch("FileNotFoundError: .+", run.failed["limit"]), "one line"
    assert not run.workers, "its process is ended"
    assert str(tmp_path.parent) not in run.failed["limit"]
    reason = run.failed.pop("limit")
    assert run.alone("limit", lambda worker: 1 / 0) is None and run.failed["limit"] == reason


def test_a_process_that_ends_is_a_failure_too():
    process = processes.Worker("limit", FOLDER)
    process.process.kill()
    with pytest.raises(processes.Failed, match="ended with status"):
        process.answer() and process.answer()
    process.close()


def test_a_method_has_the_python_and_the_threads_that_it_should(monkeypatch):
    started = []
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(processes.subprocess, "Popen",
                        lambda words, env, **given: started.append((words, env)))
    monkeypatch.setattr(processes, "cores", lambda: 7)
    for name in ("ours", "flag"):
        processes.Worker(name, FOLDER)
    assert [words[0] for words, _ in started] == [sys.executable, peers.PYTHON]
    for words, env in started:
        assert {env[name] for name in processes.THREADS} == {"7"}, "one budget for all"
        assert json.loads(words[-1])["threads"] == 7 and env["HF_HUB_OFFLINE"] == "1"


def test_programs_that_do_not_ask_the_environment_are_told_the_threads(monkeypatch):
    modules = ("sentence_transformers", "onnxruntime", "ctranslate2", "fastembed",
               "fastembed.common", "fastembed.common.model_description")
    st, onnx, ct2, fast, *_ = (mock.MagicMock() for _ in modules)
    for name, module in zip(modules, (st, onnx, ct2, fast, fast, fast), strict=True):
        monkeypatch.setitem(sys.modules, name, module)
    place = {"model": FOLDER, "onnx": ".", "openvino": ".", "ctranslate2": ".", "threads": 7}
    for name in ("st-openvino", "st-int8", "ct2", "fastembed", "budget"):
        METHODS[name].load(place, **METHODS[name].options)
    openvino, int8 = (call.kwargs["model_kwargs"] for call in st.SentenceTransformer.mock_calls
                      if "model_kwargs" in call.kwargs)
    session = onnx.SessionOptions.return_value
    assert openvino["ov_config"]["INFERENCE_NUM_THREADS"] == session.intra_op_num_threads == 7
    assert session is int8["session_options"] is onnx.InferenceSession.call_args.args[1]
    assert ct2.Encoder.call_args.kwargs == {
        "compute_type": "float32", "inter_threads": 1, "intra_threads": 7}
    assert fast.TextEmbedding.call_args.kwargs["threads"] == 7


def test_the_jobs_of_a_process(tmp_path):
    calls = []
    done = worker.run(lambda given, batch: calls.append((given, batch)) or [[1, 2]], None, ["a"], 8,
                      str(tmp_path / "v.npy"))
    assert calls == [(["a"], 8)] and 0 <= done["seconds"][0] < 1
    assert np.load(tmp_path / "v.npy").tolist() == [[1, 2]]
    asked = worker.ask(None, lambda text: [1.0], "a", 3)
    assert len(asked["seconds"]) == 3 and asked["rates"] is None
    assert worker.ask(None, lambda text: {"linear": 1.0}, "")["rates"] == {"linear": 1.0}
    assert worker.about(None, None)["versions"]["numpy"] == np.__version__


HOLD = """
import json
import numpy as np
import worker

held = []

def encode(given, batch):
    if len(given) > 100:
        held.append(np.ones(50_000_000, dtype=np.uint8))
    return np.ones((len(given), 50_000), dtype=np.float32)

print(json.dumps(worker.memory(encode, None, ["a"] * 200)))
"""


def test_memory_is_counted_above_the_model_and_the_result():
    """In a process of its own: here, what other tests left may be given back meanwhile."""
    done = subprocess.run([sys.executable, "-c", HOLD], cwd=BENCHMARKS, check=True,
                          stdout=subprocess.PIPE, text=True)
    data = json.loads(done.stdout)
    assert data["result"] == 40 and 45 < data["extra"] < 70 and data["loaded"] > 15
    assert worker.memory(lambda given, batch: len(given), None, ["a"] * 3)["result"] == 0
    with pytest.raises(ValueError, match="2 vectors for 3 texts"):
        worker.memory(lambda given, batch: 2, None, ["a"] * 3)


def test_a_peak_is_seen_though_it_has_passed():
    with Peak() as peak:
        before = peak.process.memory_info().rss
        block = np.ones(80_000_000, dtype=np.uint8)
        while peak.rss < before + 70_000_000:
            pass
        del block
    assert 70e6 < peak.rss - before < 120e6 and 0 < peak.own < peak.rss


def test_what_the_peers_environment_misses_is_known_without_a_second_try(tmp_path, monkeypatch):
    ran = []

    def complaint(words):
        ran.append(words)
        return {"fastembed": "no wheel", str(tmp_path / "models" / "onnx"): "no graph"}.get(
            str(words[-1]))
    monkeypatch.setattr(peers, "HOME", tmp_path)
    monkeypatch.setattr(peers, "MODELS", tmp_path / "models")
    monkeypatch.setattr(peers, "PYTHON", pathlib.Path(sys.executable))
    monkeypatch.setattr(peers, "complaint", complaint)
    missing = {"onnx": "no onnx file could be made: no graph",
               "fastembed": "will not install: no wheel"}
    assert peers.set_up(FOLDER, ("--no-index",)) == missing and len(ran) == 8
    assert all("-c" in words and BENCHMARKS / "peers.txt" in words and "--no-index" in words
               for words in ran if "pip" in words), "pinned"
    assert peers.set_up(FOLDER) == missing and len(ran) == 8
    state = tmp_path / "state.json"
    state.write_text(state.read_text().replace('"mark": "', '"mark": "0'))
    assert peers.set_up(FOLDER) == missing and len(ran) == 16, "made anew when peers.txt changes"


def test_the_last_line_of_a_complaint():
    say = "import sys; sys.stderr.write('one\\n two \\n\\n'); sys.exit({})"
    assert peers.complaint([sys.executable, "-c", say.format(1)]) == "two"
    assert peers.complaint([sys.executable, "-c", say.format(0)]) is None
    assert peers.complaint([sys.executable, "-c", "raise SystemExit(3)"]) == "exit status 3"
