"""Small data files: model identities, published numbers, a retrieval set, a Unigram vocabulary. Each describes itself."""
import functools
import json
import pathlib


@functools.cache
def load(name):
    """The content of a JSON file in this folder.

    >>> sorted(load("retrieval.json"))
    ['about', 'passages', 'questions']
    """
    return json.loads(pathlib.Path(__file__).with_name(name).read_text("utf-8"))
