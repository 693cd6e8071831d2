"""Explorers, without a browser: what a moved control redraws, and what a reader without a kernel is left with.

Needs no torch, so that it also runs beside ipywidgets 7.
"""
import re
import sys

import ipywidgets
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_rgb

from helpers import explore, markup


@pytest.fixture
def shown(monkeypatch):
    """What was displayed: a list of MIME bundles."""
    bundles = []
    monkeypatch.setattr(explore, "display", lambda forms, raw: bundles.append(forms))
    return bundles


@pytest.fixture
def boxes(monkeypatch):
    """The boxes that explorers made, in order."""
    made, box = [], explore.ipywidgets.VBox
    monkeypatch.setattr(explore.ipywidgets, "VBox", lambda children: made.append(box(children)) or made[-1])
    return made


def draw_line(padded_to=5, masked=True, pooling="mean", text="a"):
    fig, ax = pyplot.subplots(figsize=(2, 1))
    ax.plot([0, padded_to])
    fig.suptitle(f"{padded_to} {masked} {pooling} {text}")
    return fig


def test_every_kind_of_control_is_labelled_and_redraws(shown, boxes):
    explore.live(draw_line, "A <line>:", padded_to=(2, 9), masked=True, pooling=["cls", "mean"], text="b")
    *controls, picture = boxes[0].children
    assert [type(c).__name__ for c in controls] == ["IntSlider", "Checkbox", "SelectionSlider", "Text"]
    assert [c.description for c in controls] == ["padded to", "masked", "pooling", "text"]
    assert all(c.style.description_width == "initial" for c in controls)
    assert [c.value for c in controls] == [5, True, "mean", "b"] and (controls[0].min, controls[0].max) == (2, 9)
    assert 'alt="A &lt;line&gt;: 5 True mean b"' in picture.value
    seen = {picture.value}
    for control, value in zip(controls, (9, False, "cls", "bc"), strict=True):
        control.value = value
        seen.add(picture.value)
    assert len(seen) == 5 and 'alt="A &lt;line&gt;: 9 False cls bc"' in picture.value
    assert not pyplot.get_fignums(), "figures are closed"


def test_one_output_a_widget_for_a_kernel_a_picture_for_the_rest(shown, boxes):
    explore.live(draw_line, "A line.", padded_to=(2, 9))
    assert len(shown) == 1 and shown[0][explore.VIEW]["model_id"] == boxes[0].model_id
    assert shown[0]["text/html"] == boxes[0].children[-1].value
    assert re.search(r'<img alt="A line. 5 True mean a" src="data:image/png;base64,iVBOR', shown[0]["text/html"])
    assert shown[0]["text/plain"] == "an explorer with the controls padded_to: run this cell"


def test_in_colab_the_widget_is_all_there_is(shown, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", object())
    explore.live(draw_line, padded_to=(2, 9))
    assert set(shown[0]) == {explore.VIEW, "text/plain"}


def test_what_fails_first_stops_the_cell_what_fails_later_is_read_in_its_place(shown, boxes):
    def halves(count=2):
        return f"<p>{10 / count}</p>"

    explore.live(halves, count=(-2, 2))
    control, page = boxes[0].children
    control.value = 0
    assert "ZeroDivisionError: " in page.value
    control.value = 1
    assert "<p>10.0</p>" in page.value and "Zero" not in page.value
    with pytest.raises(ZeroDivisionError):
        explore.live(lambda count=0: 1 / count, count=(0, 2))
    assert len(shown) == 1


def test_a_control_without_a_default_and_one_that_cannot_be_made(shown):
    explore.live(lambda pooling: pooling, pooling=["cls", "mean"])
    assert "cls" in shown[0]["text/html"], "without a default a choice starts at its first entry"
    with pytest.raises(ValueError, match="padded_to: no control can be made from None; give"):
        explore.live(draw_line, padded_to=None)


def test_every_letter_is_sent(shown, boxes):
    explore.live(draw_line, text="a")
    assert boxes[0].children[0].continuous_update is True
    assert isinstance(boxes[0].children[-1], ipywidgets.HTML)


def test_a_heat_table_has_every_number_on_its_colour():
    page = markup.heat([[0.0, 1.0], [0.25, 2.0]], ["<s>", "b"], ["c", "d"], spec=".0%")
    cells = re.findall(r'<td style="text-align: center; background-color: (#\w{6}); color: (\w+)">([^<]*)</td>', page)
    assert [number for _, _, number in cells] == ["0%", "100%", "25%", "200%"]
    assert [text for _, text, _ in cells] == ["white", "black", "white", "black"]
    assert cells[1][0] == cells[3][0] != cells[0][0] != cells[2][0], "beyond the end is the end's colour"
    assert "<th>&lt;s&gt;</th>" in page and page.count("<tr>") == 3


def test_every_number_of_a_heat_table_can_be_read():
    """The contrast of text and colour is at least 4.5, which WCAG asks for."""
    page = markup.heat([[i / 200 for i in range(201)]], ["a"], range(201))
    for back, text in re.findall(r"background-color: (#\w{6}); color: (\w+)", page):
        bright, dark = sorted((luminance(back), luminance(text)), reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, (back, text)


def luminance(colour):
    """The relative luminance of a colour, as WCAG defines it."""
    parts = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))
