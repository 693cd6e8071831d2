"""The recorded splits of large vocabularies: what can be held without the vocabularies."""
import re

import pytest
from transformers import AutoTokenizer

from helpers import model_dir, published
from helpers.data import load

DATA = load("splits.json")
SPLITS = DATA["splits"]
WHOLE = [name for name in SPLITS if name != "XLM-RoBERTa"]      # of it only what was published


def joined(pieces):
    """The text that pieces make: `<0xF0>` is a byte, `▁` a space."""
    parts = [bytes.fromhex(re.sub("<0x|>", "", piece)) if re.fullmatch("(<0x[0-9A-F]{2}>)+", piece)
             else piece.encode() for piece in pieces]
    return b"".join(parts).decode().replace("▁", " ")


def test_each_tokenizer_says_what_it_is_and_where_it_comes_from():
    assert len(DATA["about"]) > 60 and DATA["tokenizers"].keys() == SPLITS.keys()
    for name, entry in DATA["tokenizers"].items():
        assert entry.keys() == {"kind", "pieces", "used_by", "source"}
        assert re.search(r"npm \S+ \d+\.\d+\.\d+", entry["source"]) or name == "XLM-RoBERTa"
    assert all(split["source"] for split in SPLITS["XLM-RoBERTa"].values())


@pytest.mark.parametrize("name", WHOLE)
def test_pieces_make_the_text_again(name):
    assert len(SPLITS[name]) >= 20 and SPLITS[name].keys() == SPLITS[WHOLE[0]].keys()
    for text, split in SPLITS[name].items():
        assert joined(split["pieces"]) == text
        assert len(split["ids"]) == len(split["pieces"])
        assert all(0 <= i < DATA["tokenizers"][name]["pieces"] for i in split["ids"])


@pytest.mark.parametrize("name", SPLITS)
def test_one_id_is_one_piece(name):
    pairs = {pair for split in SPLITS[name].values() if "pieces" in split
             for pair in zip(split["ids"], split["pieces"], strict=True)}
    assert len(pairs) == len({i for i, _ in pairs}) == len({piece for _, piece in pairs})


def test_what_was_published_of_xlm_roberta_fits_together():
    """Pieces make the text again; bge-m3's ids, published elsewhere, are of the same vocabulary."""
    for text, split in SPLITS["XLM-RoBERTa"].items():
        if "pieces" in split:
            assert joined(split["pieces"]) == " " + text
    ids = {i: piece for split in SPLITS["XLM-RoBERTa"].values() if "pieces" in split
           for i, piece in zip(split["ids"], split["pieces"], strict=True)}
    tutorial = published("bge-m3")["flagembedding_tutorial"]
    named = dict(zip(tutorial["lexical_ids_query0"], tutorial["lexical_weights_query0"],
                     strict=True))
    shared = ids.keys() & named.keys()
    assert shared and all(ids[i].strip("▁") == named[i] for i in shared)


def test_the_declaration_is_counted_from_the_same_vocabularies():
    first, tokens = DATA["declaration"]["first_article"], DATA["declaration"]["tokens"]
    assert list(tokens) == WHOLE
    for name, counts in tokens.items():
        assert counts.keys() == first.keys()
        for language, articles in counts.items():
            assert len(articles) == 30 and min(articles) > 5
            assert articles[0] == len(SPLITS[name][first[language]]["ids"])


def test_the_lessons_case_wordpiece_makes_one_of_two_reviews_and_the_others_do_not():
    tokenizer = AutoTokenizer.from_pretrained(model_dir("all-MiniLM-L6-v2"))
    reviews = [text for text in SPLITS[WHOLE[0]] if text.startswith("The new update")]
    assert len(reviews) == 2 and len({tuple(tokenizer.encode(text)) for text in reviews}) == 1
    for name in WHOLE:
        assert len({tuple(SPLITS[name][text]["ids"]) for text in reviews}) == 2
