"""The poolings against sentence-transformers' own, and what bad input gets."""
import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling

from helpers import Encoder, cls_pool, last_pool, max_pool, mean_pool, normalize
from helpers.models.folder import linked_copy
from helpers.pooling import POOLINGS

THEIR_NAME = {"cls": "cls", "mean": "mean", "max": "max", "last": "lasttoken"}


def batch(side, dtype=torch.float32):
    """Five texts of 1 to 9 tokens with noise where the padding is: (5, 9, 16) and (5, 9)."""
    torch.manual_seed(0)
    hidden = torch.randn(5, 9, 16, dtype=torch.float32).to(dtype) * 3
    mask = torch.tensor([[1] * n + [0] * (9 - n) for n in (1, 9, 4, 2, 7)])
    return hidden, mask.flip(1) if side == "left" else mask


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", POOLINGS)
def test_equals_sentence_transformers(name, side):
    hidden, mask = batch(side)
    pool = Pooling(16, pooling_mode=THEIR_NAME[name])
    theirs = pool({"token_embeddings": hidden, "attention_mask": mask})["sentence_embedding"]
    torch.testing.assert_close(POOLINGS[name](hidden, mask), theirs, atol=1e-6, rtol=0)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", POOLINGS)
def test_by_definition_one_text_at_a_time(name, side):
    hidden, mask = batch(side)
    take = {"cls": lambda x: x[0], "mean": lambda x: x.mean(0), "max": lambda x: x.max(0).values,
            "last": lambda x: x[-1]}
    for i in range(len(hidden)):
        expected = take[name](hidden[i][mask[i].bool()])
        torch.testing.assert_close(POOLINGS[name](hidden, mask)[i], expected, atol=1e-6, rtol=0)


def test_several_poolings_stand_side_by_side_in_the_order_of_the_folder(tiny_bge):
    """The flags of older folders have an order of their own, newer folders say one; no alphabet."""
    older = {"pooling_mode_lasttoken": True, "pooling_mode_max_tokens": True}
    assert parts(tiny_bge, {"word_embedding_dimension": 64, **older}) == ["max", "last"]
    newer = {"embedding_dimension": 64, "pooling_mode": ["mean", "lasttoken", "cls"]}
    assert parts(tiny_bge, newer) == ["mean", "last", "cls"]


def parts(folder, config):
    """The poolings of a vector, in their order; sentence-transformers makes the same vector."""
    folder = linked_copy(folder, changes={"1_Pooling/config.json": config})
    [vector] = Encoder(folder, normalize=False).encode(["hello world!"])            # (P * 64,)
    alone = {name: Encoder(folder, pooling=name, normalize=False).encode(["hello world!"])[0]
             for name in POOLINGS}
    [theirs] = SentenceTransformer(folder, device="cpu").encode(["hello world!"])
    np.testing.assert_allclose(vector / np.linalg.norm(vector), theirs, atol=1e-6)
    return [next(name for name in POOLINGS if np.allclose(alone[name], part, atol=1e-6))
            for part in np.split(vector, len(vector) // 64)]


@pytest.mark.parametrize("kind", [torch.bool, torch.float32, torch.int32])
@pytest.mark.parametrize("name", POOLINGS)
def test_any_kind_of_mask(name, kind):
    hidden, mask = batch("left")
    assert POOLINGS[name](hidden, mask.to(kind)).equal(POOLINGS[name](hidden, mask))


@pytest.mark.parametrize("name", POOLINGS)
def test_padding_is_never_seen(name):
    hidden, mask = batch("right")
    poisoned = hidden.masked_fill(mask.unsqueeze(-1) == 0, 1e6)
    torch.testing.assert_close(POOLINGS[name](poisoned, mask), POOLINGS[name](hidden, mask))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", POOLINGS)
def test_half_precision_is_pooled_in_fp32(name, dtype):
    hidden, mask = batch("right", dtype)
    pooled = POOLINGS[name](hidden, mask)
    assert pooled.dtype == torch.float32
    assert pooled.equal(POOLINGS[name](hidden.float(), mask))
    large = torch.full((1, 4096, 2), 30.0, dtype=torch.float16)
    assert mean_pool(large, torch.ones(1, 4096)).tolist() == [[30.0, 30.0]]


@pytest.mark.parametrize("pool", [cls_pool, mean_pool, max_pool, last_pool])
@pytest.mark.parametrize("mask, word", [
    (torch.ones(5, 8), r"shape \(B, T\) = \(5, 9\), not \(5, 8\)"),
    (torch.ones(9, 5), r"not \(9, 5\)"),
    (torch.ones(5, 9, 1), r"not \(5, 9, 1\)"),
    (torch.cat([torch.ones(3, 9), torch.zeros(1, 9), torch.ones(1, 9)]),
     "row 3 of the mask is all zeros"),
    (torch.cat([torch.ones(4, 9), torch.full((1, 9), 0.5)]),
     "row 4 of the mask holds something other than 0 and 1"),
    (torch.cat([torch.full((1, 9), torch.nan), torch.ones(4, 9)]), "row 0 of the mask holds"),
])
def test_a_bad_mask_is_named(pool, mask, word):
    with pytest.raises(ValueError, match=word):
        pool(batch("right")[0], mask)


def test_hidden_must_have_three_axes():
    with pytest.raises(ValueError, match=r"\(B, T, D\), not \(9, 16\)"):
        mean_pool(torch.zeros(9, 16), torch.ones(9, 16))


def test_normalize_gives_length_one_and_keeps_the_direction():
    vectors = torch.randn(7, 16, generator=torch.Generator().manual_seed(0)) * 100
    unit = normalize(vectors)
    torch.testing.assert_close(unit.norm(dim=1), torch.ones(7), atol=1e-6, rtol=0)
    theirs = torch.nn.functional.normalize(vectors, dim=-1)
    torch.testing.assert_close(unit, theirs, atol=1e-6, rtol=0)


def test_normalize_divides_along_the_last_axis_of_however_many():
    assert normalize(torch.tensor([3.0, 4.0])).tolist() == pytest.approx([0.6, 0.8])
    table = torch.tensor([[[3.0, 4.0], [0.0, 2.0]], [[8.0, 6.0], [-5.0, 0.0]]])
    wanted = torch.tensor([[[0.6, 0.8], [0.0, 1.0]], [[0.8, 0.6], [-1.0, 0.0]]])
    torch.testing.assert_close(normalize(table), wanted)
    table[1, 0] = 0
    with pytest.raises(ValueError, match="row 2 is all zeros"):
        normalize(table)


@pytest.mark.parametrize("bad, word", [
    (0.0, "row 2 is all zeros"), (torch.nan, "row 2 is not finite"),
    (torch.inf, "row 2 is not finite")])
def test_a_vector_without_direction_is_named(bad, word):
    vectors = torch.ones(4, 3)
    vectors[2] = bad
    with pytest.raises(ValueError, match=word):
        normalize(vectors)


def test_a_length_that_its_dtype_cannot_hold_is_not_silent():
    with pytest.raises(ValueError, match="row 0 is not finite"):
        normalize(torch.full((1, 1024), 3000.0, dtype=torch.float16))
    assert normalize(torch.full((1, 4), 1e-25, dtype=torch.float64)).tolist() == [[0.5] * 4]


@pytest.mark.parametrize("bad", [torch.tensor(1.0), [1.0, 2.0]])
def test_what_is_no_row_of_numbers(bad):
    with pytest.raises(TypeError, match="must be a tensor of shape"):
        normalize(bad)


@pytest.mark.parametrize("hidden, mask, word", [
    (torch.ones(1, 2, 2), [[1, 1]], "must be tensors, not Tensor and list"),
    (np.ones((1, 2, 2)), torch.ones(1, 2), "must be tensors, not ndarray and Tensor")])
def test_what_is_no_tensor_is_named(hidden, mask, word):
    with pytest.raises(TypeError, match=word):
        mean_pool(hidden, mask)


def test_integers_have_no_length_one():
    with pytest.raises(ValueError, match="floating point"):
        normalize(torch.ones(2, 2, dtype=torch.int64))
