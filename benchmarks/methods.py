"""Every way to embed text that is measured: how it is loaded, and how it is asked. Runs in a worker process of its own.

Each loader takes `place` (the folders: "model", "onnx", "openvino") and returns two functions:
encode(texts, batch) -> (n, D) and query(text) -> (D,). Threads are each program's own default.
"""
import functools
import pathlib
from typing import NamedTuple

LENGTH = 256            # tokens, as the model's own files say; given to programs that would read more or less


def ours(place, dtype="float32", device="cpu"):
    from helpers import Encoder
    encoder = Encoder(place["model"], dtype=dtype, device=device)
    return (lambda texts, batch: encoder.encode(texts)), (lambda text: encoder.encode([text])[0])


def langchain(place):
    from langchain_huggingface import HuggingFaceEmbeddings
    model = HuggingFaceEmbeddings(model_name=place["model"], model_kwargs={"device": "cpu"})
    return (lambda texts, batch: model.embed_documents(texts)), model.embed_query


FLOAT32 = {"INFERENCE_PRECISION_HINT": "f32"}       # without it OpenVINO computes in bfloat16 where the processor can


def sentence_transformers(place, backend="torch", device="cpu", half=False, **options):
    from sentence_transformers import SentenceTransformer
    folder = place["model" if backend == "torch" else backend]
    model = SentenceTransformer(folder, device=device, backend=backend, model_kwargs=options)
    model.max_seq_length = LENGTH
    model = model.half() if half else model
    return (lambda texts, batch: model.encode(texts, batch_size=batch or 32)), model.encode


def transformers(place, size, by_length=False):
    """Mean pooling over AutoModel, `size` texts at a time, in the order given or `by_length` in tokens."""
    import torch
    from transformers import AutoModel, AutoTokenizer
    tokenizer, model = AutoTokenizer.from_pretrained(place["model"]), AutoModel.from_pretrained(place["model"]).eval()

    def some(texts):
        batch = tokenizer(texts, padding=True, truncation=True, max_length=LENGTH, return_tensors="pt")
        mask = batch["attention_mask"][..., None]                                               # (B, T, 1)
        total = (model(**batch).last_hidden_state * mask).sum(dim=1) / mask.sum(dim=1)          # (B, D)
        return torch.nn.functional.normalize(total, dim=-1)

    @torch.inference_mode()
    def encode(texts, batch):
        order = list(range(len(texts)))
        if by_length:
            lengths = [len(ids) for ids in tokenizer(texts, truncation=True, max_length=LENGTH)["input_ids"]]
            order.sort(key=lengths.__getitem__)
        vectors = torch.empty(len(texts), model.config.hidden_size)
        for start in range(0, len(order), size):
            chosen = order[start:start + size]
            vectors[chosen] = some([texts[i] for i in chosen])
        return vectors.numpy()
    return encode, torch.inference_mode()(lambda text: some([text])[0].numpy())


def fastembed(place):
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType
    TextEmbedding.add_custom_model("local/model", pooling=PoolingType.MEAN, normalization=True, dim=384,
                                   sources=ModelSource(hf="local/model"), model_file="onnx/model.onnx")
    model = TextEmbedding("local/model", specific_model_path=place["onnx"])
    return (lambda texts, batch: list(model.embed(texts, batch_size=batch or 256))), (lambda text: next(model.embed([text])))


def flag_embedding(place):
    from FlagEmbedding import FlagModel
    model = FlagModel(place["model"], pooling_method="mean", use_fp16=False, devices="cpu")
    return (lambda texts, batch: model.encode(texts, batch_size=batch or 256, max_length=LENGTH)), (
        lambda text: model.encode([text], max_length=LENGTH)[0])


def budget(place):
    """ONNX Runtime on batches of up to 2,048 tokens with padding, sorted by length."""
    import budgeted
    return budgeted.load(str(pathlib.Path(place["onnx"], "onnx", "model_O2.onnx")), place["model"], LENGTH)


def limit(place):
    """No method: the machine's own rate, asked for by the word "rates"."""
    import json

    from limit import Limit
    rates = Limit(json.loads(pathlib.Path(place["model"], "config.json").read_text("utf-8"))).rates
    return (lambda texts, batch: None), (lambda text: rates())


class Method(NamedTuple):
    label: str
    load: object
    needs: str = ""             # what of the peers' environment: "", "onnx", "openvino", "fastembed", "FlagEmbedding"
    tuned: bool = False         # its batch size is chosen in a first pass
    peer: bool = False          # counts as "a peer as it ships"
    parts: str = "throughput query cold"


METHODS = {
    "ours": Method("**`helpers.Encoder`**", ours),
    "langchain": Method("LangChain `HuggingFaceEmbeddings`", langchain),
    "st": Method("sentence-transformers", sentence_transformers, tuned=True, peer=True),
    "st-onnx": Method("sentence-transformers, ONNX", functools.partial(sentence_transformers, backend="onnx",
                      file_name="onnx/model.onnx"), "onnx", True, True, "throughput query"),
    "st-o2": Method("sentence-transformers, ONNX O2", functools.partial(sentence_transformers, backend="onnx",
                    file_name="onnx/model_O2.onnx"), "onnx", True, True),
    "st-openvino": Method("sentence-transformers, OpenVINO", functools.partial(sentence_transformers, backend="openvino",
                          ov_config=FLOAT32), "openvino", True, True, "throughput query"),
    "budget": Method("ONNX Runtime O2, our token-budget batches", budget, "onnx", parts="throughput query"),
    "tf-sorted": Method("transformers, sorted, 32 at a time", functools.partial(transformers, size=32, by_length=True),
                        parts="throughput"),
    "tf-32": Method("transformers, 32 in the order given", functools.partial(transformers, size=32), parts="throughput"),
    "tf-1": Method("transformers, one at a time", functools.partial(transformers, size=1)),
    "fastembed": Method("fastembed, its defaults", fastembed, "fastembed", peer=True),
    "fastembed-best": Method("fastembed, best batch size", fastembed, "fastembed", True, True, "throughput"),
    "flag": Method("FlagEmbedding, its defaults", flag_embedding, "FlagEmbedding", peer=True),
    "bf16": Method("`helpers.Encoder`, bfloat16", functools.partial(ours, dtype="bfloat16"), parts="dtype"),
    "fp16": Method("`helpers.Encoder`, float16", functools.partial(ours, dtype="float16"), parts="dtype"),
    "gpu-st": Method("sentence-transformers on a GPU, batch 256", functools.partial(sentence_transformers, device="cuda"),
                     parts="gpu"),
    "gpu": Method("`helpers.Encoder` on a GPU", functools.partial(ours, device="cuda"), parts="gpu"),
    "gpu-st-half": Method("sentence-transformers on a GPU, batch 256, float16",
                          functools.partial(sentence_transformers, device="cuda", half=True), parts="gpu"),
    "gpu-half": Method("`helpers.Encoder` on a GPU, float16", functools.partial(ours, device="cuda", dtype="float16"),
                       parts="gpu"),
    "limit": Method("matrix products alone", limit, parts=""),
}
