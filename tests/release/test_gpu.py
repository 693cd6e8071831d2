"""On a GPU: the same vectors as on the CPU, in each precision. Skipped where there is none."""
import numpy as np
import pytest
import torch

from helpers import Encoder, model_dir

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
TEXTS = ["hello world!", "", "a", "one two three " * 30, "你好，世界！", "word " * 300] * 20


@pytest.mark.parametrize("model", ["embedded", "bge"])
@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-5), ("float16", 5e-3),
                                              ("bfloat16", 3e-2)])
@pytest.mark.filterwarnings("ignore:.*longer than")
def test_a_gpu_gives_the_cpus_vectors(tiny_bge, model, dtype, tolerance):
    folder = model_dir("all-MiniLM-L6-v2") if model == "embedded" else tiny_bge
    encoder = Encoder(folder, device="cuda", dtype=dtype)
    assert encoder.model.device.type == "cuda"
    here = Encoder(folder).encode(TEXTS)
    np.testing.assert_allclose(encoder.encode(TEXTS), here, atol=tolerance, rtol=0)
