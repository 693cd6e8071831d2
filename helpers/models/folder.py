"""What a model's folder says: is it whole, and which pooling, normalization and length it asks."""
import atexit
import contextlib
import json
import os
import pathlib
import re
import shutil
import tempfile
import zipfile
from typing import Any, NamedTuple

from safetensors import SafetensorError, safe_open

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
OPTIONS = [f"sentence_{kind}_config.json" for kind in (         # names that one file has had
    "bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")]
STEPS = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
POOLINGS = {"cls": "cls", "max": "max", "mean": "mean", "last": "last", "lasttoken": "last"}
FLAGS = ("cls_token", "max_tokens", "mean_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens",
         "lasttoken")       # pooling_mode_… of older files, in the order of their results
AGAIN, OTHERWISE = "Download the model again", "Use sentence-transformers for this model"


class ModelFolderError(OSError):
    """A model's folder or one of its files cannot be used; the message names it and the repair."""


class Recipe(NamedTuple):
    """How a model turns token vectors into one vector, as its files say."""
    pooling: tuple[str, ...]    # names of poolings; the results of several are put side by side
    normalize: bool             # is there a Normalize module?
    max_length: int             # tokens, special tokens included
    lower_case: bool            # is the text lower-cased before the tokenizer?
    prompt: str                 # put before every text; "" for most models


def check_folder(folder: str | os.PathLike) -> pathlib.Path:
    """The absolute path of a model's folder; a ModelFolderError names the first file at fault."""
    text = os.fspath(folder)
    path = pathlib.Path(os.path.expanduser(text)).absolute()
    if not text.strip() or not path.is_dir():
        there = "is a file, not a folder" if path.is_file() else "does not exist"
        what = there if text.strip() else "is an empty string"
        raise ModelFolderError(f"{text!r} {what}. Give the folder that holds the model's files, or "
                               "one of all-MiniLM-L6-v2, bge-m3")
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        read_json(path / name)
    for kind, inside in _modules(path):
        if kind == "Pooling":
            read_json(path / inside / "config.json")
    _check_weights(path)
    return path


def read_recipe(folder: str | os.PathLike) -> Recipe:
    """The Recipe that a model's files give; a ModelFolderError for what is not supported here."""
    folder = pathlib.Path(folder)
    steps = _modules(folder)
    inside = dict(steps)
    if [kind for kind, _ in steps] not in STEPS or inside["Transformer"]:
        listed = ", ".join(f"{kind} in {path}" if path else kind for kind, path in steps)
        raise ModelFolderError(
            f"{folder / 'modules.json'} lists {listed or 'nothing'}: supported are Transformer "
            f"(in the folder itself), Pooling, perhaps Normalize, in this order. {OTHERWISE}")
    options = next((read_json(folder / name) for name in OPTIONS if (folder / name).is_file()), {})
    said = read_json(folder / "tokenizer_config.json").get("model_max_length")
    positions = usable_positions(read_json(folder / "config.json"))
    path = folder / "config_sentence_transformers.json"
    prompts = read_json(path) if path.is_file() else {}
    return Recipe(
        pooling=_pooling(folder / inside["Pooling"] / "config.json"),
        normalize="Normalize" in inside,
        max_length=int(min(options.get("max_seq_length") or said or positions, positions)),
        lower_case=bool(options.get("do_lower_case")),
        prompt=prompts.get("prompts", {}).get(prompts.get("default_prompt_name"), ""))


def read_json(path: str | os.PathLike, kind: type = dict) -> Any:
    """The content of a JSON file: an object, or a list (`kind`); else a ModelFolderError."""
    path = pathlib.Path(path)
    if not path.is_file():
        raise ModelFolderError(f"{path} is missing: the model's folder is not whole. {AGAIN}")
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError:
        raise damaged(path, "is not JSON: it was cut short or replaced") from None
    if not isinstance(content, kind):
        raise damaged(path, f"holds {type(content).__name__}, not {kind.__name__}: it was replaced")
    return content


def damaged(path: pathlib.Path, what: str) -> ModelFolderError:
    """The error that says what is wrong with a file that is there."""
    return ModelFolderError(f"{path} ({path.stat().st_size:,} bytes) {what}. "
                            "Delete it and download it again")


def usable_positions(config: dict) -> int:
    """How many tokens a position table serves: its rows, less those RoBERTa's family skips."""
    return (config.get("max_position_embeddings") or 10**9) - first_position(config)


def first_position(config: dict) -> int:
    """The position of a text's first token: 0, or in RoBERTa's family pad_token_id + 1."""
    pad = config.get("pad_token_id")
    return (1 if pad is None else pad) + 1 if shifts_positions(config.get("model_type", "")) else 0


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
            link = path.name in WEIGHTS and os.name != "nt"     # Windows seldom allows links
            (os.symlink if link else shutil.copyfile)(path.resolve(), copy / name)
    for name, content in changes.items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(json.dumps(content), "utf-8")
    return str(copy)


def _modules(folder):
    """What modules.json lists: (class, folder inside) of each step; their own by last name."""
    path, own = folder / "modules.json", r"^sentence_transformers\.(.*\.)?"
    try:
        return [(re.sub(own, "", module["type"]), module["path"])
                for module in read_json(path, list)]
    except (TypeError, KeyError, AttributeError):
        raise damaged(path, "does not list modules, each with a type and a path") from None


def _pooling(path):
    config = read_json(path)
    flags = [flag.split("_token")[0] for flag in FLAGS if config.get(f"pooling_mode_{flag}")]
    modes = config.get("pooling_mode") or flags or ["mean"]
    modes = [modes] if isinstance(modes, str) else modes
    strange = sorted(set(modes) - set(POOLINGS))
    if strange or config.get("include_prompt") is False:
        what = f"the pooling {', '.join(strange)}" if strange else "include_prompt = false"
        raise ModelFolderError(f"{path} asks for {what}, which is not supported here. {OTHERWISE}")
    return tuple(POOLINGS[mode] for mode in modes)


def _check_weights(folder):
    path = next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)
    if path is None:
        if any(folder.glob("*.index.json")):
            raise ModelFolderError(f"{folder} has weights split into several files. {OTHERWISE}")
        raise ModelFolderError(f"{folder} has no weights ({' or '.join(WEIGHTS)}). {AGAIN}")
    with open(path, "rb") as file:
        start = file.read(64).lstrip()
    for sign, what in (b"version https://git-lfs", "Git LFS pointer"), (b"<", "web page"):
        if start.startswith(sign):
            raise damaged(path, f"is a {what}, not the weights")
    with contextlib.suppress(SafetensorError):      # are there as many bytes as it says itself?
        if zipfile.is_zipfile(path) if path.suffix == ".bin" else safe_open(path, "numpy"):
            return
    raise damaged(path, "was cut short or replaced")
