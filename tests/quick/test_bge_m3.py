"""bge-m3's two other outputs by hand: what counts, what is left out, and what is refused."""
import math
import shutil

import pytest
import torch
from transformers import AutoTokenizer

from helpers import (
    ModelFolderError,
    dropped_ids,
    late_interaction,
    lexical_score,
    lexical_weights,
    mix_scores,
    read_heads,
    token_vectors,
)
from helpers.models.folder import linked_copy

SIDES = pytest.mark.parametrize("side", ["right", "left"])


def takes_the_first(D, C=1):
    """A head that gives the first C of D numbers as they are."""
    head = torch.nn.Linear(D, C)
    head.weight.data.copy_(torch.eye(C, D))
    head.bias.data.zero_()
    return head.requires_grad_(False)


def padded(rows, filler, side):
    """Rows of different lengths as one tensor, filled up on one side."""
    T = max(map(len, rows))
    more = [[filler] * (T - len(row)) for row in rows]
    return torch.tensor([fill + row if side == "left" else row + fill
                         for fill, row in zip(more, rows, strict=True)])


@pytest.mark.parametrize("kind", ["XLM-R", "BERT"])
def test_dropped_ids_are_those_that_frame_fill_or_stand_for_nothing_known(kind, tiny_bge):
    from helpers import model_dir
    folder = tiny_bge if kind == "XLM-R" else model_dir("all-MiniLM-L6-v2")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    names = {"XLM-R": ["<s>", "</s>", "<pad>", "<unk>"],
             "BERT": ["[CLS]", "[SEP]", "[PAD]", "[UNK]"]}
    assert dropped_ids(tokenizer) == set(tokenizer.convert_tokens_to_ids(names[kind]))
    assert tokenizer.mask_token_id not in dropped_ids(tokenizer), "a mask is a token like any other"


def test_a_name_that_a_tokenizer_lacks_is_no_id():
    class Bare:
        cls_token_id = sep_token_id = None
        eos_token_id, pad_token_id, unk_token_id = 2, 1, 3
    assert dropped_ids(Bare()) == {1, 2, 3}


@SIDES
def test_a_repeated_token_keeps_its_largest_weight_wherever_it_stands(side):
    rows = [[0, 7, 8, 7, 7, 2], [0, 9, 9, 2]]
    weights = [[5.0, 0.25, 0.5, 2.0, 1.0, 5.0], [5.0, 3.0, 0.75, 5.0]]
    ids, hidden = padded(rows, 1, side), padded(weights, 4.0, side).unsqueeze(-1)
    found = lexical_weights(hidden, ids, takes_the_first(1), {0, 1, 2})
    assert found == [{7: 2.0, 8: 0.5}, {9: 3.0}]


def test_only_weights_above_0_count_and_only_dropped_ids_are_left_out():
    ids = torch.tensor([[0, 5, 6, 7, 2]])
    hidden = torch.tensor([[[9.0], [-1.0], [0.0], [1e-3], [9.0]]])
    head = takes_the_first(1)
    assert lexical_weights(hidden, ids, head, {0, 2}) == [{7: pytest.approx(1e-3)}]
    assert lexical_weights(hidden, ids, head, set()) == [{0: 9.0, 7: pytest.approx(1e-3), 2: 9.0}]
    assert lexical_weights(hidden[:0], ids[:0], head, {0}) == []


def test_the_head_is_used_as_it_is_and_half_precision_is_made_float32():
    head = torch.nn.Linear(3, 1)
    hidden, ids = torch.randn(2, 4, 3).half(), torch.arange(8).reshape(2, 4)
    with torch.no_grad():
        by_hand = hidden.float() @ head.weight[0] + head.bias[0]                # (2, 4)
    found = lexical_weights(hidden, ids, head, set())
    wanted = {i: weight for i, weight in enumerate(by_hand.flatten().tolist()) if weight > 0}
    assert {**found[0], **found[1]} == pytest.approx(wanted)
    assert set(found[0]) <= {0, 1, 2, 3} and set(found[1]) <= {4, 5, 6, 7}


def test_a_lexical_score_takes_the_tokens_that_both_have():
    query, passage = {1: 0.5, 2: 2.0, 3: 7.0}, {2: 3.0, 1: 4.0, 9: 100.0}
    assert lexical_score(query, passage) == lexical_score(passage, query) == 8.0
    assert lexical_score(query, {}) == lexical_score({}, passage) == 0


@SIDES
def test_token_vectors_leave_out_the_first_token_and_the_padding(side):
    lengths = [4, 2, 6]
    mask = padded([[1] * n for n in lengths], 0, side)
    hidden = torch.randn(3, 6, 5, generator=torch.Generator().manual_seed(0))
    vectors = token_vectors(hidden, mask, takes_the_first(5, 2))
    assert [tuple(v.shape) for v in vectors] == [(n - 1, 2) for n in lengths]
    for b, n in enumerate(lengths):
        start = 6 - n if side == "left" else 0
        for row, place in zip(vectors[b], range(start + 1, start + n), strict=True):
            x, y = hidden[b, place, :2].tolist()
            length = math.hypot(x, y)
            assert row.tolist() == pytest.approx([x / length, y / length], rel=1e-5)


def test_token_vectors_refuse_a_mask_that_does_not_fit():
    with pytest.raises(ValueError, match="row 1 of the mask is all zeros"):
        token_vectors(torch.ones(2, 3, 4), torch.tensor([[1] * 3, [0] * 3]), takes_the_first(4, 2))


def test_late_interaction_is_the_mean_over_the_querys_tokens_of_the_best_match():
    query = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    long = torch.tensor([[0.5, 0.25], [1.0, -1.0], [0.0, 0.5], [-0.25, 0.0]])
    short = torch.tensor([[-0.5, -0.75]])
    scores = late_interaction(query, [long, short])
    assert scores.tolist() == pytest.approx([(1.0 + 0.5 + 0.25) / 3, (-0.5 - 0.75 + 0.5) / 3])
    assert late_interaction(query, [short]).tolist() == pytest.approx([scores[1].item()]), \
        "what fills a short passage up is never a match, though 0 beats a negative number"
    assert late_interaction(query[:2], [long]).tolist() == pytest.approx([(1.0 + 0.5) / 2])


@pytest.mark.parametrize("query, passages, error, words", [
    (torch.ones(2, 3), torch.ones(4, 2, 3), TypeError, r"list of tensors \(m, C\)"),
    (torch.ones(3), [torch.ones(2, 3)], ValueError, r"the query must have .* not \(3,\)"),
    (torch.ones(0, 3), [torch.ones(2, 3)], ValueError, r"the query must .* not \(0, 3\)"),
    (torch.ones(2, 3), [torch.ones(2, 3), torch.ones(2, 4)], ValueError, r"passages\[1\] .*, 4\)"),
    (torch.ones(2, 3), [torch.ones(2, 3), torch.ones(0, 3)], ValueError, r"passages\[1\] .*\(0, "),
])
def test_late_interaction_names_what_does_not_fit(query, passages, error, words):
    with pytest.raises(error, match=words):
        late_interaction(query, passages)


@pytest.mark.parametrize("weights, wanted", [
    ((1, 0, 0), 0.5), ((0, 1, 0), 0.2), ((0, 0, 1), 0.8), ((1, 1, 1), 0.5), ((2, 4, 2), 0.425),
    ([0.4, 0.2, 0.4], 0.56)])
def test_each_weight_belongs_to_its_score_and_their_sum_does_not_matter(weights, wanted):
    assert mix_scores(0.5, 0.2, 0.8, weights) == pytest.approx(wanted)
    mixed = mix_scores(*(torch.tensor([x, 2 * x]) for x in (0.5, 0.2, 0.8)), weights=weights)
    assert mixed.tolist() == pytest.approx([wanted, 2 * wanted])


def test_without_weights_the_three_count_the_same():
    assert mix_scores(0.3, 0.6, 0.9) == pytest.approx(0.6)


@pytest.mark.parametrize("weights", [(1, 1), (1, 1, 1, 1), (0, 0, 0), (1, -1, 1), (1, 1, math.nan),
                                     (math.inf, 1, 1)])
def test_weights_that_mix_nothing_are_refused(weights):
    with pytest.raises(ValueError, match="three numbers for dense, lexical, late"):
        mix_scores(0.5, 0.2, 0.8, weights)


@pytest.mark.parametrize("hidden, ids, error, words", [
    (torch.ones(2, 3, 4), [[1, 2, 3]], TypeError, "must be tensors, not Tensor and list"),
    (torch.ones(3, 4), torch.ones(3, 4).long(), ValueError, r"not \(3, 4\) and \(3, 4\)"),
    (torch.ones(2, 3, 4), torch.ones(3, 2).long(), ValueError, r"and \(3, 2\)"),
    (torch.ones(2, 3, 4), torch.ones(2, 3), ValueError, "of torch.float32"),
])
def test_lexical_weights_name_what_does_not_fit(hidden, ids, error, words):
    with pytest.raises(error, match=words):
        lexical_weights(hidden, ids, takes_the_first(4), set())


def test_heads_are_read_in_float32_as_their_files_have_them(tiny_bge):
    sparse, colbert = read_heads(tiny_bge)
    for head, name, C in ((sparse, "sparse_linear.pt", 1), (colbert, "colbert_linear.pt", 64)):
        saved = torch.load(tiny_bge / name, weights_only=True)
        assert head.weight.shape == (C, 64) and not head.weight.requires_grad
        assert head.weight.dtype == head.bias.dtype == torch.float32
        assert head.weight.equal(saved["weight"].float()) and head.bias.equal(saved["bias"].float())


def with_head(tiny_bge, name, state):
    """A copy of the small model with another head."""
    copy = linked_copy(tiny_bge, without=[name])
    torch.save(state, f"{copy}/{name}")
    return copy


def layer(D, C, **more):
    return {"weight": torch.zeros(C, D), "bias": torch.zeros(C), **more}


@pytest.mark.parametrize("name, state, words", [
    ("sparse_linear.pt", layer(64, 64), "no layer from config.json's 64 numbers to 1: "),
    ("sparse_linear.pt", layer(32, 1), "from config.json's 64 numbers to 1"),
    ("colbert_linear.pt", layer(32, 64), "to 64: another model's. Delete"),
    ("colbert_linear.pt", layer(64, 8, more=torch.zeros(1)), "no layer from"),
    ("colbert_linear.pt", {"weight": torch.zeros(8, 64)}, "to any: "),
    ("colbert_linear.pt", {"weight": torch.zeros(8, 64), "bias": torch.tensor(1.0)}, "to any: "),
    ("colbert_linear.pt", {"weight": torch.zeros(9, 64), "bias": torch.zeros(8)}, "to 8: "),
    ("colbert_linear.pt", {"weight": torch.zeros(0, 64), "bias": torch.zeros(0)}, "to any: "),
    ("colbert_linear.pt", {"weight": "text", "bias": torch.zeros(8)}, "something other than"),
])
def test_a_head_that_does_not_fit_is_refused_with_its_file(name, state, words, tiny_bge):
    with pytest.raises(ModelFolderError, match=words) as refused:
        read_heads(with_head(tiny_bge, name, state))
    assert name in str(refused.value) and "ownload" in str(refused.value)


def test_another_length_of_token_vectors_is_no_fault(tiny_bge):
    assert read_heads(with_head(tiny_bge, "colbert_linear.pt", layer(64, 8)))[1].out_features == 8


@pytest.mark.parametrize("name", ["sparse_linear.pt", "colbert_linear.pt"])
def test_a_missing_or_a_broken_head_is_named(name, tiny_bge):
    copy = linked_copy(tiny_bge, without=[name])
    with pytest.raises(ModelFolderError, match=f"{name} is missing: .* use the dense vector alone"):
        read_heads(copy)
    with open(f"{copy}/{name}", "wb") as broken, open(tiny_bge / name, "rb") as whole:
        shutil.copyfileobj(whole, broken)
        broken.truncate(300)
    with pytest.raises(ModelFolderError, match=f"{name} .300 bytes. cannot be read"):
        read_heads(copy)
