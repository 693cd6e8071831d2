"""Model folders that no learner has seen, for the capstone of 07: small, random, made at once; and
the mistakes that show on them.
"""
import functools
import json

import torch

from helpers.data import load
from helpers.encoder.encoder import Encoder
from helpers.models.files import read_json
from helpers.models.find import model_dir
from helpers.models.folder import linked_copy, read_recipe
from helpers.pooling import POOLINGS, normalize


class Folder(str):
    """A folder's path that prints as what is in the folder."""
    says = ""

    def __repr__(self):
        return self.says


def folders(generator):
    """(folder, texts): each folder differs in more than one thing from all-MiniLM-L6-v2's; the
    smallest batches first.
    """
    passages = load("retrieval.json")["passages"]
    seed, first = (torch.randint(1000, (), generator=generator).item() for _ in range(2))
    long, other = passages[first % len(passages)], passages[(first + 1) % len(passages)]
    crowd = [" ".join(long.split()[:1 + i % 5]) + "!" * i for i in range(3, 43)]
    mixed = [crowd[7 * i % 40] for i in range(40)]
    return [(folder(seed, "BERT", "cls", "right", True, 256), ["hello world!"]),
            (folder(seed, "ELECTRA", "max", "right", False, 256), ["hello world!"]),
            (folder(seed, "BERT", "mean", "right", True, 256, letters=True), ["line\nbreak"]),
            (folder(seed, "BERT", "cls", "right", True, 256, letters=True, lower=True), ["Hello"]),
            (folder(seed, "BERT", "mean", "right", True, 256, dense=True), ["hello world!"]),
            (folder(seed, "ELECTRA", "cls", "left", False, 256), ["hello", "a rather longer text "
                                                                           "than that"]),
            (folder(seed, "BERT", "mean", "left", True, 12), [long, "", "line\nbreak", f"{long} "
                                                                                       f"{other}"]),
            (folder(seed, "XLM-R", "cls max", "right", False, 256), ["[SEP] in", long, "你好"]),
            (folder(seed, "BERT", "mean", "right", True, 256, "text: "), ["hello", long]),
            (folder(seed, "ELECTRA", "mean", "left", True, 256), mixed)]


@functools.lru_cache(maxsize=64)
def folder(seed: int, kind: str, poolings: str, side: str, unit: bool, limit: int,
           prompt: str = "", letters: bool = False, lower: bool = False,
           dense: bool = False) -> Folder:
    """A new model's Folder: architecture, poolings, side of the padding, Normalize or not, limit in
    tokens, words before every text, a tokenizer of single letters that keeps line breaks and
    capitals, lower case before it, a Dense step (without its weights), as asked.
    """
    base = model_dir("all-MiniLM-L6-v2")
    D = 8 + 4 * (seed % 3)
    flags = {"cls": "pooling_mode_cls_token", "max": "pooling_mode_max_tokens",
             "mean": "pooling_mode_mean_tokens", "last": "pooling_mode_lasttoken"}
    chosen = {flags[name]: True for name in poolings.split()}
    words = {**read_json(f"{base}/tokenizer_config.json"), "padding_side": side}
    steps, more = read_json(f"{base}/modules.json", list), {}
    if letters:
        words["tokenizer_class"], more["tokenizer.json"] = "PreTrainedTokenizerFast", _letters()
    if dense:
        steps.insert(2, {"idx": 2, "name": "2", "path": "2_Dense",
                         "type": "sentence_transformers.models.Dense"})
        more["2_Dense/config.json"] = {"in_features": D, "out_features": D, "bias": True}
    made = Folder(linked_copy(base, without=["model.safetensors", "config.json", "vocab.txt"],
                              changes={
        "modules.json": steps if unit else steps[:-1],
        "1_Pooling/config.json": {"word_embedding_dimension": D, **chosen},
        "sentence_bert_config.json": {"max_seq_length": limit, "do_lower_case": lower},
        "config_sentence_transformers.json": {
            "prompts": {"all": prompt}, "default_prompt_name": "all"} if prompt else {},
        "tokenizer_config.json": words, **more}))
    made.says = (f"<{kind}, D = {D}, {poolings}, padded on the {side}, "
                 f"{'' if unit else 'no '}Normalize, {limit} tokens"
                 f"{f', prompt {prompt!r}' if prompt else ''}"
                 f"{', a token for each letter' if letters else ''}"
                 f"{', lower case' if lower else ''}{', a Dense step' if dense else ''}>")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        _random_model(kind, D).save_pretrained(made)
    return made


def _letters():
    """A byte-level tokenizer as JSON: a token for each byte, line breaks and capitals too."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    pieces = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
    pieces += sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE({piece: i for i, piece in enumerate(pieces)}, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)])
    return json.loads(made.to_str())


def _random_model(kind, D):
    """A model of some architecture with D numbers per token, its weights drawn anew."""
    import transformers
    name = {"BERT": "Bert", "ELECTRA": "Electra", "XLM-R": "XLMRoberta"}[kind]
    extra = {"embedding_size": D} if kind == "ELECTRA" else {}
    config = getattr(transformers, f"{name}Config")(     # a wide range: no two texts come out alike
        vocab_size=30522, hidden_size=D, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=2 * D, initializer_range=0.3, pad_token_id=0, type_vocab_size=2, **extra)
    return getattr(transformers, f"{name}Model")(config).eval()


@functools.lru_cache(maxsize=8)
def _loaded(path):
    """A folder's model and tokenizer."""
    from transformers import AutoModel, AutoTokenizer
    model = AutoModel.from_pretrained(path, dtype=torch.float32).eval()
    return model, AutoTokenizer.from_pretrained(path)


@torch.no_grad()
def by_hand(folder, texts, pooling=None, unit=None, limit=None, edges=False, masked=True,
            prompt=None, without=""):
    """The path of notebook 07 with a knob for each step, to make the likely mistakes: -> (B, D).

    None: as the folder says. `edges`: cls is position 0. `masked`: does the pooling see the mask?
    `without`: which of breaks, lower, refusal, batches, sorting, return are left out.
    """
    recipe, (model, tokenizer) = read_recipe(folder), _loaded(str(folder))
    if recipe.more and "refusal" not in without:
        raise ValueError(f"the files ask for more: {recipe.more}")
    ready = texts if "breaks" in without else [text.replace("\n", " ") for text in texts]
    ready = [(recipe.prompt if prompt is None else prompt) + text for text in ready]
    if recipe.lower_case and "lower" not in without:
        ready = [text.lower() for text in ready]

    def vectors(texts):
        tokens = tokenizer(texts, padding=True, truncation=True, return_tensors="pt",
                           max_length=limit or recipe.max_length)
        hidden, mask = model(**tokens).last_hidden_state, tokens["attention_mask"]  # (B, T, D)
        mask = mask if masked else torch.ones_like(mask)                            # (B, T)
        pooled = torch.cat([hidden[:, 0] if edges and name == "cls" else
                            POOLINGS[name](hidden, mask)
                            for name in pooling or recipe.pooling], dim=-1)         # (B, D)
        return normalize(pooled) if (recipe.normalize if unit is None else unit) else pooled

    order, size = list(range(len(texts))), len(texts) if "batches" in without else 32
    if "sorting" not in without:
        order.sort(key=lambda i: -len(texts[i]))
    rows = torch.cat([vectors([ready[i] for i in order[start:start + size]])
                      for start in range(0, len(order), size)])                     # (B, D)
    return rows if "return" in without else rows[torch.tensor(order).argsort()]


@functools.cache
def _own():
    """The model in use."""
    return Encoder(model_dir())


def _by(**knobs):
    """The path by hand with these knobs, as a function of folder and texts."""
    return lambda folder, texts: by_hand(folder, texts, **knobs)


MISTAKES = {
    "you pool by the mean whatever the folder says: read 1_Pooling/config.json":
        _by(pooling=("mean",)),
    "you pool by cls whatever the folder says: read 1_Pooling/config.json": _by(pooling=("cls",)),
    "you normalize, but modules.json of this folder has no Normalize: leave the norm":
        _by(unit=True),
    "you never normalize, but modules.json of a folder here has a Normalize": _by(unit=False),
    "you wrote down what all-MiniLM-L6-v2's files say, mean and norm 1: read this folder's":
        _by(pooling=("mean",), unit=True),
    "you took position 0 for the first token: under left padding that is a pad. "
    "Find the mask's first 1": _by(edges=True),
    "each text comes out as it does alone: you embedded one at a time, padded on the right, or "
    "counted positions from the first token, as helpers.Encoder does. LangChain pads the batch "
    "on the folder's side, and that moves positions":
        lambda folder, texts: [by_hand(folder, [text])[0] for text in texts],
    "you did not cut the texts where this folder says: sentence_bert_config.json has its limit":
        _by(limit=512),
    "a folder here puts words before every text, and you left them out: read recipe.prompt":
        _by(prompt=""),
    "you forgot the mask in the pooling: padding counts as tokens": _by(masked=False),
    "a line break went to the tokenizer: LangChain makes it a space first": _by(without="breaks"),
    "this folder asks for lower case before the tokenizer: read recipe.lower_case":
        _by(without="lower"),
    "this folder has a step that you do not compute, and you went on: look at recipe.more and "
    "raise ValueError, with a message": _by(without="refusal"),
    "you ran all texts in one batch: LangChain takes 32 at a time, the longest first":
        _by(without="batches"),
    "your batches are in the order of the texts: LangChain sorts first, the longest text "
    "first, by characters": _by(without="sorting"),
    "you sorted the texts and did not put the rows back: see exercise 1": _by(without="return"),
    "these are the bare steps: missing are line breaks, lower case, the refusal of recipe.more, "
    "and batches of 32": _by(without="breaks lower refusal batches"),
    "this is the notebook's own model: build everything from the folder that you are given":
        lambda folder, texts: _own().encode(texts),
}
