"""The code that notebook 12 shows for many machines, as it stands, on a local Ray cluster."""
import pathlib
import re

import nbformat
import numpy as np
import pytest

from helpers import Encoder, model_dir

LESSON = pathlib.Path(__file__).parents[2] / "notebooks" / "12_fast.ipynb"
TEXTS = [f"text {i} {'of several words ' * (i % 5)}" for i in range(300)]
WHO = '"worker": [__import__("os").getpid()] * len(batch["text"])'


@pytest.fixture(scope="module")
def cluster():
    import ray
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR")
    yield ray
    ray.shutdown()


def test_two_workers_give_the_same_vectors(cluster):
    prose = "\n".join(cell.source for cell in nbformat.read(LESSON, 4).cells)
    blocks = re.findall(r"```python\n(.*?)```", prose, re.S)
    assert len(blocks) == 1 and "ActorPoolStrategy(size=2" in blocks[0]
    shown = blocks[0].replace("batch_size=1024", "batch_size=10")   # so that both get some texts
    shown = shown.replace("return {", f"return {{{WHO}, ")
    place = {"__name__": "__main__", "texts": TEXTS}
    exec(shown, place)
    vectors = np.stack([place["vectors"][i] for i in range(len(TEXTS))])
    here = Encoder(model_dir("all-MiniLM-L6-v2")).encode(TEXTS)
    np.testing.assert_allclose(vectors, here, atol=1e-5, rtol=0)
    assert len({row["worker"] for row in place["embedded"].iter_rows()}) == 2
