"""Inside Embeddings, from a fresh clone with Python 3.11 or later and nothing else.

    python3 run.py              set up, then open the notebooks (--no-browser, --port N)
    python3 run.py test         re-execute every notebook cell and run the tests
    python3 run.py test quick   the tests that need no kernel and no browser: a minute
    python3 run.py test browser JupyterLab, the web edition and the slides, in Chromium
    python3 run.py test release what a release needs beyond these: older processors, Colab's
                                versions, every lesson in the browser and on a second model
    python3 run.py NAME         run tools/NAME.py:
        bench                   measure the encoder beside other programs (--quick; or parts);
                                bench live: the model in the browser
        constraints             renew constraints.txt from pyproject.toml
        links                   put this repository's address (or the one named) into every file
        mutants                 change a part of the code: does a test notice? (a part's name)
        picture                 draw the front page's picture
        proof                   print the black box's vector beside the one built by hand
        record                  keep the figures that the notebooks print on bge-m3
        refresh                 re-execute notebooks (all, or the ones named), save their outputs
        site                    make the web edition and the slides: build/site (--serve: and
                                serve it on this machine, as its page live/ needs)

Words after `test` or `test quick` go on to pytest: python3 run.py test quick -k pooling.
EMBED_MODEL=bge-m3 in front: on bge-m3 (2.3 GB, fetched once); `test` then uses both models.
"""
import hashlib
import importlib.util
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
CPU_TORCH = "https://download.pytorch.org/whl/cpu"
NEEDS_NOTHING = ("constraints", "links")                # tools of the standard library alone
EXTRAS = {"site": ["site"], "bench": ["browser", "site"], "mutants": ["mutants"],
          "browser": ["browser", "site"],
          "release": ["browser", "site", "scale"]}
SUITES = ("quick", "browser", "release")                # folders of tests; without a word: the rest
NBVAL = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=300",
         "--nbval-sanitize-with=tests/sanitize.cfg"]
FETCH = """
import helpers, sys
try: helpers.model_dir()
except OSError as error: sys.exit(str(error))
"""


def main(words):
    command, *rest = words if words and not words[0].startswith("-") else ["lab", *words]
    tool = ROOT / "tools" / f"{command}.py"
    known = command == "test" or tool.exists()
    if not known or rest[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0 if known else 2
    if command == "test":
        return test(rest)
    if command in NEEDS_NOTHING:
        return call(sys.executable, tool, *rest)
    if set_up(*EXTRAS.get(command, [])) and command == "lab":
        call(PYTHON, ROOT / "tools" / "proof.py")
    return call(PYTHON, tool, *rest)


def test(words):
    """pytest's exit status, of one suite or of what a change must pass."""
    suite = words[0] if words and words[0] in SUITES else None
    if "browser" in EXTRAS.get(suite, []) and not chromium():
        stop(f"`test {suite}` drives Chromium or Chrome, and neither is here. Install one.")
    set_up(*EXTRAS.get(suite, []))
    chosen = [f"tests/{suite}", *words[1:]] if suite else [*NBVAL, *words]
    if os.environ.get("EMBED_MODEL"):                   # fetched here, where it shows
        if call(PYTHON, "-c", FETCH):
            return 1
        chosen = ["-n", "1", *chosen]                   # one notebook at a time: it loads it twice
    os.environ["HF_HUB_OFFLINE"] = "1"
    return call(PYTHON, "-m", "pytest", *chosen)


def chromium():
    """The browser that the tests drive: its path, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def set_up(*extras):
    """Make .venv and install into it, unless nothing changed since: -> True if it did."""
    if sys.version_info < (3, 11):  # noqa: UP036  this file must be able to say so
        stop(f"Python 3.11 or later is needed, this is {platform.python_version()}. Install one "
             "from python.org.")
    wanted = b"".join((ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt"))
    mark = hashlib.sha256(wanted + str(ROOT).encode() + sys.version.encode()).hexdigest()
    stamp = VENV / "installed"                          # the mark, then the extras that are there
    known, *there = stamp.read_text().split() if stamp.exists() else [""]
    anew = known != mark or not PYTHON.exists()
    if anew:
        make_venv()
        print("Installing (a few minutes the first time) ...", flush=True)
        install("torch", *cpu_torch())
        install("-e", f"{ROOT}[lab,test]")
        there = []
    lacking = sorted({*extras} - {*there})
    if lacking:
        install("-e", f"{ROOT}[{','.join(lacking)}]")
    stamp.write_text(" ".join([mark, *there, *lacking]))
    return anew


def make_venv():
    """A new .venv, unless there is one that works."""
    if PYTHON.exists() and not call(PYTHON, "-m", "pip", "--version", quiet=True):
        return
    print("Making .venv ...", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    if call(sys.executable, "-m", "venv", VENV):
        if importlib.util.find_spec("ensurepip"):
            stop(f".venv could not be made in {ROOT}: see the lines above.")
        stop("The venv module is missing. On Debian or Ubuntu: sudo apt install python3-venv; "
             "then run this again.")


def cpu_torch():
    """pip's options for torch without CUDA: on Linux without an NVIDIA GPU, if it answers."""
    nvidia = shutil.which("nvidia-smi") or pathlib.Path("/proc/driver/nvidia").exists()
    if sys.platform != "linux" or nvidia:
        return []
    try:
        urllib.request.urlopen(f"{CPU_TORCH}/torch/", timeout=3).close()
        return ["--extra-index-url", CPU_TORCH]
    except OSError:
        print("PyTorch's index of CPU builds does not answer: torch comes from your own pip "
              "configuration.\nIf pip now downloads nvidia packages (gigabytes), stop it with "
              "Ctrl-C and see 'Torch without CUDA' in README.md.", flush=True)
        return []


def install(*words):
    """pip install under constraints.txt; pip's own lines are seen."""
    if call(PYTHON, "-m", "pip", "install", "--constraint", ROOT / "constraints.txt", *words):
        stop(f"pip could not install {words[-1]}: its lines above say why. If no package index can "
             "be reached, connect to the network (or set pip's index), then run this again.")


def call(*words, quiet=False):
    """Run a program in this folder: -> its exit status."""
    output = subprocess.DEVNULL if quiet else None
    command = [str(word) for word in words]
    return subprocess.run(command, cwd=ROOT, stdout=output, stderr=output).returncode


def stop(message):
    if shutil.disk_usage(ROOT).free < 50_000_000:
        message = "The disk is full: about 2.5 GB are needed. Free some, then run this again."
    sys.exit(f"run.py: {message}")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
