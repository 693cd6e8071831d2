"""bge-m3's route with a small model in its place: `python route.py FOLDER` prints where
model_dir("bge-m3") found it.

The product knows bge-m3 by its digests; here a small model's own digests stand in their place,
and nothing else.
"""
import copy
import json
import pathlib
import sys

from helpers.data import load
from helpers.models import find
from helpers.models.files import ModelFolderError


def identities_of(folder):
    """models.json as it would be if the model in `folder` were bge-m3."""
    everything = copy.deepcopy(load("models.json"))
    known = everything["bge-m3"]
    config = json.loads((folder / "config.json").read_text("utf-8"))
    known["files"] = {file: [(folder / file).stat().st_size, find.digest(folder / file)]
                      for file in known["files"]}
    known["config"] = {name: config[name] for name in known["config"]}
    return everything


if __name__ == "__main__":
    everything = identities_of(pathlib.Path(sys.argv[1]))
    find.identities = lambda: everything
    try:
        print(find.model_dir("bge-m3"))
    except ModelFolderError as error:
        sys.exit(f"ModelFolderError: {error}")
