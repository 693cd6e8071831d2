"""Exercises that check themselves: `check.NAME(answer)`, and `check.NAME(answer, hint=1)`. One file
per notebook.

An answer is judged by running it beside the definition on seeded random inputs. Nothing here
raises: a learner's error is an answer too.
"""
import importlib

_HOME = {
    "start_here": ["per_text", "first_right"],                                                  # 00
    "black_box": ["closest", "safe_documents"],                                                 # 01
    "tokenizer": ["lost", "cut"],                                                               # 02
    "last_hidden_state": ["with_control", "word_vector"],                                       # 03
    "masking": ["masked_mean", "verdict"],                                                      # 04
    "pooling": ["mean_without_special", "better"],                                              # 05
    "normalization": ["best_first", "metric_of"],                                               # 06
    "rebuild": ["in_order", "embed_long", "capstone"],                                          # 07
    "inside": ["causal", "can_go"],                                                             # 08
    "different": ["cause_verdict", "stranger"],                                                 # 09
    "three_vectors": ["rerank", "best_weight"],                                                 # 10
    "training": ["loss_without_twins", "permutation_p"],                                        # 11
    "fast": ["best_budget", "finish"],                                                          # 12
}
_FILE = {name: file for file, names in _HOME.items() for name in names}
__all__ = list(_FILE)


def __getattr__(name):
    """The exercise of that name, from its file."""
    if name not in _FILE:
        raise AttributeError(f"there is no exercise {name!r}; there are {', '.join(_FILE)}")
    return getattr(importlib.import_module(f"helpers.check.{_FILE[name]}"), name)


def __dir__():
    """The names of all exercises, and what else is here."""
    return sorted({*globals(), *_FILE})
