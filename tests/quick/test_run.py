"""run.py, without installing anything: what it would start, and what each fault gets to hear."""
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import types

import lab
import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def run(run_py, tmp_path, monkeypatch):
    """run.py in a folder of its own, which notes the programs that it would call."""
    monkeypatch.delenv("EMBED_MODEL", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "")                # what main() sets is undone afterwards
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    run_py.ROOT, run_py.VENV = tmp_path, tmp_path / ".venv"
    run_py.PYTHON = tmp_path / ".venv" / "bin" / "python"
    run_py.cpu_torch = lambda: []
    run_py.chromium = lambda: "/usr/bin/chromium"
    run_py.calls = []

    def call(*words, quiet=False):
        run_py.calls.append([str(word) for word in words])
        if "venv" in run_py.calls[-1]:
            run_py.PYTHON.parent.mkdir(parents=True)
            run_py.PYTHON.touch()
        return 0
    run_py.call = call
    return run_py


def installed(run):
    """What pip was asked to install, call by call: the last word of each."""
    return [call[-1].rpartition("/")[2] for call in run.calls if "install" in call]


def test_sets_up_once_and_again_only_after_a_change(run, tmp_path):
    assert run.set_up() is True
    assert [call for call in run.calls if "venv" in call]
    assert installed(run) == ["torch", f"{tmp_path.name}[lab,test]"]
    run.calls.clear()
    assert run.set_up() is False and run.calls == []
    (tmp_path / "constraints.txt").write_text("torch==2.13.0\n")
    assert run.set_up() is True
    assert not [call for call in run.calls if "venv" in call], "an environment that works is kept"
    run.PYTHON.unlink()
    run.calls.clear()
    assert run.set_up() is True and [call for call in run.calls if "venv" in call]


def test_what_an_installation_calls(run, tmp_path):
    run.cpu_torch = lambda: ["--extra-index-url", "address"]
    python, venv = str(run.PYTHON), str(run.VENV)
    pip = [python, "-m", "pip", "install", "--constraint", str(tmp_path / "constraints.txt")]
    run.set_up("site", "browser")
    assert run.calls == [[sys.executable, "-m", "venv", venv],
                         [*pip, "torch", "--extra-index-url", "address"],
                         [*pip, "-e", f"{tmp_path}[lab,test]"],
                         [*pip, "-e", f"{tmp_path}[browser,site]"]]
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    run.calls.clear()
    assert run.set_up() is True and run.calls[0] == [python, "-m", "pip", "--version"]
    assert [call[:-1] for call in run.calls[1:]] == [[*pip, "torch", "--extra-index-url"],
                                                     [*pip, "-e"]]


def test_another_python_or_another_folder_is_another_environment(run, tmp_path, monkeypatch):
    run.set_up()
    monkeypatch.setattr(sys, "version", "3.15.0 (another)")
    assert run.set_up() is True and run.set_up() is False
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(tmp_path / name, moved)
    run.ROOT = moved
    assert run.set_up() is True, "what is installed with -e lies where it was"


def test_an_environment_that_does_not_work_is_made_anew(run, capsys):
    run.set_up()
    (run.VENV / "broken").touch()
    record = run.call

    def call(*words, quiet=False):
        assert quiet is ("--version" in words), "whether pip works is asked without a word"
        return record(*words) or int("--version" in words)
    run.call = call
    (run.ROOT / "constraints.txt").write_text("torch==2.13.0\n")
    assert run.set_up() is True and not (run.VENV / "broken").exists()
    assert capsys.readouterr().out.count("Making .venv ...") == 2


def test_what_takes_minutes_is_announced_before_it_begins(run, terminal):
    screen, record = terminal(), run.call

    def call(*words, **options):
        begun = "Making .venv ...\n"
        if "install" in words:
            begun += "Installing (a few minutes the first time) ...\n"
        assert screen.seen == begun
        return record(*words, **options)
    run.call = call
    run.set_up()
    assert len(run.calls) == 3


def test_everything_is_installed_under_the_constraints(run, tmp_path):
    run.set_up("site")
    for call in run.calls:
        if "install" in call:
            at = call.index("--constraint")
            assert call[at + 1] == str(tmp_path / "constraints.txt")


@pytest.mark.parametrize("words, extras", [
    (["site"], "site"), (["mutants", "proof"], "mutants"), (["test", "browser"], "browser,site"),
    (["test", "release"], "browser,scale,site")])
def test_what_only_some_need_is_installed_when_it_is_asked_for(run, tmp_path, words, extras):
    run.main(["test"])
    run.main(["test", "quick"])
    assert installed(run) == ["torch", f"{tmp_path.name}[lab,test]"]
    run.calls.clear()
    assert run.main(words) == 0 and installed(run) == [f"{tmp_path.name}[{extras}]"]
    run.calls.clear()
    assert run.main(words) == 0 and installed(run) == [], "once"
    (tmp_path / "constraints.txt").write_text("torch==2.13.0\n")
    run.main(words)
    assert installed(run)[-1] == f"{tmp_path.name}[{extras}]", "again after a change"


def test_extras_add_up(run, tmp_path):
    run.main(["site"])
    run.calls.clear()
    run.main(["test", "browser"])
    run.main(["site"])
    assert installed(run) == [f"{tmp_path.name}[browser]"]
    assert (run.VENV / "installed").read_text().split()[1:] == ["site", "browser"]


def test_an_installation_that_fails_is_not_taken_for_one(run, tmp_path):
    """Old: `run.py test` went on without the browser's packages, and its tests were skipped."""
    run.set_up()
    record = run.call
    run.call = lambda *words, **options: record(*words) or int("install" in words)
    with pytest.raises(SystemExit, match=r"pip could not install .*\[browser,site\]: its lines"):
        run.main(["test", "browser"])
    assert not [call for call in run.calls if "pytest" in call]
    run.call = record
    run.calls.clear()
    run.main(["test", "browser"])
    assert installed(run) == [f"{tmp_path.name}[browser,site]"], "tried again, not noted as there"


@pytest.mark.parametrize("suite", ["browser", "release"])
def test_without_a_browser_no_test_of_one_is_started(run, suite):
    run.chromium = lambda: None
    with pytest.raises(SystemExit, match=f"`test {suite}` drives Chromium or Chrome, and neither"):
        run.main(["test", suite])
    assert run.calls == []


@pytest.mark.parametrize("there, wanted", [
    (["google-chrome"], "google-chrome"), (["chromium-browser", "google-chrome"],
                                           "chromium-browser"),
    (["google-chrome", "chromium"], "chromium"), ([], None)])
def test_which_browser(run_py, monkeypatch, there, wanted):
    monkeypatch.setattr(run_py.shutil, "which", lambda name: name if name in there else None)
    assert run_py.chromium() == wanted


CPU = ["--extra-index-url", "https://download.pytorch.org/whl/cpu"]


@pytest.mark.parametrize("platform, nvidia, wanted", [
    ("linux", "", CPU), ("linux", "nvidia-smi", []), ("linux", "/proc/driver/nvidia", []),
    ("darwin", "", []), ("win32", "", [])])
def test_torch_without_cuda_is_linuxs_without_nvidia(run_py, monkeypatch, platform, nvidia, wanted):
    asked = []

    def urlopen(address, timeout):
        asked.append((address, timeout))
        return io.BytesIO()
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(run_py.shutil, "which", lambda name: name if name == nvidia else None)
    monkeypatch.setattr(pathlib.Path, "exists", lambda path: path.as_posix() == nvidia)
    monkeypatch.setattr(run_py.urllib.request, "urlopen", urlopen)
    assert run_py.cpu_torch() == wanted
    assert asked == [("https://download.pytorch.org/whl/cpu/torch/", 3)] * bool(wanted)


def test_an_index_of_cpu_builds_that_does_not_answer_is_told(run_py, monkeypatch, terminal):
    def urlopen(*_, **__):
        raise OSError("no network")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(run_py.shutil, "which", lambda name: None)
    monkeypatch.setattr(pathlib.Path, "exists", lambda path: False)
    monkeypatch.setattr(run_py.urllib.request, "urlopen", urlopen)
    screen = terminal()
    assert run_py.cpu_torch() == []
    assert screen.seen.startswith("PyTorch's index of CPU builds does not answer")
    assert "see 'Torch without CUDA' in README.md" in screen.seen


def test_a_program_runs_in_this_folder_and_quiet_ones_are_not_seen(run_py, tmp_path, capfd):
    run_py.ROOT = tmp_path
    (tmp_path / "say.py").write_text("import sys; print(sys.argv[1]); print('!', file=sys.stderr)\n"
                                     "sys.exit(3)")
    assert run_py.call(sys.executable, pathlib.Path("say.py"), 7) == 3
    assert tuple(capfd.readouterr()) == ("7\n", "!\n")
    assert run_py.call(sys.executable, "say.py", 7, quiet=True) == 3
    assert tuple(capfd.readouterr()) == ("", "")


NBVAL = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=300",
         "--nbval-sanitize-with=tests/sanitize.cfg"]


@pytest.mark.parametrize("words, pytests", [
    ([], NBVAL), (["-k", "pooling"], [*NBVAL, "-k", "pooling"]),
    (["tests/quick/test_run.py"], [*NBVAL, "tests/quick/test_run.py"]),
    (["quick"], ["tests/quick"]), (["quick", "-k", "x"], ["tests/quick", "-k", "x"]),
    (["browser", "-x"], ["tests/browser", "-x"]),
    (["release", "-x"], ["tests/release", "-x"])])
def test_suites_are_folders_and_other_words_go_on_to_pytest(run, words, pytests):
    run.main(["test", *words])
    assert run.calls[-1] == [str(run.PYTHON), "-m", "pytest", *pytests]
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_a_chosen_model_is_fetched_before_the_tests(run, monkeypatch):
    monkeypatch.setenv("EMBED_MODEL", "bge-m3")
    run.main(["test", "-k", "pooling"])
    fetch, tests = run.calls[-2:]
    assert fetch == [str(run.PYTHON), "-c", run.FETCH] and "model_dir()" in run.FETCH
    assert tests[1:] == ["-m", "pytest", "-n", "1", *NBVAL, "-k", "pooling"]
    run.calls.clear()
    run.call = lambda *words, **options: run.calls.append(words) or 1
    assert run.main(["test"]) == 1
    assert "-m" not in run.calls[-1], "without the model no test is started"


def test_what_fetching_says_is_one_line(run_py, monkeypatch):
    monkeypatch.setenv("EMBED_MODEL", "no-such-folder")
    done = subprocess.run([sys.executable, "-c", run_py.FETCH], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("'no-such-folder' does not exist.")


# Tools

TOOLS = sorted(path.stem for path in (ROOT / "tools").glob("*.py"))


@pytest.mark.parametrize("name", TOOLS)
def test_a_word_starts_the_tool_of_that_name(run, name):
    alone = name in ("constraints", "links")
    run.main([name, "--quick", "x"])
    python = sys.executable if alone else str(run.PYTHON)
    assert run.calls[-1] == [python, str(run.ROOT / "tools" / f"{name}.py"), "--quick", "x"]
    assert bool(installed(run)) is not alone, "these need nothing installed"


def test_the_help_names_every_tool_and_no_other(run_py):
    named = re.findall(r"^        (\w+)  +\S", run_py.__doc__, re.M)
    assert named == sorted({*TOOLS} - {"lab"}), "the lab is what no word at all opens"


def test_a_part_of_the_tools_is_no_command(run, capsys):
    assert (ROOT / "tools" / "kernel" / "guard.py").exists()
    for name in ("guard", "execute", "kernel"):
        assert run.main([name]) == 2
    assert run.calls == [] and "python3 run.py test" in capsys.readouterr().out


def test_an_unknown_word_prints_the_help(run, capsys):
    for words in (["tset"], ["tset", "-k", "pooling"]):
        assert run.main(words) == 2 and "python3 run.py test" in capsys.readouterr().out
    assert run.main(["--help"]) == run.main(["test", "--help"]) == run.main(["site", "-h"]) == 0
    assert run.main(["test", "-h", "-x"]) == run.main(["bench", "--help", "--quick"]) == 0
    assert run.calls == []


def test_the_lab_is_this_machines_alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    words = lab.command(["--port", "9999"])
    assert words[1:4] == ["-m", "jupyter", "lab"]
    assert "--ServerApp.ip=127.0.0.1" in words and f"--ServerApp.root_dir={ROOT}" in words
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in words
    assert "--no-browser" in words and words[-2:] == ["--port", "9999"]
    assert not any("token" in word for word in words)
    monkeypatch.setenv("DISPLAY", ":0")
    assert "--no-browser" not in lab.command([])


def test_the_labs_settings(tmp_path):
    lab.write_settings(tmp_path)
    place = tmp_path / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    settings = json.loads(place.read_text())
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
    assert settings["@jupyter-widgets/jupyterlab-manager:plugin"]["saveState"] is True


def test_the_proof_is_printed_after_an_installation_only(run):
    run.main(["--port", "9999"])
    proof, opened = run.calls[-2:]
    assert proof == [str(run.PYTHON), str(run.ROOT / "tools" / "proof.py")]
    assert opened == [str(run.PYTHON), str(run.ROOT / "tools" / "lab.py"), "--port", "9999"]
    run.calls.clear()
    run.main(["--no-browser"])
    assert len(run.calls) == 1


# Faults

def test_python_too_old(run, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 9))
    with pytest.raises(SystemExit, match="run.py: Python 3.11 or later is needed"):
        run.set_up()


def test_no_venv_module(run, monkeypatch):
    run.call = lambda *words, **options: 1
    with pytest.raises(SystemExit, match=".venv could not be made in"):
        run.set_up()
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="venv module is missing.*sudo apt install python3-venv"):
        run.set_up()


@pytest.mark.parametrize("free, words", [
    (49_999_999, "The disk is full: about 2.5 GB are needed"), (50_000_000, "not the disk")])
def test_a_full_disk_is_told_from_another_fault(run, monkeypatch, free, words):
    def disk_usage(path):
        assert path == run.ROOT
        return types.SimpleNamespace(free=free)
    monkeypatch.setattr(run.shutil, "disk_usage", disk_usage)
    with pytest.raises(SystemExit, match=f"^run.py: {words}"):
        run.stop("not the disk")
    if free < 50_000_000:
        run.call = lambda *words, **options: 1
        for step in (run.set_up, lambda: run.install("torch")):
            with pytest.raises(SystemExit, match=words):
                step()


PIP = """
import sys
print("ERROR: No matching distribution found for torch", file=sys.stderr)
print("[notice] A new release of pip is available: 26.0 -> 26.1", file=sys.stderr)
print("[notice] To update, run: pip install --upgrade pip", file=sys.stderr)
sys.exit(1)
"""


def test_what_pip_says_is_seen(run_py, tmp_path, monkeypatch, capfd):
    """Old: its lines were swallowed, and the last one, a notice, was shown as the reason."""
    package = tmp_path / "pip"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(PIP)
    monkeypatch.chdir(tmp_path)                                 # -m pip: the one in this folder
    run_py.ROOT, run_py.PYTHON = tmp_path, sys.executable
    with pytest.raises(SystemExit) as stopped:
        run_py.install("torch")
    assert "ERROR: No matching distribution found for torch" in capfd.readouterr().err
    message = str(stopped.value)
    assert message.startswith("run.py: pip could not install torch: its lines above say why.")
    assert "connect to the network" in message and "notice" not in message


@pytest.mark.parametrize("test, status", [("assert True", 0), ("assert False", 1)])
def test_the_exit_status_is_pytests(test, status, tmp_path):
    """run.py itself, beside one test, but for the installation."""
    (tmp_path / "tests" / "quick").mkdir(parents=True)
    (tmp_path / "pytest.ini").touch()                           # no settings from a folder above
    (tmp_path / "tests" / "quick" / "test_one.py").write_text(f"def test_one():\n    {test}\n")
    (tmp_path / "run.py").write_bytes((ROOT / "run.py").read_bytes())
    no_set_up = ("import run, sys; run.PYTHON, run.set_up = sys.executable, lambda *extras: False; "
                 "sys.exit(run.main(['test', 'quick', '-p', 'no:cacheprovider']))")
    bare = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run([sys.executable, "-c", no_set_up], cwd=tmp_path, env=bare,
                          capture_output=True, text=True)
    assert done.returncode == status, done.stdout + done.stderr
    assert "1 passed" in done.stdout if status == 0 else "1 failed" in done.stdout


def test_the_exit_status_is_mains():
    done = subprocess.run([sys.executable, ROOT / "run.py", "tset"], capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout.startswith("Inside Embeddings, from a fresh clone")


def test_run_py_needs_the_standard_library_only():
    code = (f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.argv = ['run.py']; import run; "
            "print(run.__doc__[:6])")
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "Inside", done.stderr


def test_ctrl_c_ends_without_a_traceback(tmp_path):
    first = "def main(words):\n"
    source = (ROOT / "run.py").read_text("utf-8")
    assert source.count(first) == 1
    pressed = source.replace(first, f"{first}    raise KeyboardInterrupt\n")
    (tmp_path / "run.py").write_text(pressed, "utf-8")
    done = subprocess.run([sys.executable, tmp_path / "run.py"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
