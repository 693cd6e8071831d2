"""Fixtures that several test files share, the order of the files, and the memory of each kernel."""
import functools
import importlib.util
import io
import os
import pathlib
import sys

import psutil
import pytest

pytest.register_assert_rewrite("cores", "downloads", "other_programs", "pairs", "small_errors")

ROOT = pathlib.Path(__file__).parents[1]
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")       # two workers run side by side: one thread each

# Saved outputs are the embedded model's, so nbval compares on it whatever is chosen; the tests of a
# chosen model find it here. Workers inherit this process's environment.
if os.environ.get("EMBED_MODEL"):
    os.environ["CHOSEN_MODEL"] = os.environ.pop("EMBED_MODEL")

# The most memory that a notebook's kernel may take, in MB. Binder gives 2 GB to it, JupyterLab and
# everything else.
LIMIT_MB = 1200
LIMITS_MB = {"11_where_meaning_comes_from.ipynb": 1600,     # four models, the gradients of one
             "12_fast.ipynb": 1400}                         # the model in 32, 16 and 8 bits

# The files that take longest go first, so that two workers end together; the rest as collected.
LONGEST = ["12_fast.ipynb", "11_where_meaning_comes_from.ipynb", "test_diagnose_confusion.py",
           "test_bge_notebooks.py", "test_bge_notebooks_odd.py", "test_mutants.py",
           "test_own_folders.py", "07_rebuild.ipynb", "10_three_vectors.ipynb",
           "09_why_is_my_vector_different.ipynb"]


def limit_mb(name):
    """The limit of a notebook, by its file name; a lesson's "Memory" line says the same."""
    return LIMITS_MB.get(name, LIMIT_MB)


@pytest.fixture
def run_py():
    """run.py as a module, new for each test: what is patched in it stays there."""
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Terminal(io.StringIO):
    """What was printed, and in `seen` what a reader has before his eyes: what was flushed."""
    seen = ""

    def flush(self):
        self.seen = self.getvalue()


@pytest.fixture
def terminal(monkeypatch):
    """A function that puts a Terminal in stdout's place: is a line seen before the work it tells?

    (pytest has its own stdout for a test, and another one for its fixtures.)
    """
    def begin():
        monkeypatch.setattr(sys, "stdout", Terminal())
        return sys.stdout
    return begin


@pytest.fixture(scope="session")
def tiny_bge(tmp_path_factory):
    """The folder of a small random model in bge-m3's form (do not write into it: copy it first)."""
    from tiny import build_bge
    return build_bge(tmp_path_factory.mktemp("models") / "tiny-bge")


@pytest.fixture(scope="session")
def chosen_model():
    """The folder of the model in EMBED_MODEL, if the tests were started with one."""
    if not os.environ.get("CHOSEN_MODEL"):
        pytest.skip("no model is chosen: EMBED_MODEL=bge-m3 python3 run.py test")
    from helpers import model_dir
    return model_dir(os.environ["CHOSEN_MODEL"])


def pytest_collection_modifyitems(items):
    """Put the longest files first, and watch the kernel's memory over every notebook cell.

    (A hook for each item would not reach notebooks/ from here.)
    """
    rank = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.name, len(rank)))
    for item in items:
        if hasattr(item, "cell"):
            item.runtest = functools.partial(watched, item, item.runtest)


def watched(item, runtest):
    """Run a cell, note the kernel's peak memory, and fail a cell that takes it over the limit.

    What the cell wrote to stderr stands beside its failure: nbval says only that there was some.
    """
    try:
        runtest()
    finally:
        for output in item.test_outputs or ():
            if output.get("name") == "stderr":
                item.add_report_section("call", "stderr of the cell", output["text"])
    peak, limit = peak_memory(item.parent.kernel.km.provisioner.pid), limit_mb(item.path.name)
    item.user_properties.append(("peak MB", (item.path.name, peak)))
    if peak > limit:
        raise MemoryError(f"the kernel's peak is {peak} MB; the limit is {limit} MB")


def peak_memory(pid):
    """The most memory that a process has held so far, in MB (on macOS: what it holds now)."""
    if sys.platform == "linux":
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024 // 10**6
    memory = psutil.Process(pid).memory_info()
    return getattr(memory, "peak_wset", memory.rss) // 10**6


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    return refuse_skip(item.path, (yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return refuse_skip(collector.path, (yield))


def refuse_skip(path, report):
    """In CI a browser test that is skipped has failed: nobody would see that nothing was tested."""
    if report.skipped and os.environ.get("CI") and path.parent.name == "browser":
        report.outcome, report.longrepr = "failed", f"skipped in CI: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter):
    peaks = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "peak MB":
                    peaks[value[0]] = max(value[1], peaks.get(value[0], 0))
    if peaks:
        terminalreporter.section("peak memory of each notebook's kernel, and its limit")
        for name, peak in sorted(peaks.items()):
            terminalreporter.write_line(f"{name:<36} {peak:>5} of {limit_mb(name)} MB")
