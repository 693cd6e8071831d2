"""Encoder against sentence-transformers: every batch size, every length, strange texts."""
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pairs import NASTY

pytest_plugins = ["pairs"]              # the fixture `pair`


SIZES = [(name, size) for name in ("embedded", "bge") for size in (1, 2, 7, 32, None)]


@pytest.mark.parametrize("pair, size", [*SIZES, ("bge, left", None)], indirect=["pair"])
def test_every_batch_size_on_nasty_texts(pair, size):
    """Of left padding one size says all: the other program pads, the Encoder's batches do not."""
    pair.compare(NASTY, batch_size=size)


def test_every_length_up_to_and_over_the_limit(pair):
    limit = min(pair.ours.max_length, 300)      # bge-m3's 8,192 tokens: tests/slow
    lengths = [*range(1, 40), *range(40, limit, 37), limit - 2, limit - 1, limit, limit + 1]
    pair.compare(["hello " * n for n in lengths])


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_strange_texts(pair, texts):
    pair.compare(texts)


def test_works_without_sentence_transformers_and_langchain(tiny_bge):
    code = ("import sys; sys.modules.update({n: None for n in ('sentence_transformers', "
            "'langchain_core', 'langchain_huggingface', 'modelscope')})\n"
            "from helpers import Encoder, model_dir\n"
            "for name in sys.argv[1:]:\n"
            "    print(Encoder(model_dir(name)).encode(['hello world!']).shape)")
    done = subprocess.run([sys.executable, "-c", code, "all-MiniLM-L6-v2", tiny_bge],
                          capture_output=True, text=True)
    assert (done.stdout.split("\n"), done.stderr) == (["(1, 384)", "(1, 64)", ""], "")
