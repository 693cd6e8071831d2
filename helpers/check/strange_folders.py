"""Model folders that no learner has seen, for the capstone of 07: small, random, made at once."""
import functools

import torch

from helpers.data import load
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
    return [(folder(seed, "BERT", "cls", "right", True, 256), ["hello world!"]),
            (folder(seed, "ELECTRA", "max", "right", False, 256), ["hello world!"]),
            (folder(seed, "ELECTRA", "cls", "left", False, 256), ["hello", "a rather longer text "
                                                                           "than that"]),
            (folder(seed, "BERT", "mean", "left", True, 12), [long, "", "line\nbreak", f"{long} "
                                                                                       f"{other}"]),
            (folder(seed, "XLM-R", "cls max", "right", False, 256), ["[SEP] inside", long, "你好"]),
            (folder(seed, "BERT", "mean", "right", True, 256, "text: "), ["hello", long])]


@functools.lru_cache(maxsize=64)
def folder(seed, kind, poolings, side, unit, limit, prompt=""):
    """A new model's Folder: architecture, poolings, side of the padding, Normalize or not, limit in
    tokens, and words before every text, as asked.
    """
    base = model_dir("all-MiniLM-L6-v2")
    D = 8 + 4 * (seed % 3)
    flags = {"cls": "pooling_mode_cls_token", "max": "pooling_mode_max_tokens",
             "mean": "pooling_mode_mean_tokens"}
    chosen = {flags[name]: True for name in poolings.split()}
    words = {**read_json(f"{base}/tokenizer_config.json"), "padding_side": side}
    made = Folder(linked_copy(base, without=["model.safetensors", "config.json"], changes={
        "modules.json": read_json(f"{base}/modules.json", list)[:3 if unit else 2],
        "1_Pooling/config.json": {"word_embedding_dimension": D, **chosen},
        "sentence_bert_config.json": {"max_seq_length": limit, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": {"all": prompt}, "default_prompt_name": "all"} if prompt else {},
        "tokenizer_config.json": words}))
    made.says = (f"<{kind}, D = {D}, {poolings}, padded on the {side}, "
                 f"{'' if unit else 'no '}Normalize, {limit} tokens"
                 f"{f', prompt {prompt!r}' if prompt else ''}>")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        _random_model(kind, D).save_pretrained(made)
    return made


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
            prompt=None):
    """The path of notebook 07 with a knob for each step, to make the likely mistakes: -> (B, D).

    None: as the folder says. `edges`: cls is position 0. `masked`: does the pooling see the mask?
    """
    recipe, (model, tokenizer) = read_recipe(folder), _loaded(str(folder))
    texts = [(recipe.prompt if prompt is None else prompt) + text for text in texts]
    tokens = tokenizer(texts, padding=True, truncation=True, max_length=limit or recipe.max_length,
                       return_tensors="pt")
    hidden, mask = model(**tokens).last_hidden_state, tokens["attention_mask"]   # (B, T, D), (B, T)
    mask = mask if masked else torch.ones_like(mask)
    pooled = torch.cat([hidden[:, 0] if edges and name == "cls" else POOLINGS[name](hidden, mask)
                        for name in pooling or recipe.pooling], dim=-1)                     # (B, D)
    return normalize(pooled) if (recipe.normalize if unit is None else unit) else pooled
