"""The environment of the other programs, benchmarks/.peers; what cannot be had there, and why.

Run by that environment's Python, this file makes the embedded model's form for other programs:
python peers.py onnx|openvino|ctranslate2 MODEL FOLDER
"""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

from report import machine

HERE = pathlib.Path(__file__).resolve().parent
HOME = HERE / ".peers"
MODELS = HOME / "models"
PYTHON = HOME / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
PACKAGES = {"onnx": ["torch", "sentence-transformers", "optimum-onnx[onnxruntime]"],
            "openvino": ["optimum-intel[openvino]"], "ctranslate2": ["ctranslate2"],
            "fastembed": ["fastembed"], "FlagEmbedding": ["FlagEmbedding"]}
EXPORTS = ("onnx", "openvino", "ctranslate2")


def set_up(model: str, options=()) -> dict[str, str]:
    """Make it unless it is there: -> {what is missing: why}. `options`: pip's."""
    state = HOME / "state.json"
    wanted = (HERE / "peers.txt").read_bytes() + pathlib.Path(__file__).read_bytes()
    here = [str(HOME), sys.version, machine()["instructions"]]      # by which int8 is chosen
    mark = hashlib.sha256(wanted + repr(here).encode()).hexdigest()
    if state.is_file() and (known := json.loads(state.read_text("utf-8")))["mark"] == mark:
        return known["missing"]
    print("Making the peers' environment (benchmarks/.peers, 2.5 GB, some minutes) ...", flush=True)
    if not PYTHON.exists():
        shutil.rmtree(HOME, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", HOME], check=True)
    missing = {}
    pip = [PYTHON, "-m", "pip", "install", "-q", *options, "-c", HERE / "peers.txt"]
    for what, packages in PACKAGES.items():
        if why := complaint([*pip, *packages]):
            missing[what] = f"will not install: {why}"
        elif what in EXPORTS and (why := complaint([PYTHON, __file__, what, model, MODELS / what])):
            missing[what] = f"no {what} file could be made: {why}"
    state.write_text(json.dumps({"mark": mark, "missing": missing}), "utf-8")
    return missing


def complaint(words: list) -> str | None:
    """Run a program: -> None if it went well, else the last line of what it says."""
    done = subprocess.run(words, capture_output=True, text=True, errors="replace",
                          env={**os.environ, "HF_HUB_OFFLINE": "1"})
    if done.returncode:
        return (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1].strip()


def export(kind: str, model: str, folder: str) -> None:
    """The model as onnx/model.onnx, onnx/model_O2.onnx and onnx/model_int8.onnx, or for another."""
    if kind == "ctranslate2":
        from ctranslate2.converters import TransformersConverter
        return TransformersConverter(model).convert(folder, force=True)
    import sentence_transformers as st
    made = st.SentenceTransformer(model, device="cpu", backend=kind, model_kwargs={"export": True})
    made.save_pretrained(folder)
    if kind == "onnx":
        st.export_optimized_onnx_model(made, "O2", folder)
        st.export_dynamic_quantized_onnx_model(made, int8_for(machine()["instructions"]), folder,
                                               file_suffix="int8")
    settings = pathlib.Path(folder, "tokenizer_config.json")    # fastembed reads its length here
    words = {**json.loads(settings.read_text("utf-8")), "model_max_length": made.max_seq_length}
    words.pop("max_length", None)                               # 128, which nothing else follows
    settings.write_text(json.dumps(words), "utf-8")


def int8_for(instructions: list[str]) -> str:
    """Which of sentence-transformers' ways to make int8 weights is a processor's."""
    known = {"avx512_vnni": "avx512_vnni", "avx512f": "avx512", "asimd": "arm64"}
    return next((kind for flag, kind in known.items() if flag in instructions), "avx2")


if __name__ == "__main__":
    export(*sys.argv[1:])
