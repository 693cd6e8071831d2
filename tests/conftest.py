"""Fixtures that several test files share, and the memory of every notebook's kernel."""
import functools
import os
import pathlib
import sys

import psutil
import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")       # two workers run side by side: one thread each

# Saved outputs are the embedded model's, so nbval compares on it whatever is chosen; the tests of a chosen model find it
# here. Workers inherit this process's environment.
if os.environ.get("EMBED_MODEL"):
    os.environ["CHOSEN_MODEL"] = os.environ.pop("EMBED_MODEL")

# The most memory that a notebook's kernel may take, in MB. Binder gives 2 GB to it, JupyterLab and everything else.
LIMIT_MB = 1200
LIMITS_MB = {"11_where_meaning_comes_from.ipynb": 1600}         # it trains: four models and the gradients of one


def limit_mb(name):
    """The limit of a notebook, by its file name; a lesson's "Memory" line says the same (tests/test_notebooks.py)."""
    return LIMITS_MB.get(name, LIMIT_MB)


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
    """Watch the kernel's memory over every notebook cell (a hook per item would not reach notebooks/ from here)."""
    for item in items:
        if hasattr(item, "cell"):
            item.runtest = functools.partial(watched, item, item.runtest)


def watched(item, runtest):
    """Run a cell, note the kernel's peak memory, and fail a cell that takes it over the limit."""
    runtest()
    peak = peak_memory(item.parent.kernel.km.provisioner.pid)
    item.user_properties.append(("peak MB", (item.path.name, peak)))
    if peak > limit_mb(item.path.name):
        raise MemoryError(f"the kernel's peak is {peak} MB; the limit is {limit_mb(item.path.name)} MB")


def peak_memory(pid):
    """The most memory that a process has held so far, in MB (on macOS: what it holds now)."""
    if sys.platform == "linux":
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024 // 10**6
    memory = psutil.Process(pid).memory_info()
    return getattr(memory, "peak_wset", memory.rss) // 10**6


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
