"""What a model's folder says: is it whole, and what turns token vectors into one vector."""
import atexit
import json
import os
import pathlib
import re
import shutil
import tempfile
from typing import Any, NamedTuple

from helpers.data import load
from helpers.models import files
from helpers.models.files import OTHERWISE, ModelFolderError

TAUGHT = {"cls": "cls", "mean": "mean", "max": "max", "lasttoken": "last"}  # file's name -> ours
AFTER = ("Dense", "Dropout", "LayerNorm", "Normalize")      # what may follow the pooling
UNLIMITED = 10**9           # tokens


class Recipe(NamedTuple):
    """How a model turns token vectors into one vector, as its files say.

    `more` is what most models do not have: "transformer", the folder inside that holds it;
    "truncate_dim", how many numbers of a vector are kept; "modules", (class, folder) of each that
    sentence-transformers itself must compute between transformer and last Normalize.
    """
    pooling: tuple[str, ...]    # names of poolings; the results of several are put side by side
    normalize: bool             # is the last module a Normalize?
    max_length: int             # tokens, special tokens included
    lower_case: bool            # is the text lower-cased before the tokenizer?
    prompt: str                 # put before every text; "" for most models
    more: dict[str, Any]        # {} for most models


def check_folder(folder: str | os.PathLike) -> pathlib.Path:
    """The absolute path of a model's folder; a ModelFolderError names the first file at fault."""
    text = os.fspath(folder)
    path = pathlib.Path(os.path.expanduser(text)).absolute()
    if not text.strip() or not path.is_dir():
        there = "is a file, not a folder" if path.is_file() else "does not exist"
        what = there if text.strip() else "is an empty string"
        raise ModelFolderError(f"{text!r} {what}. Give the folder that holds the model's files, or "
                               "one of all-MiniLM-L6-v2, bge-m3")
    if not (path / "modules.json").is_file():       # made for another program?
        files.check_weights(path)
    home = path / read_recipe(path).more.get("transformer", "")
    tokenizer = home / "tokenizer.json"
    if tokenizer.is_file():
        files.read_json(tokenizer)
    elif not any((home / name).is_file() for name in load("options.json")["vocabularies"]):
        raise files.absent(tokenizer)
    files.check_weights(home)
    return path


def read_recipe(folder: str | os.PathLike) -> Recipe:
    """The Recipe that a model's files give; a ModelFolderError for what is not supported here."""
    folder = pathlib.Path(folder)
    (_, inside), *modules = _modules(folder)
    home, pooling = folder / inside, folder / modules[0][1] / "config.json"
    if (home / "adapter_config.json").is_file():
        raise ModelFolderError(f"{home / 'adapter_config.json'} is of an adapter (PEFT) beside the "
                               "weights, which is not supported here. Merge it into them "
                               f"(merge_and_unload). {OTHERWISE}")
    options = (files.read_options(home / name, "Transformer")
               for name in load("options.json")["files of a Transformer"])
    asked = next(filter(None, options), {})
    pooled = files.read_options(pooling, "Pooling", needed=True)
    path = folder / "config_sentence_transformers.json"
    said = files.read_options(path, path.name)
    names, prompt = _pooling(pooling, pooled), _prompt(path, said)
    normalize = modules[-1][0] == "Normalize"
    modules = modules[:-1] if normalize else modules
    taught = len(modules) == 1 and {*names} <= {*TAUGHT.values()} and (
        pooled.get("include_prompt") is not False or not prompt)
    more = {"transformer": inside, "truncate_dim": said.get("truncate_dim"),
            "modules": None if taught else tuple(modules)}
    return Recipe(
        pooling=names, normalize=normalize, max_length=_max_length(home, asked),
        lower_case=bool(asked.get("do_lower_case")), prompt=prompt,
        more={name: value for name, value in more.items() if value not in (None, "")})


def usable_positions(config: dict) -> int:
    """How many tokens a position table serves: its rows, less those RoBERTa's family skips."""
    relative = (config.get("position_biased_input") is False        # DeBERTa; the others rotate
                or any("rope" in key or "rotary" in key for key in config))
    return UNLIMITED if relative else position_rows(config) - first_position(config)


def position_rows(config: dict) -> int:
    """max_position_embeddings, or the default of the architecture, if it has one."""
    rows, kind = config.get("max_position_embeddings"), config.get("model_type")
    if rows is None and kind:
        from transformers import CONFIG_MAPPING  # here: it takes longer than most folders need
        known = CONFIG_MAPPING[kind]() if kind in CONFIG_MAPPING else None
        rows = getattr(known, "max_position_embeddings", None)
    return rows if rows and rows > 0 else UNLIMITED


def first_position(config: dict) -> int:
    """The position of a text's first token: 0, or in RoBERTa's family pad_token_id + 1."""
    pad, kind = config.get("pad_token_id"), config.get("model_type", "")
    shifted = any(name in kind for name in ("roberta", "camembert", "mpnet"))
    return (1 if pad is None else pad) + 1 if shifted else 0


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
            large = path.suffix in (".safetensors", ".bin")
            link = large and os.name != "nt"            # Windows seldom allows links
            (os.symlink if link else shutil.copyfile)(path.resolve(), copy / name)
    for name, content in changes.items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(json.dumps(content), "utf-8")
    return str(copy)


def _modules(folder):
    """What modules.json lists: (class, folder inside) of each step; their own by last name."""
    path, own, steps = folder / "modules.json", r"^sentence_transformers\.(.*\.)?", []
    for module in files.read_json(path, list):
        if not isinstance(module, dict) or not {"type", "path"} <= module.keys():
            raise files.damaged(path, "does not list modules, each with a type and a path")
        files.check_options(path, module, path.name)
        steps.append((re.sub(own, "", module["type"]), module["path"]))
    kinds = [kind for kind, _ in steps]
    if kinds[:2] != ["Transformer", "Pooling"] or {*kinds[2:]} - {*AFTER}:
        said = ", ".join(f"{kind} in {place}" if place else kind for kind, place in steps)
        raise ModelFolderError(f"{path} lists {said or 'nothing'}: supported are Transformer, "
                               f"Pooling, then {', '.join(AFTER)}. {OTHERWISE}")
    for kind, place in (step for step in steps[2:] if step[1]):     # "" holds the transformer's
        files.read_options(folder / place / "config.json", kind, needed=kind == "Dense")
    return steps


def _pooling(path, config):
    """The names of the poolings, which are written in one of two ways."""
    known = load("options.json")["pooling modes"]
    old = [mode for mode, flag in known.items() if config.get(flag)]
    modes = config.get("pooling_mode") or old or "mean"
    modes = [modes] if isinstance(modes, str) else modes
    if strange := [str(mode) for mode in modes if mode not in [*known]]:
        raise ModelFolderError(f"{path} asks for the pooling {', '.join(strange)}, which is not "
                               f"supported here. {OTHERWISE}")
    return tuple(TAUGHT.get(mode, mode) for mode in modes)


def _max_length(home, asked):
    """The least of what the option file, the tokenizer and the position table say, in tokens."""
    config, length = files.read_json(home / "config.json"), asked.get("max_seq_length")
    path = home / "tokenizer_config.json"
    said = files.read_json(path).get("model_max_length") if path.is_file() else None
    if length is None:
        length = min(said or UNLIMITED, position_rows(config))
    return int(min(length, usable_positions(config)))


def _prompt(path, said):
    """The text that goes before every other, if a default is named."""
    name, prompts = said.get("default_prompt_name"), said.get("prompts") or {}
    if name not in {None, "query", "document", *prompts}:
        known = ", ".join(map(repr, prompts)) or "none"
        raise ModelFolderError(f"{path} names the default prompt {name!r}, and its prompts are "
                               f"{known}. Name one of them there, or null")
    return prompts.get(name) or ""
