"""What a model's folder says: is it whole, and what turns its texts into vectors."""
import atexit
import contextlib
import json
import os
import pathlib
import re
import shutil
import tempfile
from typing import NamedTuple

from helpers.data import load
from helpers.models.files import (
    AGAIN,
    OTHERWISE,
    ModelFolderError,
    check_weights,
    damaged,
    is_there,
    read_json,
    read_options,
)

OPTIONS = [f"sentence_{kind}_config.json" for kind in (         # names that one file has had
    "bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")]
STEPS = ("Dense", "Normalize", "Dropout")       # what may follow Transformer and Pooling
VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")     # transformers reads one
NO_LIMIT = 10**9


class Recipe(NamedTuple):
    """How a model turns token vectors into one vector, as its files say."""
    pooling: tuple[str, ...]    # names of poolings; the results of several are put side by side
    normalize: bool             # is Normalize the last module?
    max_length: int             # tokens, special tokens included
    lower_case: bool            # is the text lower-cased before the tokenizer?
    prompt: str                 # put before every text; "" for most models
    include_prompt: bool = True                 # are the prompt's tokens pooled, too?
    steps: tuple[tuple[str, str], ...] = ()     # (class, folder inside) after pooling, before a
    truncate_dim: int | None = None             # last Normalize; after it, how many numbers stay
    inside: str = ""                            # where in the folder the transformer lies

    def __repr__(self) -> str:
        """Without what is as in most models."""
        shown = [f"{name}={value!r}" for name, value in self._asdict().items()
                 if (name, value) not in self._field_defaults.items()]
        return f"Recipe({', '.join(shown)})"


def check_folder(folder: str | os.PathLike) -> pathlib.Path:
    """The absolute path of a model's folder; a ModelFolderError names the first file at fault."""
    text = os.fspath(folder)
    path = pathlib.Path(os.path.expanduser(text)).absolute()
    if not text.strip() or not path.is_dir():
        there = "is a file, not a folder" if path.is_file() else "does not exist"
        what = there if text.strip() else "is an empty string"
        raise ModelFolderError(f"{text!r} {what}. Give the folder that holds the model's files, or "
                               "one of all-MiniLM-L6-v2, bge-m3")
    if not is_there(path / "modules.json") and not is_there(path / "config.json"):
        check_weights(path)         # of another program, perhaps: that is said before what it lacks
    recipe = read_recipe(path)
    tokenizer = path / recipe.inside / "tokenizer.json"
    if is_there(tokenizer):
        read_json(tokenizer)
    elif not any(found for name in VOCABULARIES for found in tokenizer.parent.glob(name)):
        raise ModelFolderError(f"{tokenizer} is missing, and a vocabulary that it could be made of "
                               f"({', '.join(VOCABULARIES[1:])}), too. {AGAIN}, or use "
                               "sentence-transformers if its tokenizer needs none")
    for module in [recipe.inside, *(path for kind, path in recipe.steps if kind == "Dense")]:
        check_weights(path / module)
    return path


def read_recipe(folder: str | os.PathLike) -> Recipe:
    """The Recipe that a model's files give; a ModelFolderError for what is not supported here."""
    folder = pathlib.Path(folder)
    (_, inside), (_, pooling), *steps = _modules(folder)
    adapter = folder / inside / "adapter_config.json"
    if is_there(adapter):
        raise ModelFolderError(f"{adapter} says that an adapter (PEFT) changes the weights, which "
                               "is not supported here. Merge it into them, or use "
                               "sentence-transformers for this model")
    names = [folder / inside / name for name in OPTIONS]        # the first one that says something
    used = next((path for path in names if is_there(path) and read_json(path)), names[0])
    options = read_options(used, "Transformer")
    config = read_json(folder / inside / "config.json")
    said = read_json(folder / inside / "tokenizer_config.json").get("model_max_length")
    said = min(said if isinstance(said, int | float) else NO_LIMIT, named_positions(config))
    pooled = read_options(folder / pooling / "config.json", "Pooling")
    model = read_options(folder / "config_sentence_transformers.json", "model")
    for kind, path in steps:
        read_options(folder / path / "config.json", kind)
    steps = [(kind, path) for kind, path in steps if kind != "Dropout"]     # for training alone
    last = steps.pop() if steps and steps[-1][0] == "Normalize" else None
    return Recipe(
        pooling=_pooling(folder / pooling / "config.json", pooled),
        normalize=last is not None,
        max_length=int(min(options.get("max_seq_length") or said, usable_positions(config))),
        lower_case=bool(options.get("do_lower_case")),
        prompt=_prompt(folder / "config_sentence_transformers.json", model),
        include_prompt=bool(pooled.get("include_prompt", True)),
        steps=tuple(steps), truncate_dim=model.get("truncate_dim"), inside=inside)


def usable_positions(config: dict) -> int:
    """How many tokens a position table serves: its rows, less those RoBERTa's family skips.

    Architectures that turn vectors by their position, or relate two, have no table.
    """
    turns = any(re.search("rope|rotary_(emb|pct|dim)", name) for name in config)
    if turns or not config.get("position_biased_input", True):              # DeBERTa's, mostly
        return NO_LIMIT
    return named_positions(config) - first_position(config)


def named_positions(config: dict) -> int:
    """How many positions config.json names, or else its architecture has."""
    positions = config.get("max_position_embeddings", -1)
    if positions == -1:
        from transformers import CONFIG_MAPPING  # here: its import takes seconds
        with contextlib.suppress(Exception):    # what is wrong is said when the model is loaded
            known = CONFIG_MAPPING[config.get("model_type")].from_dict(config)
            positions = getattr(known, "max_position_embeddings", None)     # XLNet's is -1
    return NO_LIMIT if positions in (None, -1) else positions


def first_position(config: dict) -> int:
    """The position of a text's first token: 0, or in RoBERTa's family pad_token_id + 1."""
    kind, pad = config.get("model_type") or "", config.get("pad_token_id")
    return (1 if pad is None else pad) + 1 if shifts_positions(kind) else 0


def shifts_positions(model_type: str) -> bool:
    """Does an architecture count positions from pad_token_id + 1, as RoBERTa's family does?"""
    return any(name in model_type for name in ("roberta", "camembert", "mpnet"))


def linked_copy(folder: str | os.PathLike, without: tuple = (), changes: dict | None = None) -> str:
    """The path of a temporary copy of a model's folder, in which the weights are links, to be read.

    `without`: names to leave out, as "1_Pooling/config.json". `changes`: name -> content, for JSON.
    """
    copy, changes = pathlib.Path(tempfile.mkdtemp(prefix="model-")), changes or {}
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    for path in pathlib.Path(folder).rglob("*"):
        name = path.relative_to(folder)
        left_out = name.parts[0] == "onnx" or name.as_posix() in (*without, *changes)
        if path.is_file() and not left_out:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            weights = path.suffix in (".safetensors", ".bin")
            link = weights and os.name != "nt"                  # Windows seldom allows links
            (os.symlink if link else shutil.copyfile)(path.resolve(), copy / name)
    for name, content in changes.items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(json.dumps(content), "utf-8")
    return str(copy)


def _modules(folder):
    """What modules.json lists: (class, folder inside) of each step; their own by last name."""
    path, own = folder / "modules.json", r"^sentence_transformers\.(.*\.)?"
    try:
        steps = [(re.sub(own, "", module["type"]), module["path"].removesuffix("/"))
                 for module in read_json(path, list)]
    except (TypeError, KeyError, AttributeError):
        raise damaged(path, "does not list modules, each with a type and a path") from None
    kinds = [kind for kind, _ in steps]
    if kinds[:2] != ["Transformer", "Pooling"] or not {*kinds[2:]} <= {*STEPS}:
        listed = ", ".join(f"{kind} in {inside}" if inside else kind for kind, inside in steps)
        raise ModelFolderError(
            f"{path} lists {listed or 'nothing'}: supported are Transformer, Pooling, then any of "
            f"{', '.join(STEPS)}. {OTHERWISE}")
    return steps


def _pooling(path, options):
    """Our names of the poolings that a Pooling module's options ask for."""
    names = load("options.json")["poolings"]
    modes = options.get("pooling_mode") or [name for name in names if options.get(name)] or ["mean"]
    modes = [modes] if isinstance(modes, str) else modes
    strange = [mode for mode in modes if mode not in names]
    if strange:
        raise ModelFolderError(f"{path} asks for the pooling {strange[0]}, which is not supported "
                               f"here. {OTHERWISE}")
    return tuple(names[mode] for mode in modes)


def _prompt(path, options):
    """The prompt that stands before every text; null is ""."""
    prompts = {"query": "", "document": "", None: "", **(options.get("prompts") or {})}
    name = options.get("default_prompt_name")
    if not isinstance(prompts.get(name, 0), str | None):
        raise ModelFolderError(f"{path} says default_prompt_name = {name!r}, which is none of its "
                               f"prompts ({', '.join(filter(None, prompts))}). Name one of them")
    return prompts[name] or ""
