"""One file of a model's folder: its JSON, its weights, or the error that says what is wrong."""
import contextlib
import json
import os
import pathlib
import zipfile
from typing import Any

from safetensors import SafetensorError, safe_open

from helpers.data import load

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
OTHER_WEIGHTS = ("*.gguf", "**/*.onnx", "openvino*/*.xml", "*.h5", "*.msgpack")
TYPES = {"ignored": object, "anything": object, "text": str, "name": str | None,
         "whole": int | None, "truth": bool | None, "names": dict | None, "modes": str | list}
LEGACY = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."      # how torch.save's files once began
AGAIN, OTHERWISE = "Download the model again", "Use sentence-transformers for this model"


class ModelFolderError(OSError):
    """A model's folder or one of its files cannot be used; the message names it and the repair."""


def read_json(path: str | os.PathLike, kind: type = dict) -> Any:
    """The content of a JSON file: an object, or a list (`kind`); else a ModelFolderError."""
    path = pathlib.Path(path)
    if not path.is_file():
        raise absent(path)
    try:
        content = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        raise damaged(path, "is not JSON: it was cut short or replaced") from None
    if not isinstance(content, kind):
        raise damaged(path, f"holds {type(content).__name__}, not {kind.__name__}: it was replaced")
    return content


def read_options(path: pathlib.Path, kind: str, needed: bool = False) -> dict:
    """An option file of a kind in data/options.json; {} if it may be absent, and is."""
    content = read_json(path) if needed or path.is_file() else {}
    check_options(path, content, kind)
    return content


def check_options(path: pathlib.Path, content: dict, kind: str) -> None:
    """Raise ModelFolderError naming file and key, unless each may be: data/options.json says."""
    for key, value in content.items():
        rule = load("options.json")[kind].get(key, [])
        if value not in rule if isinstance(rule, list) else not isinstance(value, TYPES[rule]):
            raise ModelFolderError(f"{path} asks for {key} = {value!r:.60}, which is not supported "
                                   f"here. {OTHERWISE}")


def absent(path: pathlib.Path) -> ModelFolderError:
    """The error for a file that is not there."""
    what = ("is a link to a file that is gone (a cache that was cleaned?)" if path.is_symlink()
            else "is missing: the model's folder is not whole")
    return ModelFolderError(f"{path} {what}. {AGAIN}")


def damaged(path: pathlib.Path, what: str) -> ModelFolderError:
    """The error that says what is wrong with a file that is there."""
    return ModelFolderError(f"{path} ({path.stat().st_size:,} bytes) {what}. "
                            "Delete it and download it again")


def weights_files(folder: str | os.PathLike) -> list[pathlib.Path]:
    """The files of a checkpoint, in the form that transformers prefers; [] if there are none."""
    for path in (pathlib.Path(folder, name) for name in WEIGHTS):
        index = path.with_name(f"{path.name}.index.json")
        if path.is_file() or path.is_symlink():
            return [path]
        if index.is_file():
            parts = read_json(index).get("weight_map")
            if not isinstance(parts, dict) or not {*map(type, parts.values())} == {str}:
                raise damaged(index, "does not say which file holds which tensor")
            return [path.with_name(name) for name in sorted(set(parts.values()))]
    return []


def check_weights(folder: pathlib.Path) -> None:
    """Raise ModelFolderError unless a checkpoint is there, whole by what its files say."""
    files = weights_files(folder)
    if not files:
        other = next((path for form in OTHER_WEIGHTS for path in sorted(folder.glob(form))), None)
        what = (f"its weights in another form ({other.name}). Use the program that reads it, or a "
                f"folder with {WEIGHTS[0]}" if other else
                f"no weights ({' or '.join(WEIGHTS)}). {AGAIN}")
        raise ModelFolderError(f"{folder} has {what}")
    for path in files:
        check_part(path)


def check_part(path: pathlib.Path) -> None:
    """Raise ModelFolderError unless one file of weights is there and whole."""
    if not path.is_file():
        raise absent(path)
    with open(path, "rb") as file:
        start = file.read(64)
    for sign, what in (b"version https://git-lfs", "Git LFS pointer"), (b"<", "web page"):
        if start.lstrip().startswith(sign):
            raise damaged(path, f"is a {what}, not the weights")
    whole = path.suffix == ".bin" and (zipfile.is_zipfile(path) or start.startswith(LEGACY))
    with contextlib.suppress(SafetensorError):      # are there as many bytes as it says itself?
        whole = whole or path.suffix != ".bin" and safe_open(path, "numpy")
    if not whole:
        raise damaged(path, "was cut short or replaced")
