"""Small data files, each of which describes itself: model identities, published numbers, texts."""
import functools
import json
import pathlib


@functools.cache
def load(name: str) -> dict:
    """The content of a JSON file in this folder.

    >>> sorted(load("retrieval.json"))
    ['about', 'passages', 'questions']
    """
    return json.loads(pathlib.Path(__file__).with_name(name).read_text("utf-8"))
