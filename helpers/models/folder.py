"""What a model's folder says: is it whole, and which pooling, normalization and length it asks."""
import atexit
import json
import os
import pathlib
import re
import shutil
import tempfile
import zipfile
from typing import NamedTuple

from safetensors import SafetensorError, safe_open

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
OPTIONS = [f"sentence_{kind}_config.json" for kind in (         # names that one file has had
    "bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")]
STEPS = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
POOLINGS = {"cls": "cls", "max": "max", "mean": "mean", "last": "last", "lasttoken": "last"}
FLAGS = [f"pooling_mode_{name}" for name in (   # of older files, in the order of their results
    "cls_token", "max_tokens", "mean_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens",
    "lasttoken")]


class ModelFolderError(OSError):
    """A model's folder or one of its files cannot be used; the message names it and the repair."""


class Recipe(NamedTuple):
    """How a model turns token vectors into one vector, as its files say."""
    pooling: tuple[str, ...]    # names of poolings; the results of several are put side by side
    normalize: bool             # is there a Normalize module?
    max_length: int             # tokens, special tokens included
    lower_case: bool            # is the text lower-cased before the tokenizer?
    prompt: str                 # put before every text; "" for most models


def check_folder(folder: str | os.PathLike, names: tuple = ()) -> pathlib.Path:
    """The absolute path of a model's folder; `~` is understood. `names`: models to suggest.

    Raises ModelFolderError naming the first file that is not right.
    """
    text = os.fspath(folder)
    if not text.strip():
        raise ModelFolderError(
            "the model's folder is an empty string. Give a folder, or unset EMBED_MODEL")
    path = pathlib.Path(os.path.expanduser(text)).absolute()
    if not path.is_dir():
        what = "is a file, not a folder" if path.exists() else "does not exist"
        known = f", or one of {', '.join(sorted(set(names)))}" if names else ""
        raise ModelFolderError(
            f"{text!r} {what}. Give the folder that holds the model's files{known}")
    read_json(path / "config.json")
    _check_tokenizer(path / "tokenizer.json")
    read_json(path / "tokenizer_config.json")
    for kind, inside in _modules(path):
        if kind == "Pooling":
            read_json(path / inside / "config.json")
    _check_weights(path)
    return path


def read_recipe(folder: str | os.PathLike) -> Recipe:
    """The Recipe that modules.json, 1_Pooling/config.json and the files beside them give.

    Raises ModelFolderError for a file that is missing, and for what is not supported here.
    """
    folder = pathlib.Path(folder)
    steps = _modules(folder)
    kinds = dict(steps)
    if [kind for kind, _ in steps] not in STEPS or kinds["Transformer"]:
        listed = ", ".join(f"{kind} in {path}" if path else kind for kind, path in steps)
        raise ModelFolderError(
            f"{folder / 'modules.json'} lists {listed or 'nothing'}: supported are Transformer "
            "(in the folder itself) and Pooling, with or without Normalize, in this order. "
            "Use sentence-transformers for this model")
    options = next((read_json(folder / name) for name in OPTIONS if (folder / name).is_file()), {})
    said = read_json(folder / "tokenizer_config.json").get("model_max_length")
    positions = usable_positions(read_json(folder / "config.json"))
    path = folder / "config_sentence_transformers.json"
    prompts = read_json(path) if path.is_file() else {}
    return Recipe(
        pooling=_pooling(folder / kinds["Pooling"] / "config.json"),
        normalize="Normalize" in kinds,
        max_length=int(min(options.get("max_seq_length") or said or positions, positions)),
        lower_case=bool(options.get("do_lower_case")),
        prompt=prompts.get("prompts", {}).get(prompts.get("default_prompt_name"), ""))


def read_json(path: str | os.PathLike, kind: type = dict):
    """The content of a JSON file: an object, or a list (`kind`); else a ModelFolderError."""
    path = pathlib.Path(path)
    if not path.is_file():
        raise ModelFolderError(
            f"{path} is missing: the model's folder is not whole. Download the model again")
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
    """The path of a temporary folder with a model's files, removed when Python ends.

    `without`: names to leave out, relative to the folder. `changes`: name -> content that replaces
    the file's, written as JSON. Each file is a copy that can be written to, except the weights:
    links to the original, to be read only. Whoever writes weights leaves the original's out.
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


def _check_tokenizer(path):
    """Raise ModelFolderError unless a file is JSON; bge-m3's 17 MB are not parsed, for time."""
    content = path.read_bytes().strip() if path.is_file() else b""
    if len(content) < 2**20:
        read_json(path)
    elif content[:1] + content[-1:] != b"{}":
        raise damaged(path, "is not JSON: it was cut short or replaced")


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
    flags = [flag.removeprefix("pooling_mode_").partition("_token")[0]
             for flag in FLAGS if config.get(flag)]
    modes = config.get("pooling_mode") or flags or ["mean"]
    modes = [modes] if isinstance(modes, str) else modes
    strange = sorted(set(modes) - set(POOLINGS))
    if strange or config.get("include_prompt") is False:
        what = f"the pooling {', '.join(strange)}" if strange else "include_prompt = false"
        raise ModelFolderError(f"{path} asks for {what}, which is not supported here (cls, mean, "
                               "max, last are). Use sentence-transformers for this model")
    return tuple(POOLINGS[mode] for mode in modes)


def _check_weights(folder):
    path = next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)
    if path is None:
        split = any(folder.glob("*.index.json"))
        raise ModelFolderError(
            f"{folder} has its weights split into several files, which is not supported here. "
            "Use sentence-transformers for it" if split else
            f"{folder} has no weights ({' or '.join(WEIGHTS)}). Download the model again")
    with open(path, "rb") as file:
        start = file.read(64).lstrip()
    if start.startswith(b"version https://git-lfs"):
        raise damaged(path, "is a Git LFS pointer, not the weights")
    if start.startswith(b"<"):
        raise damaged(path, "is a web page, not the weights")
    try:                                    # are there as many bytes as it says itself?
        whole = zipfile.is_zipfile(path) if path.suffix == ".bin" else safe_open(path, "numpy")
    except SafetensorError:
        whole = False
    if not whole:
        raise damaged(path, "was cut short or replaced")
