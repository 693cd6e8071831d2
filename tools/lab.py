"""Open the notebooks in JupyterLab, on this machine only (--no-browser, --port N)."""
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
SETTINGS = {
    "@jupyterlab/apputils-extension:notification":         # no question about news at first start
        {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker":              # no blank page after the last cell
        {"scrollPastEnd": False},
    "@jupyter-widgets/jupyterlab-manager:plugin":          # a notebook is saved with its widgets
        {"saveState": True},
}


def write_settings(prefix=sys.prefix):
    """JupyterLab's settings, into the environment that it starts from."""
    folder = pathlib.Path(prefix, "share", "jupyter", "lab", "settings")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "overrides.json").write_text(json.dumps(SETTINGS))


def command(words, root=ROOT):
    """What starts JupyterLab at the first notebook, with its token: -> list of words."""
    options = ["--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={root}",
               "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform == "linux" and not screen:              # print the address, start nothing
        options.append("--no-browser")
    return [sys.executable, "-m", "jupyter", "lab", *options, *words]


def main(words):
    write_settings()
    return subprocess.run(command(words), cwd=ROOT).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
