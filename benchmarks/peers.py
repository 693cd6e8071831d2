"""The environment of the other programs, in benchmarks/.peers; what cannot be installed there is noted with its reason."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
HOME = HERE / ".peers"
PYTHON = HOME / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
PACKAGES = {"onnx": ["torch", "sentence-transformers", "optimum-onnx[onnxruntime]"], "openvino": ["optimum-intel[openvino]"],
            "fastembed": ["fastembed"], "FlagEmbedding": ["FlagEmbedding"]}
EXPORTS = ("onnx", "openvino")


def set_up(model, options=()):
    """Make it unless it is there: -> {what: why it is missing}. `options`: pip's. To try again, remove benchmarks/.peers."""
    state = HOME / "state.json"
    wanted = b"".join((HERE / name).read_bytes() for name in ("peers.txt", "export.py"))
    mark = hashlib.sha256(wanted + str(HOME).encode() + sys.version.encode()).hexdigest()
    if state.is_file() and (known := json.loads(state.read_text("utf-8")))["mark"] == mark:
        return known["missing"]
    print("Making the peers' environment (benchmarks/.peers, 2.5 GB, some minutes) ...", flush=True)
    if not PYTHON.exists():
        shutil.rmtree(HOME, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", HOME], check=True)
    missing = {}
    for what, packages in PACKAGES.items():
        install = [PYTHON, "-m", "pip", "install", "-q", *options, "-c", HERE / "peers.txt", *packages]
        if why := run(install):
            missing[what] = f"will not install: {why}"
        elif what in EXPORTS and (why := run([PYTHON, HERE / "export.py", what, model, HOME / "models" / what])):
            missing[what] = f"no {what} file could be made: {why}"
    state.write_text(json.dumps({"mark": mark, "missing": missing}), "utf-8")
    return missing


def run(words):
    """Run a program: None if it went well, else the last line of its complaint."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, errors="replace",
                          env={**os.environ, "HF_HUB_OFFLINE": "1"})
    if done.returncode == 0:
        return None
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return lines[-1].strip() if lines else f"exit status {done.returncode}"
