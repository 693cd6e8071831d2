"""The named tables of a BERT or XLM-RoBERTa checkpoint, made into the steps of a layer. Behind helpers.encoder.forward."""
import functools
import pathlib

import torch
import torch.nn.functional as F

from helpers.encoder.weights import check_numbers, map_weights, weights_file
from helpers.models.folder import read_json

KINDS = ("bert", "roberta", "xlm-roberta")
SIZES = {"hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size",
         "max_position_embeddings", "type_vocab_size"}
PARTS = {                               # a step of a layer: the tables that it is made of
    "qkv": ("attention.self.query", "attention.self.key", "attention.self.value"),
    "out": ("attention.output.dense",), "norm1": ("attention.output.LayerNorm",),
    "up": ("intermediate.dense",), "down": ("output.dense",), "norm2": ("output.LayerNorm",)}


class Tables:
    """The named tables of a checkpoint, made into the steps of a layer, layer by layer."""

    def __init__(self, folder, dtype, eps):
        self.path, self.dtype, self.eps = weights_file(folder), dtype, eps
        self.state = read_tables(self.path)

    def cast(self, *names):
        """Tables put one below the other, in the dtype that computes; a single one that has it already is not copied."""
        tables = [self.state[name].to(self.dtype) for name in names]
        return torch.cat(tables) if len(tables) > 1 else tables[0]

    def layer(self, i):
        """The steps of layer i: {name: function}. What was read of the file for it leaves memory with its mapping."""
        steps = {step: [f"encoder.layer.{i}.{name}" for name in names] for step, names in PARTS.items()}
        made = {step: self.layer_norm(*names) if "norm" in step else self.linear(*names) for step, names in steps.items()}
        self.state = read_tables(self.path)
        return made

    def layer_norm(self, name):
        weight, bias = self.cast(name + ".weight").clone(), self.cast(name + ".bias").clone()   # lets go of the file
        return lambda x: F.layer_norm(x, weight.shape, weight, bias, self.eps)

    def linear(self, *names):
        """One matrix product for all of the named tables: a function (N, in) -> (N, out)."""
        bias = self.cast(*(f"{name}.bias" for name in names)).clone()
        weight = self.cast(*(f"{name}.weight" for name in names))
        bent = names[0].endswith("intermediate.dense")                  # GELU follows, the exact one
        if not can_reorder(self.dtype):
            return lambda x: F.gelu(F.linear(x, weight, bias)) if bent else F.linear(x, weight, bias)
        reordered, product = torch.ops.mkldnn._reorder_linear_weight(weight), torch.ops.mkldnn._linear_pointwise
        if not bent:
            return lambda x: product(x, reordered, bias, "none", [], "")
        if gelu_within():
            return lambda x: product(x, reordered, bias, "gelu", [], "none")
        return lambda x: F.gelu(product(x, reordered, bias, "none", [], ""))


def gelu_within():
    """Is GELU faster inside oneDNN's product than after it? With AVX-512 it is; with AVX2 it takes four times as long."""
    return torch.backends.cpu.get_cpu_capability() == "AVX512"


@functools.cache
def can_reorder(dtype):
    """Can oneDNN keep matrices in the order in which this processor reads them? Its operators in torch are not public:
    they are tried on a small product, and left alone if they are gone or give another result."""
    x, weight, bias = torch.linspace(-1, 1, 6 * 16).to(dtype).split([32, 48, 16])
    x, weight, bias = x.view(2, 16), weight.view(3, 16), bias[:3]
    try:
        ops = torch.ops.mkldnn
        product = ops._linear_pointwise(x, ops._reorder_linear_weight(weight), bias, "gelu", [], "none")
        return torch.allclose(product.float(), F.gelu(F.linear(x, weight, bias)).float(),
                              atol=1e-5 if dtype == torch.float32 else 2e-2)
    except (AttributeError, RuntimeError, TypeError):
        return False


def read_tables(path):
    """A checkpoint's tensors, mapped, by their names in the bare transformer."""
    state = map_weights(path)
    prefix = next((p for p in ("bert.", "roberta.") if f"{p}embeddings.word_embeddings.weight" in state), "")
    return {name.removeprefix(prefix): tensor for name, tensor in state.items()}


def can_pack(folder):
    """Is the model in a folder one that Packed computes as transformers does, with all of its tables there?"""
    check_numbers(folder)
    config = read_json(pathlib.Path(folder, "config.json"))
    if (config.get("model_type") not in KINDS or config.get("hidden_act") != "gelu" or config.get("is_decoder")
            or config.get("position_embedding_type", "absolute") != "absolute" or not config.keys() >= SIZES
            or not isinstance(config.get("layer_norm_eps", 1e-12), float)):
        return False
    shapes = {name: tuple(tensor.shape) for name, tensor in read_tables(weights_file(folder)).items()
              if tensor.is_floating_point()}
    return all(shapes.get(name) == shape for name, shape in expected_shapes(config).items())


def expected_shapes(config):
    """The shape of every table that Packed reads, as config.json says: {name: shape}."""
    D, I = config["hidden_size"], config["intermediate_size"]
    rows = {"word": "vocab_size", "position": "max_position_embeddings", "token_type": "type_vocab_size"}
    shapes = {f"embeddings.{name}_embeddings.weight": (config[size], D) for name, size in rows.items()}
    weights = {"qkv": (D, D), "out": (D, D), "norm1": (D,), "up": (I, D), "down": (D, I), "norm2": (D,)}
    wanted = {f"encoder.layer.{i}.{name}": weights[step] for i in range(config["num_hidden_layers"])
              for step, names in PARTS.items() for name in names}
    for name, shape in {"embeddings.LayerNorm": (D,), **wanted}.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return shapes
