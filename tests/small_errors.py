"""Vectors with a small error of a known kind: what computes in 16 bits, and what only looks so.

`IN_16_BITS` and `OTHERWISE` name the kinds; `SmallErrors(folder).vector(kind, text, dice)` makes
one. All of it is the libraries' own code and plain torch: nothing of the search is used.
"""
import collections
import contextlib
import copy
import functools
import json
import pathlib
import shutil

import numpy as np
import torch
from tiny import build_bge
from transformers import AutoModel, AutoTokenizer, BertConfig, DistilBertConfig

from helpers import diagnose, model_dir

DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16}
IN_16_BITS = [f"{how} {name}" for name in DTYPES for how in (
    "half", "eager", "in a batch", "weights", "autocast", "half weights, autocast", "accumulated")]
OTHERWISE = [
    "nomic's recipe", "a few tokens fewer", "noise", "noise in few numbers", "int8 weights",
    "int4 weights", "another word", "a full stop more", "one layer changed", "one weight changed",
    "offset", "scaled", "scaled numbers", "accents", "positions + 1", "epsilon", "softmax scale",
    "dropout", "quick GELU"]
WORDS = ("river", "bank", "interest", "station", "committee", "answer", "photograph", "café",
         "naïve", "Zürich", "tokenizer", "vector", "money", "question", "seventeen", "the", "of",
         "a", "was", "reads", "quickly", "without", "and", "Überraschung")
# Of errors of 16 bits, the least share that is named: more numbers tell more.
LEAST = {"MiniLM, 384 numbers": 0.95, "XLM-R form, 64": 0.4, "BERT form, 128": 0.95,
         "DistilBERT form, 128": 0.8}
Linear, Norm = torch.nn.Linear, torch.nn.LayerNorm


def sentence(dice):
    """A text of 3 to 60 words."""
    return " ".join(dice.choice(WORDS, size=dice.integers(3, 60))).capitalize() + "."


def build_small(folder, config, seed=0):
    """A random model of any architecture with the embedded model's tokenizer and steps: its path.

    `config`: a transformers configuration; the tokenizer has 30,522 ids and pad id 0.
    """
    shutil.copytree(model_dir("all-MiniLM-L6-v2"), folder, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("*.safetensors", "*.bin", "onnx"))
    folder = pathlib.Path(folder)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        model = AutoModel.from_config(config)
    model.save_pretrained(folder)
    path, size = folder / "1_Pooling/config.json", model.config.hidden_size
    pooling = {**json.loads(path.read_text("utf-8")), "word_embedding_dimension": size}
    path.write_text(json.dumps(pooling), "utf-8")
    return folder


class SmallErrors:
    """A model, and programs that give nearly its vector.

    `cls`: is that the model's pooling, or the mean? `max_length`: of its tokens.
    """

    def __init__(self, folder, cls=False, max_length=256):
        self.folder, self.cls, self.max_length = str(folder), cls, max_length
        self.tokenizer = AutoTokenizer.from_pretrained(self.folder)
        self.load = functools.cache(self._load)
        self.edited = functools.lru_cache(maxsize=1)(self._edited)     # a model each

    def _load(self, dtype=torch.float32, attention=None):
        return AutoModel.from_pretrained(
            self.folder, dtype=dtype, attn_implementation=attention).eval()

    def vector(self, kind, text, dice):
        """The float64 vector (d,) of one kind; `dice` (numpy's) choose what it leaves open."""
        how, _, name = kind.rpartition(" ")
        if kind in IN_16_BITS:
            return self._in_16_bits(how, DTYPES[name], text)
        if kind in ("noise", "noise in few numbers", "offset", "scaled", "scaled numbers"):
            return self._moved(kind, self.plain(text), dice)
        if kind in ("another word", "a full stop more", "accents"):
            words = text.split()
            words[dice.integers(len(words))] = dice.choice(WORDS)
            return self.plain({
                "another word": " ".join(words), "a full stop more": text + ".",
                "accents": text.translate(str.maketrans("éïüÜ", "eiuU"))}[kind])
        if kind == "a few tokens fewer":
            size = len(self.tokenizer(text)["input_ids"])
            return self.plain(text, max_length=size - int(dice.integers(1, 4)))
        if kind == "nomic's recipe":
            pooled = self.plain(text, normalize=False)
            unit = (pooled - pooled.mean()) / np.sqrt(pooled.var() + 1e-5)
            cut = unit[:len(unit) // int(dice.choice([1, 2, 3]))]
            return cut / np.linalg.norm(cut)
        if kind == "positions + 1":
            return self.plain(text, shift=1)
        return self.plain(text, self.edited(kind, int(dice.integers(3))))

    @torch.no_grad()
    def plain(self, text, model=None, max_length=None, normalize=True, pads=0, shift=0, auto=None):
        """The vector as the model's files say, with a model or a setting of another kind."""
        tokens = self.tokenizer(text, truncation=True, max_length=max_length or self.max_length)
        ids = torch.tensor([tokens["input_ids"]])
        mask = torch.ones_like(ids)
        given = {"input_ids": torch.nn.functional.pad(ids, (0, pads), value=self.pad),
                 "attention_mask": torch.nn.functional.pad(mask, (0, pads))}
        model = model or self.load()
        with contextlib.ExitStack() as stack:
            if auto:
                stack.enter_context(torch.autocast("cpu", dtype=auto))
            if shift:
                for name, part in model.named_modules():
                    if name.endswith("position_embeddings"):
                        stack.enter_context(part.register_forward_pre_hook(
                            lambda part, given: (given[0] + shift,)))
            hidden = model(**given).last_hidden_state[:, :ids.shape[1]].double()    # (1, T, D)
        pooled = (hidden[:, 0] if self.cls else hidden.mean(dim=1))[0].numpy()
        return pooled / np.linalg.norm(pooled) if normalize else pooled

    @property
    def pad(self):
        return self.load().config.pad_token_id or 0

    def _in_16_bits(self, how, dtype, text):
        half = self.load(dtype)
        if how == "eager":
            return self.plain(text, self.load(dtype, "eager"))
        if how == "in a batch":
            return self.plain(text, half, pads=13)
        if how == "half":
            return self.plain(text, half)
        if how == "autocast":
            return self.plain(text, auto=dtype)
        widened = self.widened(dtype)
        if how == "accumulated":
            with rounded_outputs(widened, dtype):
                return self.plain(text, widened)
        return self.plain(text, widened, auto=dtype if "autocast" in how else None)

    @functools.cache  # noqa: B019
    def widened(self, dtype):
        """Weights that were stored in 16 bits, in float32."""
        return copy.deepcopy(self.load(dtype)).float()

    def _moved(self, kind, own, dice):
        """Numbers with an error of a size between a fifth of fp16's and twice bf16's."""
        size = np.exp(dice.uniform(np.log(2e-4), np.log(2e-2)))
        noise = dice.normal(size=own.shape)
        if kind == "noise in few numbers":
            few = dice.random(own.shape)
            noise *= few <= max(0.1, few.min())             # at least one
        noise = {"offset": np.ones_like(own), "scaled": own, "scaled numbers": own * noise}.get(
            kind, noise)
        return own + size * noise / np.linalg.norm(noise)

    def _edited(self, kind, number):
        """The model with an edit; `number` chooses one of three."""
        model = copy.deepcopy(self.load())
        dice = torch.Generator().manual_seed(number)
        tables = [part.weight for part in model.modules() if isinstance(part, Linear)]
        some = tables[number * (len(tables) - 1) // 2]
        if kind in ("int8 weights", "int4 weights"):
            most = 127 if kind == "int8 weights" else 7
            for table in tables:
                scale = table.data.abs().amax(dim=1 if number else (0, 1), keepdim=True) / most
                table.data = (table.data / scale).round() * scale
        elif kind == "one layer changed":
            noise = torch.randn(some.shape, generator=dice) * some.std()
            some.data += noise * 10 ** -(1 + number / 2)
        elif kind == "one weight changed":
            some.data[number, number] += 8 * some.std()
        elif kind == "epsilon":
            for part in model.modules():
                if isinstance(part, Norm):
                    part.eps = [1e-3, 1e-2, 1e-6][number] + part.eps
        elif kind == "softmax scale":
            for name, table in model.named_parameters():
                if name.endswith(("query.weight", "q_lin.weight")):
                    table.data *= [1.001, 1.01, 0.95][number]
        elif kind == "dropout":
            model.embeddings.register_forward_hook(lambda part, given, out: out * (
                1 + [0.001, 0.01, 0.03][number] * torch.randn(out.shape, generator=dice)))
        elif kind == "quick GELU":
            for part in model.modules():
                if "GELU" in type(part).__name__:
                    part.register_forward_hook(lambda part, given, out: given[0] * torch.sigmoid(
                        [1.702, 1.70, 1.71][number] * given[0]))
        return model


def small_models(folder):
    """Name and SmallErrors of each model: the embedded one, and three small ones in `folder`."""
    yield "MiniLM, 384 numbers", SmallErrors(model_dir("all-MiniLM-L6-v2"))
    yield "XLM-R form, 64", SmallErrors(build_bge(folder / "xlmr"), cls=True, max_length=8192)
    size = {"vocab_size": 30_522, "initializer_range": 0.1}
    yield "BERT form, 128", SmallErrors(build_small(folder / "bert", BertConfig(
        hidden_size=128, num_hidden_layers=4, num_attention_heads=4, intermediate_size=512,
        **size)))
    yield "DistilBERT form, 128", SmallErrors(build_small(folder / "distil", DistilBertConfig(
        dim=128, n_layers=3, n_heads=4, hidden_dim=512, **size)))


def counted(model, texts, start=0):
    """What diagnose answers: {kind: Counter of "right", "likely", "not found", "wrong"}.

    "wrong": called 16 bits and is not, or the other 16 bits, or in 16 bits and something else.
    """
    table = collections.defaultdict(collections.Counter)
    for seed in range(start, start + texts):
        dice = np.random.default_rng(seed)
        text = sentence(dice)
        own = model.plain(text)
        for kind in IN_16_BITS + OTHERWISE:
            vector = model.vector(kind, text, dice)
            if len(vector) == len(own) and np.abs(vector - own).max() <= 3e-5 * np.abs(own).max():
                table[kind]["the same vector"] += 1
                continue
            answer = diagnose(vector, text, model.folder)
            expected = (f"precision:{kind[-4:]}",) if kind in IN_16_BITS else ()
            named = [cause for cause in answer.causes if cause in ("precision:fp16",
                                                                   "precision:bf16")]
            wrong = named != list(expected) if answer.causes or answer.found else False
            table[kind]["wrong" if wrong else "not found" if not answer.found else
                        "reproduced" if answer.certain else "likely"] += 1
    return table


def lines(table):
    """A table of `counted`, to be printed."""
    columns = ("likely", "reproduced", "not found", "wrong", "the same vector")
    yield f"{'':<28}" + "".join(f"{name:>17}" for name in columns)
    for kind, row in table.items():
        yield f"{kind:<28}" + "".join(f"{row[name]:>17}" for name in columns)


def check(name, table):
    """Print a table of `counted` and hold it to what diagnose promises."""
    print(f"\n{name}", *lines(table), sep="\n")
    assert not {kind: row["wrong"] for kind, row in table.items() if row["wrong"]}
    for kind in OTHERWISE:
        assert not table[kind]["likely"], kind
    rows = [table[kind] for kind in IN_16_BITS]
    told = sum(row.total() - row["the same vector"] for row in rows)
    assert sum(row["likely"] + row["reproduced"] for row in rows) >= LEAST[name] * told


@contextlib.contextmanager
def rounded_outputs(model, dtype):
    """float32 inside every step, 16 bits between two of them: as a GPU accumulates."""
    kinds = (Linear, Norm, torch.nn.Embedding)
    hooks = [part.register_forward_hook(lambda part, given, out: out.to(dtype).float())
             for part in model.modules() if isinstance(part, kinds)
             or "GELU" in type(part).__name__]
    yield
    for hook in hooks:
        hook.remove()
