"""Inside Embeddings, from a fresh clone with Python 3.11 or later and nothing else (standard library only).

    python3 run.py              set up, then open the notebooks (--no-browser, --port N)
    python3 run.py test         set up, then re-execute every notebook cell and run the tests (extra words: pytest's)
    python3 run.py refresh      re-execute notebooks and save their outputs (all, or the ones named)
    python3 run.py proof        print the black box's vector beside the one built by hand
    python3 run.py links        put this repository's address (pyproject.toml, or the one named) into every file
    python3 run.py site         make the web edition and the slides: build/site
    python3 run.py record       execute the notebooks on bge-m3 and keep the figures that they print
    python3 run.py bench        measure the encoder beside other programs (--quick; or parts, as benchmarks/README.md says)

EMBED_MODEL=bge-m3 in front of any of them: on bge-m3 (2.3 GB, fetched once); `test` then runs the notebooks on both models.
"""
import hashlib
import importlib.util
import json
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
FETCH = "import helpers, sys\ntry: helpers.model_dir()\nexcept OSError as error: sys.exit(str(error))"


def main(words):
    command = words[0] if words and not words[0].startswith("-") else "lab"
    rest = words[1:] if words and command == words[0] else words
    commands = {"lab": lab, "test": test, "refresh": refresh, "proof": proof, "record": record, "site": site, "bench": bench}
    if command == "links":                                  # needs nothing installed
        return call(sys.executable, ROOT / "tools" / "links.py", *rest)
    if command not in commands or "-h" in rest[:1] or "--help" in rest[:1]:
        print(__doc__)
        return 0 if command in commands else 2
    if set_up() and command == "lab":
        proof([])
    return commands[command](rest)


def lab(words):
    settings()
    return call(*lab_command(words))


def settings():
    """JupyterLab's: no question about news on its first start; a notebook is saved with what its widgets show."""
    folder = VENV / "share" / "jupyter" / "lab" / "settings"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "overrides.json").write_text(json.dumps(
        {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
         "@jupyterlab/notebook-extension:tracker": {"scrollPastEnd": False},     # no blank page after the last cell
         "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True}}))


def lab_command(words):
    """JupyterLab on this machine only, at the first notebook, with its token."""
    options = ["--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={ROOT}",
               "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        options.append("--no-browser")                      # no screen: print the address, start nothing
    return [str(PYTHON), "-m", "jupyter", "lab", *options, *words]


def test(words):
    if chromium() and call(PYTHON, "-c", "import playwright, axe_playwright_python", quiet=True):     # else skipped
        call(PYTHON, "-m", "pip", "install", "-c", ROOT / "constraints.txt", "-e", f"{ROOT}[browser]", quiet=True)
    if "site" in words:                                     # python3 run.py test -m site
        site_packages()
    if os.environ.get("EMBED_MODEL"):       # fetched here, where it shows; then one notebook at a time: each loads it twice
        if call(PYTHON, "-c", FETCH):
            return 1
        words = ["-n", "1", *words]
    os.environ["HF_HUB_OFFLINE"] = "1"
    return call(PYTHON, "-m", "pytest", *words)


def chromium():
    """The browser that the tests drive: its path, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def refresh(words):
    return call(PYTHON, ROOT / "tools" / "refresh.py", *words)


def proof(words):
    return call(PYTHON, ROOT / "tools" / "proof.py", *words)


def record(words):
    return call(PYTHON, ROOT / "tools" / "record.py", *words)


def site(words):
    site_packages()
    return call(PYTHON, ROOT / "web" / "build.py", *words)


def bench(words):
    return call(PYTHON, ROOT / "benchmarks" / "bench.py", *words)


def set_up():
    """Make .venv and install into it, unless nothing changed since. True if it installed."""
    if sys.version_info < (3, 11):  # noqa: UP036  this file must be able to say so
        stop(f"Python 3.11 or later is needed, this is {platform.python_version()}. Install one from python.org.")
    wanted = b"".join((ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt"))
    stamp, mark = VENV / "installed", hashlib.sha256(wanted + str(ROOT).encode() + sys.version.encode()).hexdigest()
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == mark:
        return False
    if not PYTHON.exists() or call(PYTHON, "-m", "pip", "--version", quiet=True):
        print("Making .venv ...", flush=True)
        shutil.rmtree(VENV, ignore_errors=True)
        if call(sys.executable, "-m", "venv", VENV):
            stop_if_disk_is_full()
            if importlib.util.find_spec("ensurepip"):
                stop(f".venv could not be made in {ROOT}: see the lines above.")
            stop("The venv module is missing. On Debian or Ubuntu: sudo apt install python3-venv; then run this again.")
    print("Installing (a few minutes the first time) ...", flush=True)
    install("torch", *cpu_torch())
    install("-e", f"{ROOT}[lab,test]")
    stamp.write_text(mark)
    return True


def site_packages():
    """What only the web edition needs is installed when it is asked for."""
    if call(PYTHON, "-c", "import myst_nb, sphinx_book_theme, sphinx_revealjs", quiet=True):
        print("Installing what the web edition needs ...", flush=True)
        install("-e", f"{ROOT}[site]")


def cpu_torch():
    """Options that let pip take torch without CUDA: on Linux without an NVIDIA GPU, where PyTorch's index answers."""
    if sys.platform != "linux" or shutil.which("nvidia-smi") or pathlib.Path("/proc/driver/nvidia").exists():
        return ()
    try:
        urllib.request.urlopen(CPU_TORCH + "/torch/", timeout=3).close()
    except OSError:
        print("PyTorch's index of CPU builds does not answer: torch comes from your own pip configuration. If pip now "
              "downloads\nnvidia packages (gigabytes), stop it with Ctrl-C and see 'Torch without CUDA' in README.md.",
              flush=True)
        return ()
    return ("--extra-index-url", CPU_TORCH)


def install(*words):
    """pip install under constraints.txt: its progress shows, its complaints become one line."""
    command = [str(PYTHON), "-m", "pip", "install", "--constraint", str(ROOT / "constraints.txt"), *words]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace")
    if done.returncode == 0:
        return
    stop_if_disk_is_full("No space left" in done.stderr)
    if any(sign in done.stderr for sign in ("NewConnectionError", "Temporary failure", "ConnectTimeout",
                                            "Could not fetch URL", "ProxyError", "Network is unreachable")):
        stop("No package index can be reached. Connect to the network (or set pip's index), then run this again.")
    stop("pip could not install: " + (done.stderr.strip().splitlines() or ["no reason given"])[-1])


def stop_if_disk_is_full(said=False):
    if said or shutil.disk_usage(ROOT).free < 50_000_000:
        stop("The disk is full: about 2.5 GB are needed. Free some, then run this again.")


def call(*words, quiet=False):
    """Run a program and return its exit status; Ctrl-C ends it, not with a traceback."""
    output = subprocess.DEVNULL if quiet else None
    try:
        return subprocess.run([str(w) for w in words], cwd=ROOT, stdout=output, stderr=output).returncode
    except KeyboardInterrupt:
        return 130


def stop(message):
    sys.exit(f"run.py: {message}")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
