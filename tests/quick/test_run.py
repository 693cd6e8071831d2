"""run.py, without installing anything: what it would start, and the one line that each fault gets."""
import importlib.util
import json
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    python = tmp_path / ".venv" / "bin" / "python"
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", python)
    monkeypatch.setattr(module, "cpu_torch", lambda: ())
    module.calls = []

    def call(*words, quiet=False):
        module.calls.append([str(word) for word in words])
        if "venv" in module.calls[-1]:
            python.parent.mkdir(parents=True)
            python.touch()
        return 0
    monkeypatch.setattr(module, "call", call)
    monkeypatch.setattr(module, "install", lambda *words: module.calls.append(["install", *map(str, words)]))
    return module


def test_sets_up_once_and_again_only_after_a_change(run, tmp_path):
    assert run.set_up() is True
    assert [c for c in run.calls if "venv" in c] and ["install", "-e", f"{tmp_path}[lab,test]"] in run.calls
    run.calls.clear()
    assert run.set_up() is False and run.calls == []
    (tmp_path / "constraints.txt").write_text("torch==2.13.0\n")
    assert run.set_up() is True
    assert not [c for c in run.calls if "venv" in c], "an environment that works is kept"


def test_the_lab_is_this_machines_alone(run, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    run.main(["--port", "9999"])
    proof, lab = run.calls[-2:]
    assert proof[1].endswith("proof.py") and lab[1:4] == ["-m", "jupyter", "lab"]
    assert "--ServerApp.ip=127.0.0.1" in lab and f"--ServerApp.root_dir={run.ROOT}" in lab
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in lab
    assert "--no-browser" in lab and lab[-2:] == ["--port", "9999"] and not any("token" in word for word in lab)
    settings = json.loads((run.ROOT / ".venv/share/jupyter/lab/settings/overrides.json").read_text())
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
    assert settings["@jupyter-widgets/jupyterlab-manager:plugin"]["saveState"] is True
    run.calls.clear()
    run.main(["--no-browser"])
    assert len(run.calls) == 1, "the proof is printed after an installation only"


def test_words_go_on_to_pytest(run, monkeypatch):
    monkeypatch.delenv("EMBED_MODEL", raising=False)
    run.main(["test", "-k", "pooling"])
    assert run.calls[-1][1:] == ["-m", "pytest", "-k", "pooling"]


@pytest.mark.parametrize("browser, installed, calls", [("/usr/bin/chromium", True, 2), ("/usr/bin/chromium", False, 3),
                                                       (None, False, 1)])
def test_what_drives_a_browser_comes_when_there_is_one(run, monkeypatch, browser, installed, calls):
    monkeypatch.delenv("EMBED_MODEL", raising=False)
    monkeypatch.setattr(run.shutil, "which", lambda name: browser if name == "chromium" else None)
    run.set_up()
    run.calls.clear()
    record = run.call
    monkeypatch.setattr(run, "call", lambda *words, quiet=False: record(*words) or (quiet and not installed))
    assert run.main(["test"]) == 0 and len(run.calls) == calls, run.calls
    assert run.calls[-1][1:] == ["-m", "pytest"]
    assert calls < 3 or run.calls[1][-2:] == ["-e", f"{run.ROOT}[browser]"]


@pytest.mark.parametrize("installed", [True, False])
@pytest.mark.parametrize("words, last", [(["site"], "build.py"), (["test", "-m", "site", "-n", "0"], "pytest")])
def test_what_the_web_edition_needs_comes_when_it_is_asked_for(run, monkeypatch, installed, words, last):
    monkeypatch.delenv("EMBED_MODEL", raising=False)
    monkeypatch.setattr(run.shutil, "which", lambda name: None)
    run.set_up()
    run.calls.clear()
    record = run.call
    monkeypatch.setattr(run, "call", lambda *words, quiet=False: record(*words) or (quiet and not installed))
    assert run.main(words) == 0 and any(str(word).endswith(last) for word in run.calls[-1])
    assert (["install", "-e", f"{run.ROOT}[site]"] in run.calls) is not installed
    run.calls.clear()
    run.main(["test", "-k", "pooling"])
    assert not [call for call in run.calls if "myst_nb" in str(call)], "and only then"


def test_a_chosen_model_is_fetched_before_the_tests(run, monkeypatch):
    monkeypatch.setenv("EMBED_MODEL", "bge-m3")
    run.main(["test", "-k", "pooling"])
    fetch, tests = run.calls[-2:]
    assert "model_dir()" in fetch[2] and tests[1:] == ["-m", "pytest", "-n", "1", "-k", "pooling"]
    run.calls.clear()
    monkeypatch.setattr(run, "call", lambda *words, quiet=False: run.calls.append(words) or 1)
    assert run.main(["test"]) == 1 and "-m" not in run.calls[-1], "without the model no test is started"


def test_what_fetching_says_is_one_line(run, monkeypatch):
    monkeypatch.setenv("EMBED_MODEL", "no-such-folder")
    done = subprocess.run([sys.executable, "-c", run.FETCH], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("'no-such-folder' does not exist.")


@pytest.mark.parametrize("command", ["record", "bench"])
def test_a_command_starts_its_tool(run, command):
    run.main([command, "--quick"])
    assert run.calls[-1][1].endswith(f"{command}.py") and run.calls[-1][2:] == ["--quick"]


def test_an_unknown_word_prints_the_help(run, capsys):
    for words in (["tset"], ["tset", "-k", "pooling"]):
        assert run.main(words) == 2 and "python3 run.py test" in capsys.readouterr().out
    assert run.main(["--help"]) == run.main(["test", "--help"]) == 0


def test_python_too_old(run, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 9))
    with pytest.raises(SystemExit, match="run.py: Python 3.11 or later is needed"):
        run.set_up()


def test_no_venv_module(run, monkeypatch):
    monkeypatch.setattr(run, "call", lambda *words, quiet=False: 1)
    with pytest.raises(SystemExit, match=".venv could not be made in"):
        run.set_up()
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="venv module is missing.*sudo apt install python3-venv"):
        run.set_up()


@pytest.mark.parametrize("stderr, word", [
    ("OSError: [Errno 28] No space left on device", "disk is full"),
    ("WARNING: Retrying ... NewConnectionError(...): Failed to establish", "No package index can be reached"),
    ("Temporary failure in name resolution", "No package index can be reached"),
    ("ERROR: No matching distribution found for torch", "No matching distribution found for torch"),
    ("", "no reason given"),
])
def test_what_pip_says_becomes_one_line(monkeypatch, stderr, word):
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(run)
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: subprocess.CompletedProcess(a, 1, stderr=stderr))
    with pytest.raises(SystemExit) as stopped:
        run.install("-e", ".")
    assert word in str(stopped.value) and "\n" not in str(stopped.value)


def test_run_py_needs_the_standard_library_only():
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.argv = ['run.py']; import run; print(run.__doc__[:6])"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "Inside", done.stderr
