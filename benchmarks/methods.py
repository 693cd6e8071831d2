"""The methods: what each is called, how it is loaded, and which parts of a run measure it."""
from collections.abc import Callable
from typing import NamedTuple

import loaders
from loaders import sentence_transformers as ST
from loaders import transformers as TF


class Method(NamedTuple):
    label: str
    load: Callable
    parts: str                  # of a run, that measure it
    options: dict = {}          # of `load`
    needs: str = ""             # what of the peers' environment: one of peers.PACKAGES
    tuned: bool = False         # its batch size is chosen in a first pass
    peer: bool = False          # counts as "a peer as it ships": in float32, fed as its users do


ALL, WARM = "throughput query cold", "throughput query"
ONNX, O2, INT8 = ({"backend": "onnx", "file_name": f"onnx/{name}.onnx"}
                  for name in ("model", "model_O2", "model_int8"))
OPENVINO = {"backend": "openvino"}
GPU, HALF = {"device": "cuda"}, {"device": "cuda", "half": True}

METHODS = {
    "ours": Method("**`helpers.Encoder`**", loaders.ours, f"{ALL} growth dtype"),
    "langchain": Method("LangChain `HuggingFaceEmbeddings`", loaders.langchain, ALL),
    "st": Method("sentence-transformers", ST, ALL, tuned=True, peer=True),
    "st-onnx": Method("sentence-transformers, ONNX", ST, WARM, ONNX, "onnx", True, True),
    "st-o2": Method("sentence-transformers, ONNX O2", ST, ALL, O2, "onnx", True, True),
    "st-openvino": Method("sentence-transformers, OpenVINO", ST, WARM, OPENVINO, "openvino",
                          True, True),
    "budget": Method("ONNX Runtime O2, our token-budget batches", loaders.onnx_runtime, WARM,
                     needs="onnx"),
    "ct2": Method("CTranslate2, our token-budget batches", loaders.ctranslate2, WARM,
                  {"kind": "float32"}, "ctranslate2"),
    "ct2-int8": Method("CTranslate2 int8, our token-budget batches", loaders.ctranslate2, WARM,
                       {"kind": "int8"}, "ctranslate2"),
    "st-int8": Method("sentence-transformers, ONNX int8", ST, WARM, INT8, "onnx", True),
    "tf-sorted": Method("transformers, sorted, 32 at a time", TF, "throughput",
                        {"size": 32, "by_length": True}),
    "tf-32": Method("transformers, 32 in the order given", TF, "throughput", {"size": 32}),
    "tf-1": Method("transformers, one at a time", TF, ALL, {"size": 1}),
    "fastembed": Method("fastembed, its defaults", loaders.fastembed, ALL,
                        needs="fastembed", peer=True),
    "fastembed-best": Method("fastembed, best batch size", loaders.fastembed, "throughput",
                             needs="fastembed", tuned=True, peer=True),
    "flag": Method("FlagEmbedding, its defaults", loaders.flag_embedding, ALL,
                   needs="FlagEmbedding", peer=True),
    "import torch": Method("`import torch` alone", loaders.torch_alone, "cold"),
    "limit": Method("matrix products alone", loaders.limit, "throughput"),
    "encode": Method("`encode`", loaders.ours, "memory"),
    "encode_iter": Method("`encode_iter`", loaders.ours_in_blocks, "memory"),
    "bf16": Method("`helpers.Encoder`, bfloat16", loaders.ours, "dtype", {"dtype": "bfloat16"}),
    "fp16": Method("`helpers.Encoder`, float16", loaders.ours, "dtype", {"dtype": "float16"}),
    "gpu-st": Method("sentence-transformers on a GPU, batch 256", ST, "gpu", GPU),
    "gpu": Method("`helpers.Encoder` on a GPU", loaders.ours, "gpu", GPU),
    "gpu-st-half": Method("sentence-transformers on a GPU, batch 256, float16", ST, "gpu", HALF),
    "gpu-half": Method("`helpers.Encoder` on a GPU, float16", loaders.ours, "gpu",
                       {"device": "cuda", "dtype": "float16"}),
}
FEW = ("ours", "langchain", "st", "st-int8", "budget", "ct2", "ct2-int8")
QUICK = {"throughput": (*FEW, "limit"), "query": FEW,
         "cold": ("ours", "langchain", "import torch")}


def named(part: str, quick: bool = False) -> list[str]:
    """The methods that a part measures; `quick`: some of them."""
    names = [name for name, method in METHODS.items() if part in method.parts.split()]
    return [name for name in names if name in QUICK.get(part, names)] if quick else names
