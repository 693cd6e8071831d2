"""Renew constraints.txt: what pip takes today for pyproject.toml and all its extras.

A fresh environment is made, everything is installed into it, and its versions are written down,
torch's without the suffix of its build. The Python must be the oldest that the project supports: a
newer one may be given versions that the oldest cannot have. Needs nothing installed.
"""
import pathlib
import subprocess
import sys
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
import run  # noqa: E402


def main():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    oldest = project["requires-python"].removeprefix(">=")
    if oldest != f"{sys.version_info.major}.{sys.version_info.minor}":
        return f"run.py constraints: start it with Python {oldest}, the oldest that is supported"
    extras = ",".join(project["optional-dependencies"])
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [str(pathlib.Path(folder) / run.PYTHON.relative_to(run.VENV)), "-m", "pip"]
        subprocess.run([*pip, "install", *run.cpu_torch(), f"{ROOT}[{extras}]"], check=True)
        frozen = subprocess.run([*pip, "freeze", "--exclude", project["name"]], check=True,
                                stdout=subprocess.PIPE, text=True).stdout
    (ROOT / "constraints.txt").write_text(pins(frozen), "utf-8", newline="\n")


def pins(frozen):
    """`pip freeze`'s lines as constraints: in the order of their names, no build's own suffix."""
    lines = [line.partition("+")[0] for line in frozen.splitlines()]
    return "\n".join(sorted(lines, key=lambda line: line.lower().replace("_", "-"))) + "\n"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"run.py constraints: {error} Nothing was changed; the lines above say why.")
