"""Numbers that others published, each to its stated tolerance: the embedded model's always.

bge-m3's are compared where it is chosen.
"""
import numpy as np
import pytest
from figures import Figures, late_interaction, lexical_score

from helpers import Encoder, model_dir, published
from helpers.models.find import identify

ABOUT = {"source", "text", "texts", "query", "queries", "passages",
         "weights", "tolerance", "relative_tolerance", "tolerance_embed_query"}


def compare(mine, entry):
    """Hold every figure of an entry of published.json to ours; nothing in it is left out."""
    assert mine.keys() == entry.keys() - ABOUT
    for name, theirs in mine.items():
        atol = entry.get("tolerance_embed_query" if "embed_query" in name else "tolerance", 0)
        agree(theirs, entry[name], atol, entry.get("relative_tolerance", 0), name)


def agree(mine, theirs, atol, rtol, name):
    """Ids and shapes are equal, other numbers close; the keys of a dictionary in any order."""
    if isinstance(theirs, dict):
        assert mine.keys() == theirs.keys(), name
        mine, theirs = [mine[key] for key in theirs], list(theirs.values())
    if isinstance(np.ravel(theirs)[0], np.integer):
        atol = rtol = 0
    np.testing.assert_allclose(mine, theirs, atol=atol, rtol=rtol, err_msg=name)


@pytest.fixture(scope="module")
def bge_m3(chosen_model):
    if identify(chosen_model) != "bge-m3":
        pytest.skip("the model in EMBED_MODEL is not bge-m3, by its SHA-256: "
                    "its figures are its own")
    return Figures(chosen_model)


@pytest.fixture(scope="module")
def tiny(tiny_bge):
    figures = Figures(tiny_bge)
    figures.sparse.bias += 5                    # a random head gives hardly a token weight
    return figures


@pytest.mark.parametrize("entry", published("bge-m3"))
def test_bge_m3(bge_m3, entry):
    compare(getattr(bge_m3, entry)(published("bge-m3")[entry]), published("bge-m3")[entry])


def test_the_embedded_model():
    encoder, entries = Encoder(model_dir("all-MiniLM-L6-v2")), published("all-MiniLM-L6-v2")
    readme = entries.pop("sentence_transformers_readme")
    test = entries.pop("sentence_transformers_test")
    assert not entries, "an entry that nothing asserts"
    vectors = encoder.encode(readme["texts"])                               # (3, D)
    compare({"similarity": vectors @ vectors.T}, readme)
    query = encoder.encode([test["query"]])[0]                              # (D,)
    compare({"similarity": encoder.encode(test["passages"]) @ query}, test)


@pytest.mark.parametrize("name", published("bge-m3"))
def test_on_a_small_model_the_figures_have_the_published_form(tiny, name):
    entry = published("bge-m3")[name]
    mine = getattr(tiny, name)(entry)
    compare(mine, {**entry, **mine})
    depend_on_the_tokens = ("lexical_ids_query0", "last_hidden_state_first3_last3")
    for key, figure in mine.items():
        if key not in depend_on_the_tokens and not isinstance(figure, dict):
            assert np.shape(figure) == np.shape(entry[key]), key


def test_what_holds_for_any_model(tiny):
    entry = published("bge-m3")["flagembedding_tutorial"]
    mine = tiny.flagembedding_tutorial(entry)
    tokens = len(tiny.tokenizer(entry["queries"][0])["input_ids"])
    assert mine["colbert_shapes"]["query0"] == [tokens - 1, 64]
    assert mine["lexical_ids_query0"] and len(mine["lexical_ids_query0"]) <= tokens - 2
    assert all(weight > 0 for weight in mine["lexical_weights_query0"].values())
    assert np.abs(mine["dense"]).max() <= 1 + 1e-6
    assert np.abs(mine["colbert_score_query0"]).max() <= 1 + 1e-6
    parts = [mine["dense"][0], mine["lexical_score_query0"], mine["colbert_score_query0"]]
    thirds = np.array(mine["equal_thirds_query0"])
    np.testing.assert_allclose(np.sum(parts, axis=0), 3 * thirds, rtol=1e-6)
    vectors = tiny.token_vectors(entry["passages"][0])                      # (T - 1, D)
    np.testing.assert_allclose(vectors.norm(dim=-1), 1, atol=1e-6)
    np.testing.assert_allclose(late_interaction(vectors, vectors), 1, atol=1e-6)


def test_a_repeated_token_counts_once_with_its_largest_weight(tiny, monkeypatch):
    import torch
    ids = tiny.tokenizer("a a")["input_ids"]                                # <s> ▁a ▁a </s>
    assert ids[1] == ids[2] and len(ids) == 4
    rows = ([9.0, -1.0, 2.0, 9.0], [9.0, 2.0, 1.0, 9.0], [9.0, -1.0, 0.0, 9.0])
    weights = iter([torch.tensor([row]).unsqueeze(-1) for row in rows])    # (1, T, 1) each
    monkeypatch.setattr(tiny, "sparse", lambda hidden: next(weights))
    assert [tiny.lexical_weights("a a") for _ in range(3)] == [{ids[1]: 2.0}, {ids[1]: 2.0}, {}]


def test_published_figures_agree_with_one_another():
    """The scores follow from the published parts: the functions here do what was done there."""
    entry = published("bge-m3")["flagembedding_tutorial"]
    shared = {"BM": 1.0, "of": 2.0}
    score = lexical_score(shared, entry["lexical_weights_query1"])
    assert score == pytest.approx(0.25167602 + 2 * 0.06342201)
    parts = [entry["dense"][0], entry["lexical_score_query0"], entry["colbert_score_query0"]]
    np.testing.assert_allclose(np.mean(parts, axis=0), entry["equal_thirds_query0"], atol=1e-4)
    seed = published("bge-m3")["seed"]
    first = seed["embed_query_first10"][:3]
    np.testing.assert_allclose(first, seed["cls_normalized_first3_last3"][:3], atol=1e-4)


@pytest.mark.parametrize("name", ["dense", "colbert_score_query0", "lexical_weights_query0"])
def test_a_figure_that_is_off_is_noticed(tiny, name, wrong=2e-3):
    entry = published("bge-m3")["flagembedding_tutorial"]
    mine = tiny.flagembedding_tutorial(entry)
    if isinstance(mine[name], dict):
        off = {key: value + wrong for key, value in mine[name].items()}
    else:
        off = (np.array(mine[name]) + wrong).tolist()
    with pytest.raises(AssertionError, match=name):
        compare({**mine, name: off}, {**entry, **mine})
    with pytest.raises(AssertionError):
        compare({key: value for key, value in mine.items() if key != name}, {**entry, **mine})
