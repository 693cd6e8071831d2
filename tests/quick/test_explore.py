"""Explorers, without a browser: what a moved control redraws, what a reader without a kernel sees.

Needs no torch, so that it also runs beside ipywidgets 7.
"""
import re
import sys

import ipywidgets
import pytest
from matplotlib import pyplot

from helpers import show

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def shown(monkeypatch):
    """What was displayed: a list of MIME bundles."""
    bundles = []
    monkeypatch.setattr(show, "display", lambda forms, raw: bundles.append(forms))
    return bundles


@pytest.fixture
def boxes(monkeypatch):
    """The boxes that explorers made, in order."""
    made, box = [], ipywidgets.VBox
    monkeypatch.setattr(ipywidgets, "VBox", lambda children: made.append(box(children)) or made[-1])
    return made


def draw_line(padded_to=5, masked=True, pooling="mean", text="a"):
    fig, ax = pyplot.subplots(figsize=(2, 1))
    ax.plot([0, padded_to])
    fig.suptitle(f"{padded_to} {masked} {pooling} {text}")
    return fig


def test_every_kind_of_control_is_labelled_and_redraws(shown, boxes):
    show.live(draw_line, "A <line>:", padded_to=(2, 9), masked=True, pooling=["cls", "mean"],
              text="b")
    *controls, picture = boxes[0].children
    kinds = ["IntSlider", "Checkbox", "SelectionSlider", "Text"]
    assert [type(c).__name__ for c in controls] == kinds
    assert [c.description for c in controls] == ["padded to", "masked", "pooling", "text"]
    assert all(c.style.description_width == "initial" for c in controls)
    assert [c.value for c in controls] == [5, True, "mean", "b"]
    assert (controls[0].min, controls[0].max) == (2, 9)
    assert 'alt="A &lt;line&gt;: 5 True mean b"' in picture.value
    seen = {picture.value}
    for control, value in zip(controls, (9, False, "cls", "bc"), strict=True):
        control.value = value
        seen.add(picture.value)
    assert len(seen) == 5 and 'alt="A &lt;line&gt;: 9 False cls bc"' in picture.value
    assert not pyplot.get_fignums(), "figures are closed"


def test_one_output_a_widget_for_a_kernel_a_picture_for_the_rest(shown, boxes):
    show.live(draw_line, "A line.", padded_to=(2, 9))
    assert len(shown) == 1 and shown[0][VIEW]["model_id"] == boxes[0].model_id
    assert shown[0]["text/html"] == boxes[0].children[-1].value
    assert re.search(r'<img alt="A line. 5 True mean a" src="data:image/png;base64,iVBOR',
                     shown[0]["text/html"])
    assert shown[0]["text/plain"] == "an explorer with the controls padded_to: run this cell"


def test_in_colab_the_widget_is_all_there_is(shown, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", object())
    show.live(draw_line, padded_to=(2, 9))
    assert set(shown[0]) == {VIEW, "text/plain"}


def test_what_fails_first_stops_the_cell_what_fails_later_is_read_in_its_place(shown, boxes):
    def halves(count=2):
        print(10 / count)

    show.live(halves, count=(-2, 2))
    control, page = boxes[0].children
    control.value = 0
    assert "ZeroDivisionError: " in page.value
    control.value = 1
    assert "10.0<br>" in page.value and "Zero" not in page.value
    with pytest.raises(ZeroDivisionError):
        show.live(lambda count=0: 1 / count, count=(0, 2))
    assert len(shown) == 1


def test_a_control_without_a_default_and_one_that_cannot_be_made(shown):
    show.live(lambda pooling: print(pooling), pooling=["cls", "mean"])
    assert "cls" in shown[0]["text/html"], "without a default a choice starts at its first entry"
    with pytest.raises(ValueError, match="padded_to: no control can be made from None; give"):
        show.live(draw_line, padded_to=None)


def test_every_letter_is_sent(shown, boxes):
    show.live(draw_line, text="a")
    assert boxes[0].children[0].continuous_update is True
    assert isinstance(boxes[0].children[-1], ipywidgets.HTML)


def test_a_draw_prints_and_shows_as_any_cell_does(shown, boxes, capsys):
    """All of it on the explorer's page, in its order and escaped; and under the cell nothing."""
    def draw(text="a < b"):
        print("cut", text, sep=": ")
        show.tokens([text, "&"], [1, 2])
        show.table([["<s>", 1]], ["<piece>", "id"])
        print("<end>")
        return 3 < 4

    show.live(draw, text="a < b")
    page = boxes[0].children[-1].value
    assert capsys.readouterr().out == "" and len(shown) == 1
    places = [page.index(part) for part in (
        "cut: a &lt; b<br>", "<code>a &lt; b</code>", "<code>&amp;</code>", "&lt;piece&gt;",
        "&lt;s&gt;", "&lt;end&gt;<br>", "True<br>")]
    assert places == sorted(places)
    assert "<s>" not in page and "<end>" not in page and "a < b" not in page


def test_what_is_shown_after_an_explorer_stands_under_the_cell(shown, monkeypatch):
    """An explorer that fails gives the screen back, too."""
    with pytest.raises(ZeroDivisionError):
        show.live(lambda count=0: print(1 / count), count=(0, 2))
    pages = []
    monkeypatch.setattr(show, "display", lambda page: pages.append(page.data))
    show.table([["a"]], ["b"])
    assert "<td>a</td>" in pages[0]


def named(page):
    """The lines that name a state's values, as text."""
    lines = re.findall(r"<p>(?:[\w ]+: <strong>.*?)</p>", page)
    return [re.sub("<[^>]*>", "", line) for line in lines]


def test_without_a_kernel_each_state_stands_under_a_line_of_its_values(shown, boxes):
    states = [(3, True, "cls", "<a>"), (9, False, "mean", "b")]
    show.live(draw_line, "A line.", states=states, padded_to=(2, 9), masked=True,
              pooling=["cls", "mean"], text="b")
    page = shown[0]["text/html"]
    assert named(page) == ["padded to: 3, masked: True, pooling: cls, text: &lt;a&gt;",
                           "padded to: 9, masked: False, pooling: mean, text: b"]
    alts = re.findall(r'<p>|alt="([^"]*)"', page)
    assert alts == ["", "A line. 3 True cls &lt;a&gt;", "", "A line. 9 False mean b"]
    assert page.count("jp-RenderedHTMLCommon") == 2
    with_kernel = boxes[0].children[-1].value
    assert "A line. 5 True mean b" in with_kernel and not named(with_kernel)
    assert [control.value for control in boxes[0].children[:-1]] == [5, True, "mean", "b"]


def test_one_control_takes_its_states_as_they_are(shown):
    show.live(lambda query="sea": print(query.upper()), query="sea", states=["moon", "tide"])
    page = shown[0]["text/html"]
    assert named(page) == ["query: moon", "query: tide"]
    assert page.index("MOON<br>") < page.index("TIDE<br>") and "SEA" not in page


def test_a_state_has_a_value_for_each_control(shown):
    with pytest.raises(ValueError):
        show.live(draw_line, padded_to=(2, 9), masked=True, states=[(5,)])
    assert shown == []


def test_states_are_saved_the_same_each_time(shown):
    for _ in range(2):
        show.live(draw_line, "A line.", states=[3, 4], padded_to=(2, 9))
    assert shown[0]["text/html"] == shown[1]["text/html"]


def test_in_colab_no_state_is_drawn(shown, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", object())
    drawn = []
    show.live(lambda size=2: drawn.append(size), size=(1, 3), states=[1, 3])
    assert drawn == [2]
