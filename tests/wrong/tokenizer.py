"""Wrong answers that people give in notebook 02, and the words that name the mistake."""
import itertools
import re
import string

import torch

from helpers.check.tokenizer import Own


def offsets_of(text, tokenizer, limit):
    encoded = tokenizer(text, truncation=True, max_length=limit, return_offsets_mapping=True)
    return encoded["offset_mapping"]


def offsets_alone(text, tokenizer, limit):
    return text[max(end for _, end in offsets_of(text, tokenizer, limit)):]


def last_offset(text, tokenizer, limit):
    start, end = offsets_of(text, tokenizer, limit)[-1]
    return text[end:]


def what_is_kept(text, tokenizer, limit):
    return text[:offsets_of(text, tokenizer, limit)[-2][1]]


def special_tokens_do_not_count(text, tokenizer, limit):
    return text[offsets_of(text, tokenizer, limit + 2)[-2][1]:]


def characters(text, tokenizer, limit):
    return text[limit:]


def words(text, tokenizer, limit):
    return " ".join(text.split(" ")[limit:])


def decoded(text, tokenizer, limit):
    ids = tokenizer(text)["input_ids"]
    return tokenizer.decode(ids[limit - 1:-1])


def tidied(text, tokenizer, limit):
    return text[offsets_of(text, tokenizer, limit)[-2][1]:].lstrip()


def greedy(word, scores):
    found, start = [], 0
    while start < len(word):
        end = max(end for end in range(start + 1, len(word) + 1) if word[start:end] in scores)
        found.append(word[start:end])
        start = end
    return found


def merge(signs, pair):
    """A step of the right answer."""
    found, i = [], 0
    while i < len(signs):
        size = 2 if tuple(signs[i:i + 2]) == pair else 1
        found.append("".join(signs[i:i + size]))
        i += size
    return found


def once(word, merges):
    signs = list(word)
    for pair in merges:
        for i in range(len(signs) - 1):
            if (signs[i], signs[i + 1]) == pair:
                signs[i:i + 2] = ["".join(pair)]
                break
    return signs


def backwards(word, merges):
    signs = list(word)
    for pair in reversed(merges):
        signs = merge(signs, pair)
    return signs


def along_the_word(word, merges):
    signs, i = list(word), 0
    while i < len(signs) - 1:
        if (signs[i], signs[i + 1]) in merges:
            signs[i:i + 2] = [signs[i] + signs[i + 1]]
            i = 0
        else:
            i += 1
    return signs


def longest_first(word, merges):
    return greedy(word, {*word} | {a + b for a, b in merges})


def in_a_text(word, merges):
    text = " ".join(word)
    for a, b in merges:
        text = re.sub(f"{a} {b}", a + b, text)
    return text.split(" ")


def gives_up(word, merges):
    signs = list(word)
    for pair in merges:
        if pair[0] + pair[1] not in word:
            break
        signs = merge(signs, pair)
    return signs


WRONG = {
    "lost": [
        (offsets_alone, "the text fits"),
        (last_offset, "the offset of the last token"),
        (what_is_kept, "the part that is kept"),
        (special_tokens_do_not_count, "the special tokens count too"),
        (characters, "so many characters"),
        (words, "so many words"),
        (decoded, "you decoded the ids"),
        (tidied, "removed the space"),
    ],
    "cut": [
        (once, "each pair once"),
        (backwards, "backwards"),
        (along_the_word, "through the word"),
        (longest_first, "this is greedy"),
        (in_a_text, "compare whole signs"),
        (gives_up, "the next one may"),
    ],
}


def more_texts(generator):
    alphabet = string.ascii_letters + "äé," + 8 * " "
    texts = []
    for length in (1, 5, 20, 40, 80):
        drawn = torch.randint(0, len(alphabet), (length,), generator=generator).tolist()
        texts.append("".join(alphabet[i] for i in drawn).strip())
    return [(text + end, Own(), limit) for text in texts for end in ("", " ")
            for limit in (3, 4, 7, 12, 20, 100)]


def any_merges(generator):
    """Merges in any order, of any signs up to two letters, on words of any letters."""
    signs = ["".join(two) for size in (1, 2) for two in itertools.product("abc", repeat=size)]
    cases = []
    for length in [1, 2, 5, 9, 20]:
        drawn = torch.randint(0, 3, (length,), generator=generator).tolist()
        pairs = torch.randint(0, len(signs), (12, 2), generator=generator).tolist()
        cases.append(("".join("abc"[i] for i in drawn), [(signs[i], signs[j]) for i, j in pairs]))
    return cases


WIDE = {"lost": more_texts, "cut": any_merges}
