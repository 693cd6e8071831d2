"""Record what programs make of one model's weights, each left alone: helpers/data/strangers.json.

Once, by hand, in as many virtual environments as the programs need, none of them the project's:

    python tools/strangers/prepare.py FOLDER    # converts the weights into $WORK
    python tools/strangers/record.py NAME …     # a function of this file, and its package

$WORK is /tmp/strangers unless set. What a NAME records takes the place of what the file had under
it; what a NAME_mended gives stands under `mended`. A program that raises is kept with its reason.
transformers_js wants node and, in $WORK, `npm install @huggingface/transformers`. Vectors are
float32 in base64, as OpenAI's servers send.
"""
import base64
import functools
import json
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from in_node import WORK, transformers_js, transformers_js_mended  # noqa: F401

HERE = Path(__file__).resolve()
DATA = HERE.parents[2] / "helpers" / "data" / "strangers.json"
MODEL, HUB = WORK / "all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"
ALIKE = 1e-6        # batches are kept where a vector moves by more than this


# Each gives {name: (package, what was called, texts -> vectors)}.

def sentence_transformers():
    from sentence_transformers import SentenceTransformer
    model = SentenceTransformer(str(MODEL), device="cpu")
    return {"sentence-transformers": ("sentence-transformers",
                                      "SentenceTransformer(folder).encode(texts)", model.encode)}


def sentence_transformers_onnx():
    from sentence_transformers import SentenceTransformer, export_dynamic_quantized_onnx_model
    how, made = {"file_name": "onnx/model.onnx", "provider": "CPUExecutionProvider"}, {}
    model = SentenceTransformer(str(MODEL), backend="onnx", model_kwargs=how)
    export_dynamic_quantized_onnx_model(model, "avx2", str(MODEL))
    for name, file in {"onnx": "model", "onnx int8": "model_quint8_avx2"}.items():
        file = f"onnx/{file}.onnx"
        how = {"file_name": file, "provider": "CPUExecutionProvider"}
        model = SentenceTransformer(str(MODEL), backend="onnx", model_kwargs=how)
        made[f"sentence-transformers {name}"] = (
            "sentence-transformers", "SentenceTransformer(folder, backend='onnx', model_kwargs="
            f"{{'file_name': '{file}'}}).encode(texts)", model.encode)
    return made


def sentence_transformers_openvino():
    from sentence_transformers import SentenceTransformer
    model = SentenceTransformer(str(MODEL), backend="openvino")
    return {"sentence-transformers openvino": (
        "sentence-transformers", "SentenceTransformer(folder, backend='openvino').encode(texts)",
        model.encode)}


def fastembed():
    from fastembed import TextEmbedding
    model = TextEmbedding(HUB, specific_model_path=str(MODEL))
    return {"fastembed": ("fastembed", f"TextEmbedding('{HUB}', specific_model_path=folder)"
                          ".embed(texts)", lambda texts: [*model.embed(texts)])}


def chroma():
    from chromadb.utils.embedding_functions import ONNXMiniLM_L6_V2
    place = ONNXMiniLM_L6_V2.DOWNLOAD_PATH / ONNXMiniLM_L6_V2.EXTRACTED_FOLDER_NAME
    shutil.copytree(MODEL, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.gguf"))
    return {"chroma": ("chromadb", "ONNXMiniLM_L6_V2()(texts)", ONNXMiniLM_L6_V2())}


def ctranslate2():
    import ctranslate2
    from transformers import AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(MODEL)

    def hidden(texts, encoder):
        ids = tokenizer(texts, truncation=True)["input_ids"]
        return encoder.forward_batch(ids), ids

    def pooler(texts, encoder):
        return np.array(hidden(texts, encoder)[0].pooler_output)

    def mean(texts, encoder):
        out, ids = hidden(texts, encoder)
        rows = [row[:len(own)].mean(axis=0)
                for row, own in zip(np.array(out.last_hidden_state), ids, strict=True)]
        return [row / np.linalg.norm(row) for row in rows]

    made = {}
    for name, kind in {"ctranslate2": "default", "ctranslate2 int8": "int8"}.items():
        encoder = ctranslate2.Encoder(str(MODEL / "ct2"), compute_type=kind)
        call = f"Encoder(folder, compute_type='{kind}').forward_batch(our ids, cut at 512)"
        made[f"{name} (our ids)"] = (
            "ctranslate2", call + ".last_hidden_state; mean and norm by us",
            functools.partial(mean, encoder=encoder))
        if kind == "default":
            made["ctranslate2 pooler (our ids)"] = (
                "ctranslate2", call + ".pooler_output", functools.partial(pooler, encoder=encoder))
    return made


def llama_cpp():
    from llama_cpp import Llama
    made = {}
    for kind in "F32", "Q8_0":
        model = Llama(str(MODEL / f"{kind}.gguf"), embedding=True, verbose=False)
        made[f"llama.cpp {kind}"] = ("llama-cpp-python",
                                     f"Llama('{kind}.gguf', embedding=True).embed(texts)",
                                     model.embed)
    return made


def flag_embedding():
    from FlagEmbedding import FlagModel
    model = FlagModel(str(MODEL), devices="cpu")
    return {"FlagEmbedding": ("FlagEmbedding", "FlagModel(folder, devices='cpu').encode(texts)",
                              model.encode)}


def langchain_bge():
    from langchain_community.embeddings import HuggingFaceBgeEmbeddings
    model = HuggingFaceBgeEmbeddings(model_name=str(MODEL))
    return {"langchain-community bge": (
        "langchain-community", "HuggingFaceBgeEmbeddings(model_name=folder).embed_query(text)",
        lambda texts: [model.embed_query(text) for text in texts])}


def llama_index():
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    model = HuggingFaceEmbedding(model_name=str(MODEL), device="cpu")
    return {"llama-index": (
        "llama-index-embeddings-huggingface",
        "HuggingFaceEmbedding(model_name=folder).get_text_embedding_batch(texts)",
        model.get_text_embedding_batch)}


def record(embed, texts):
    """The vectors of texts embedded alone, and in one batch where that moves them."""
    made, batch = {}, [name for name in texts if texts[name]]           # many refuse an empty text
    for name, text in texts.items():
        try:
            made[name] = np.asarray(embed([text]), dtype="<f4").reshape(-1)
        except Exception as error:
            print(f"  {name}: {error!r}")
    together = np.asarray(embed([texts[name] for name in batch]), dtype="<f4")
    moved = {f"{name}, in a batch": row for name, row in zip(batch, together, strict=True)
             if name in made and abs(row - made[name]).max() > ALIKE}
    return {name: base64.b64encode(row.tobytes()).decode()
            for name, row in {**made, **moved}.items()}


def version_of(package):
    if package.startswith("@"):
        return json.loads((WORK / "node_modules" / package / "package.json").read_text())["version"]
    return version(package)


def main(names):
    data = json.loads(DATA.read_text("utf-8"))
    flags = Path("/proc/cpuinfo").read_text().split("flags", 1)[1].split("\n")[0].split()
    data["processor"] = " ".join(flag for flag in flags if flag.startswith(("avx", "amx")))
    for name in names:
        try:
            programs = globals()[name]()
            data["not_run"].pop(name, None)
        except Exception as error:
            data["not_run"][name], programs = repr(error)[:300], {}
        for program, (package, call, embed) in programs.items():
            print(program)
            kept = data.setdefault("mended", {}) if name.endswith("_mended") else data["programs"]
            kept[program] = {
                "package": package, "version": version_of(package), "call": call,
                "vectors": record(embed, data["texts"])}
    DATA.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:] or sys.exit(__doc__))
