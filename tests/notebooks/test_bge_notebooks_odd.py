"""Notebooks on bge-m3's architecture (and on the model in EMBED_MODEL): every second, from 01."""
from lessons import check_lesson, half


@half(1)
def test_a_notebook_holds_on_another_model(path, model, request):
    check_lesson(path, request.getfixturevalue(model))
