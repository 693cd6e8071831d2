"""Every way to embed text that is measured: how it is loaded, and how it is asked.

A loader takes `place` (the folders "model", "onnx", "openvino", "ctranslate2", and the number of
"threads") and returns two functions, encode(texts, batch) -> (n, D) and query(text) -> (D,). It
runs in a process of its own, whose environment tells OpenMP, MKL and tokenizers the number too.
"""
import json
import pathlib
from collections.abc import Callable

LENGTH = 256            # tokens, as the model's files say; some programs would read more or less
BUDGET = 2048           # tokens with padding in a batch of ONNX Runtime's and CTranslate2's


def ours(place, dtype="float32", device="cpu"):
    from helpers import Encoder
    encoder = Encoder(place["model"], dtype=dtype, device=device)
    return (lambda texts, batch: encoder.encode(texts)), (lambda text: encoder.encode([text])[0])


def ours_in_blocks(place):
    """`encode_iter`, whose blocks are not kept: encode returns the number of vectors."""
    from helpers import Encoder
    encoder = Encoder(place["model"])
    return (lambda texts, batch: sum(map(len, encoder.encode_iter(iter(texts))))), None


def langchain(place):
    from langchain_huggingface import HuggingFaceEmbeddings
    model = HuggingFaceEmbeddings(model_name=place["model"], model_kwargs={"device": "cpu"})
    return (lambda texts, batch: model.embed_documents(texts)), model.embed_query


def sentence_transformers(place, backend="torch", device="cpu", half=False, **options):
    from sentence_transformers import SentenceTransformer
    folder, options = place["model" if backend == "torch" else backend], {**options}
    if backend == "onnx":
        options["session_options"] = session_options(place)
    if backend == "openvino":               # float32: else it takes bfloat16 where a CPU has it
        options["ov_config"] = {"INFERENCE_PRECISION_HINT": "f32",
                                "INFERENCE_NUM_THREADS": place["threads"]}
    model = SentenceTransformer(folder, device=device, backend=backend, model_kwargs=options)
    model.max_seq_length = LENGTH
    model = model.half() if half else model
    return (lambda texts, batch: model.encode(texts, batch_size=batch or 32)), model.encode


def session_options(place):
    """ONNX Runtime's, with the number of threads: it does not read OpenMP's."""
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = place["threads"]
    return options


def transformers(place, size, by_length=False):
    """Mean pooling over AutoModel, `size` texts at a time, in the order given or by length."""
    import torch
    from transformers import AutoModel, AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained(place["model"])
    model = AutoModel.from_pretrained(place["model"]).eval()

    @torch.inference_mode()
    def some(texts):
        batch = tokenizer(texts, padding=True, truncation=True, max_length=LENGTH,
                          return_tensors="pt")
        mask = batch["attention_mask"][..., None]                               # (B, T, 1)
        hidden = model(**batch).last_hidden_state                               # (B, T, D)
        mean = (hidden * mask).sum(dim=1) / mask.sum(dim=1)                     # (B, D)
        return torch.nn.functional.normalize(mean, dim=-1).numpy()

    def encode(texts, batch):
        order = list(range(len(texts)))
        if by_length:
            ids = tokenizer(texts, truncation=True, max_length=LENGTH)["input_ids"]
            order.sort(key=lambda i: len(ids[i]))
        batches = [order[start:start + size] for start in range(0, len(order), size)]
        return in_order(batches, lambda chosen: some([texts[i] for i in chosen]))
    return encode, lambda text: some([text])[0]


def onnx_runtime(place):
    import numpy as np
    import onnxruntime
    graph = str(pathlib.Path(place["onnx"], "onnx", "model_O2.onnx"))
    session = onnxruntime.InferenceSession(graph, session_options(place),
                                           providers=["CPUExecutionProvider"])
    names = {node.name for node in session.get_inputs()}

    def hidden(ids, mask):
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        return session.run(None, {name: given[name] for name in names})[0]
    return fed_by_budget(place, hidden)


def ctranslate2(place, kind):
    """`kind` of numbers: "float32", "int8"."""
    import numpy as np
    from ctranslate2 import Encoder, StorageView
    encoder = Encoder(place["ctranslate2"], compute_type=kind, inter_threads=1,
                      intra_threads=place["threads"])

    def hidden(ids, mask):
        lengths = mask.sum(axis=1)                                              # (B,)
        given = (StorageView.from_array(each.astype(np.int32)) for each in (ids, lengths))
        return np.array(encoder.forward_batch(*given).last_hidden_state)
    return fed_by_budget(place, hidden)


def fed_by_budget(place, hidden):
    """A program that makes `hidden` of ids and mask, (B, T) each -> (B, T, D), fed as well as we
    know how: sorted, 2,048 tokens with padding to a batch."""
    import numpy as np
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(str(pathlib.Path(place["model"], "tokenizer.json")))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LENGTH)

    def some(rows):
        """Ids of texts, the longest last -> (B, D), unit vectors."""
        ids, mask = np.zeros((2, len(rows), len(rows[-1])), dtype=np.int64)     # (B, T) each
        for i, row in enumerate(rows):
            ids[i, :len(row)], mask[i, :len(row)] = row, 1
        mean = (hidden(ids, mask) * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)               # (B, D)

    def encode(texts, batch=None):
        rows = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts)]
        batches = within_budget([len(row) for row in rows])
        return in_order(batches, lambda chosen: some([rows[i] for i in chosen]))
    return encode, lambda text: encode([text])[0]


def within_budget(lengths: list[int]) -> list[list[int]]:
    """Positions by length, cut where texts times the longest would pass BUDGET."""
    batches = [[]]
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batches[-1] and (len(batches[-1]) + 1) * lengths[i] > BUDGET:
            batches.append([])
        batches[-1].append(i)
    return batches


def in_order(batches: list[list[int]], embed: Callable):
    """What `embed` makes of each batch of positions: (n, D) float32 in the order of the texts."""
    import numpy as np
    done = np.concatenate([embed(chosen) for chosen in batches])
    vectors = np.empty(done.shape, dtype=np.float32)
    vectors[np.concatenate(batches)] = done
    return vectors


def fastembed(place):
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType
    TextEmbedding.add_custom_model(
        "local/model", pooling=PoolingType.MEAN, normalization=True, dim=384,
        sources=ModelSource(hf="local/model"), model_file="onnx/model.onnx")
    model = TextEmbedding("local/model", specific_model_path=place["onnx"],
                          threads=place["threads"])
    return (lambda texts, batch: list(model.embed(texts, batch_size=batch or 256))), (
        lambda text: next(model.embed([text])))


def flag_embedding(place):
    from FlagEmbedding import FlagModel
    model = FlagModel(place["model"], pooling_method="mean", use_fp16=False, devices="cpu")
    return (lambda texts, batch: model.encode(texts, batch_size=256, max_length=LENGTH)), (
        lambda text: model.encode([text], max_length=LENGTH)[0])


def torch_alone(place):
    """No method: what every program that uses torch waits for."""
    import torch  # noqa: F401
    return None, lambda text: []


def limit(place):
    """No method: the machine's own rate, asked for as a query is."""
    from limit import Limit
    config = pathlib.Path(place["model"], "config.json").read_text("utf-8")
    rates = Limit(json.loads(config)).rates
    return None, lambda text: rates()
