"""The web edition and the slides: built once, then read as files and in Chromium, from 127.0.0.1 and from a stick.

Minutes long, so it is marked: `python3 run.py test -m site -n 0 tests/test_site.py`; .ci/run has that line.
"""
import functools
import http.server
import importlib.util
import json
import pathlib
import re
import subprocess
import sys
import threading
import tomllib
from urllib.parse import unquote, urldefrag, urljoin

import nbformat
import pytest

pytestmark = pytest.mark.site
bs4 = pytest.importorskip("bs4")

ROOT = pathlib.Path(__file__).parents[2]
SITE = ROOT / "build" / "site"
NOTEBOOKS = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
TAUGHT = [path.stem for path in NOTEBOOKS if path.stem < "08"]
PAGES = ["index", "CONTRIBUTING", "search", "benchmarks/README",
         *(f"docs/{path.stem}" for path in sorted(ROOT.glob("docs/*.md"))),
         *(f"notebooks/{path.stem}" for path in NOTEBOOKS)]
DECKS = [f"slides/{stem}" for stem in TAUGHT]
REPOSITORY = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["inside-embeddings"]["repository"]
SERIOUS = {"serious", "critical"}
CODE = "notebooks/07_rebuild"           # the page on which every word of code is looked at

each_page = pytest.mark.parametrize("name", PAGES)
each_file = pytest.mark.parametrize("name", PAGES + DECKS)
each_deck = pytest.mark.parametrize("name", DECKS)
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(scope="module", autouse=True)
def site():
    """What the command builds; a warning of Sphinx's fails it."""
    done = subprocess.run([sys.executable, ROOT / "web" / "build.py"], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr[-4000:]


@functools.cache
def soup(name):
    return bs4.BeautifulSoup((SITE / f"{name}.html").read_text("utf-8"), "html.parser")


def cells(path):
    return nbformat.read(path, as_version=4).cells


# As files

def test_these_are_all_pages():
    built = {str(path.relative_to(SITE).with_suffix("")) for path in SITE.rglob("*.html")}
    assert {name for name in built if not name.startswith("_static/")} == {*PAGES, *DECKS}


@each_file
def test_every_link_inside_leads_somewhere(name):
    page = f"https://site/{name}.html"
    links = [tag.get("href") or tag.get("src") for tag in soup(name).select("a[href], img[src], script[src], link[href]")]
    inside = {urldefrag(urljoin(page, link)) for link in links if not link.startswith("data:")}
    for address, anchor in inside:
        if address.startswith("https://site/"):
            target = SITE / unquote(address.removeprefix("https://site/").partition("?")[0])
            assert target.is_file(), address
            if anchor and target.suffix == ".html":
                assert soup(str(target.relative_to(SITE).with_suffix(""))).find(id=unquote(anchor)), f"{address}#{anchor}"
    assert len(inside) > 3 or name in DECKS


@each_file
def test_one_title_and_no_level_skipped(name):
    headings = soup(name).select(":is(h1, h2, h3, h4, h5, h6):not(.onlyprint *)")      # on paper the theme adds a list
    levels = [int(tag.name[1]) for tag in headings]
    assert levels.count(1) == 1 and levels[0] == 1, levels
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False)), levels


@each_file
def test_every_picture_says_what_it_shows(name):
    pictures = soup(name).select("img:not(.logo__image, .navbar-icon-links img)")
    assert all(len(picture.get("alt", "")) > 3 for picture in pictures), pictures
    assert name not in DECKS or pictures


@each_notebook
def test_saved_outputs_stand_on_their_page(path):
    page = soup(f"notebooks/{path.stem}").select_one("article")
    said, pictures = page.get_text(), {picture["alt"] for picture in page.select("img")}
    for cell in cells(path):
        for output in cell.get("outputs", []):
            saved = bs4.BeautifulSoup(output.get("data", {}).get("text/html", ""), "html.parser")
            assert output.get("text", "").strip() in said
            if not cell.source.startswith("from helpers import explore"):
                assert {picture["alt"] for picture in saved.select("img")} <= pictures
    assert len(page.select("details")) == sum(cell.source.count("<details>") for cell in cells(path))


@each_notebook
def test_an_explorer_shows_three_to_five_of_its_states(path):
    explorers = sum(cell.source.startswith("from helpers import explore") for cell in cells(path))
    shown = soup(f"notebooks/{path.stem}").select(".cell_output:has(.jp-RenderedHTMLCommon)")
    assert len(shown) == explorers, "an explorer whose states are not named in tools/states.py?"
    for block in shown:
        states = [str(state) for state in block.select(".jp-RenderedHTMLCommon")]
        named = [line.get_text() for line in block.select("p:has(> strong)")]
        assert 3 <= len(states) <= 5 and len(set(states)) == len(set(named)) == len(named) == len(states)
        assert all(line.count(": ") >= 1 for line in named)


@each_notebook
def test_launch_buttons_open_this_notebook(path):
    links = {tag["href"] for tag in soup(f"notebooks/{path.stem}").select(".dropdown-launch-buttons a")}
    slug = REPOSITORY.removeprefix("https://github.com/")
    assert f"https://colab.research.google.com/github/{slug}/blob/main/notebooks/{path.name}" in links
    assert any(link.startswith(f"https://mybinder.org/v2/gh/{slug}/main?") and path.name in link for link in links)


def test_maths_is_in_words():
    """No page needs a script to show a formula, because no page has one."""
    for name in PAGES:
        assert not soup(name).select(".math, script[src*=mathjax i]"), f"{name}: vendor MathJax before you write formulas"


@each_deck
def test_a_deck_has_the_sections_of_its_notebook(name):
    stem = pathlib.Path(name).name
    prose = "\n\n".join(cell.source for cell in cells(ROOT / "notebooks" / f"{stem}.ipynb") if cell.cell_type == "markdown")
    sections = [re.sub(r"[`*]", "", heading) for heading in re.findall(r"(?m)^## (.*)", prose) if heading != "Setup"]
    slides = soup(name).select(".slides > section")
    assert [slide.h2.get_text() for slide in slides[1:]] == sections and slides[0].h1


@each_deck
def test_every_slide_has_the_notes_of_its_section(name):
    import slides
    said = slides.notes(pathlib.Path(name).name)
    for section, note in zip(soup(name).select(".slides > section"), said.values(), strict=True):
        first = re.sub(r"[*`]", "", note.partition(" **They")[0])[:60]
        for slide in section.select("section"):
            notes = slide.select("aside.notes")
            assert len(notes) == 1 and " ".join(notes[0].get_text().split()).startswith(" ".join(first.split())), first


# In a browser

@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install -e .[browser]")
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(run)
    if run.chromium() is None:
        pytest.skip("no Chromium here")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=run.chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


@pytest.fixture(scope="module")
def address():
    """The site, served on this machine."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=SITE)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def opened(browser):
    """Opens addresses in one context, and afterwards refuses requests to other hosts, failed ones, and errors."""
    contexts, asked, wrong = [], set(), []

    def start(address, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        context.on("request", lambda request: asked.add(re.match(r"\w+:(//[^/:]*)?", request.url)[0]))
        context.on("requestfailed", lambda request: wrong.append(request.url))
        context.on("console", lambda said: said.type == "error" and wrong.append(said.text))
        context.on("weberror", lambda error: wrong.append(str(error.error)))
        page = context.new_page()
        page.goto(address)
        return page

    yield start
    assert asked <= {"http://127.0.0.1", "data:", "file://", "about:", "blob:"}, asked
    assert not wrong, wrong
    for context in contexts:
        context.close()


def violations(page, code=True, **options):
    """What axe-core calls serious or critical; `code=False` leaves out the words of code, whose colours are one style sheet.

    It is told not to load style sheets itself: it would look for them in the wrong place.
    """
    from axe_playwright_python.sync_playwright import Axe
    context = None if code else {"exclude": [[".highlight span"]]}
    options = {"resultTypes": ["violations"], "preload": False, **options}
    found = Axe().run(page, context=context, options=options).response["violations"]
    return [(v["id"], [node["html"][:200] for node in v["nodes"][:3]]) for v in found if v["impact"] in SERIOUS]


@each_page
@pytest.mark.parametrize("look", ["light", "dark"])
def test_a_page_can_be_read_by_everyone(opened, address, name, look):
    page = opened(f"{address}/{name}.html", viewport={"width": 1300, "height": 900}, color_scheme=look)
    assert page.locator("html").get_attribute("data-theme") == look
    only = {} if look == "light" else {"runOnly": ["color-contrast"]}       # the rest does not depend on colours
    assert not violations(page, code=name == CODE, **only)
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400, "wider than a telephone"


def test_the_reader_chooses_light_or_dark(opened, address):
    page = opened(f"{address}/index.html", color_scheme="light")
    for look in ("dark", "light"):
        page.locator("button.theme-switch-button").first.click()
        page.locator(f"button.theme-change-button[data-mode={look}]").first.click()
        assert page.locator("html").get_attribute("data-theme") == look


def test_search_finds_a_word(opened, address):
    page = opened(f"{address}/index.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("anisotropy")
    page.keyboard.press("Enter")
    page.locator("#search-results a").first.wait_for()
    found = page.locator("#search-results a").evaluate_all("links => links.map(a => a.href)")
    assert any("notebooks/11_" in link for link in found) and any("docs/glossary" in link for link in found)


@each_deck
def test_a_deck_shows_every_slide_whole(opened, name):
    page = opened((SITE / f"{name}.html").as_uri(), viewport={"width": 1280, "height": 720})
    assert not violations(page)
    for h, v in page.evaluate("Reveal.getSlides().map(s => Reveal.getIndices(s)).map(({h, v}) => [h, v ?? 0])"):
        page.evaluate("([h, v]) => Reveal.slide(h, v, 99)", [h, v])
        zoom, bottom, wide = page.evaluate("""async () => {
            for (let frame = 0; frame < 3; frame++) await new Promise(done => requestAnimationFrame(done));
            const slide = Reveal.getCurrentSlide(), zoom = Number(getComputedStyle(slide).zoom);
            const shown = [...slide.querySelectorAll('pre, table, img, p, li')].map(node => node.getBoundingClientRect());
            return [zoom, Math.max(...shown.map(box => box.bottom)), Math.max(...shown.map(box => box.right))];
        }""")
        assert zoom >= 0.8 and bottom <= 720 and wide <= 1280, f"slide {h}, {v}: {zoom}, {bottom}, {wide}"


def test_the_notes_open_beside_a_deck_and_follow_it(opened):
    """From a file, as on a stick: a second window, started by the key S."""
    page = opened((SITE / f"{DECKS[4]}.html").as_uri(), viewport={"width": 1280, "height": 720})
    with page.context.expect_page() as window:
        page.keyboard.press("s")
    notes = window.value.locator(".speaker-controls-notes")
    notes.get_by_text("Your text is embedded alone").wait_for()
    page.keyboard.press("ArrowRight")
    notes.get_by_text("With a pencil: the mean of text 1").wait_for()


def test_a_prediction_comes_before_its_result(opened):
    page = opened((SITE / f"{DECKS[0]}.html").as_uri(), viewport={"width": 1280, "height": 720})
    page.evaluate("""() => {
        const {h, v} = Reveal.getIndices(document.querySelector(".fragment").closest("section"));
        Reveal.slide(h, v);
    }""")
    result = page.locator("section.present .fragment").first
    assert result.evaluate("node => getComputedStyle(node).visibility") == "hidden"
    page.keyboard.press("Space")
    assert result.evaluate("node => getComputedStyle(node).visibility") == "visible"


def test_decks_are_read_from_one_file():
    for name in DECKS:
        page = soup(name)
        assert not page.select("script[src], link[rel=stylesheet], iframe")
        assert json.dumps(sorted({tag["src"][:5] for tag in page.select("img")})) == '["data:"]'
