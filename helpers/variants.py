"""A changed copy of a model's folder, made of links: what a notebook breaks on purpose to see what happens."""
import atexit
import json
import os
import pathlib
import shutil
import tempfile


def linked_copy(folder, without=(), changes=None):
    """A temporary folder with the files of `folder`, linked where the system allows, removed when Python ends.

    `without`: file names to leave out, relative to the folder. `changes`: file name -> content that replaces it, written
    as JSON. Returns the path as a str.
    """
    copy = pathlib.Path(tempfile.mkdtemp(prefix="model-"))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    for path in pathlib.Path(folder).rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and name.as_posix() not in {*without, *(changes or {})} and name.parts[0] != "onnx":
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            try:
                os.symlink(path.resolve(), copy / name)
            except OSError:                             # Windows, unless its developer mode is on
                shutil.copy2(path, copy / name)
    for name, content in (changes or {}).items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(json.dumps(content), "utf-8")
    return str(copy)
