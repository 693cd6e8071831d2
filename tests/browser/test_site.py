"""The web edition and the slides: built once, then read as files and in Chromium.

Needs Chromium and the extras [site] and [browser]; without them tests are skipped, in CI they fail.
"""
import contextlib
import functools
import http.server
import json
import pathlib
import re
import subprocess
import sys
import threading
import tomllib
from urllib.parse import parse_qs, unquote, urldefrag, urljoin

import nbformat
import pytest
import slides
from chromium import ROOT, chromium, needed, settle, still_context

bs4 = needed("bs4", "site")

SITE = ROOT / "build" / "site"
NOTEBOOKS = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
STEMS = [path.stem for path in NOTEBOOKS]
PAGES = [
    "index", "CONTRIBUTING", "CHANGELOG", "search", "benchmarks/README",
    *(f"docs/{path.stem}" for path in sorted(ROOT.glob("docs/*.md"))),
    *(f"notebooks/{stem}" for stem in STEMS),
]
DECKS = [f"slides/{stem}" for stem in STEMS]
LIVE = ["live/index"]                                   # test_live.py looks at it closer
STEPS = {path.stem for path in (ROOT / "web" / "live" / "views").glob("*.js")}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
REPOSITORY = PROJECT["tool"]["inside-embeddings"]["repository"]
SERIOUS = {"serious", "critical"}
CODE = {"notebooks/07_rebuild", "slides/07_rebuild"}    # on these every word of code is looked at

each_page = pytest.mark.parametrize("name", PAGES)
each_file = pytest.mark.parametrize("name", PAGES + DECKS + LIVE)
each_deck = pytest.mark.parametrize("name", DECKS)
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(scope="module", autouse=True)
def site():
    """What the command builds; a warning of Sphinx's fails it."""
    for module in ("myst_nb", "sphinx_book_theme", "sphinx_revealjs"):
        needed(module, "site")
    command = [sys.executable, ROOT / "web" / "build.py"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr[-4000:]


@functools.cache
def soup(name):
    """A built page, parsed."""
    return bs4.BeautifulSoup((SITE / f"{name}.html").read_text("utf-8"), "html.parser")


@functools.cache
def cells(path):
    """The cells of a notebook."""
    return nbformat.read(path, as_version=4).cells


def explorers(path):
    """The cells of a notebook that hold an explorer."""
    return [cell for cell in cells(path) if cell.id.endswith("-explorer")]


# As files

def test_these_are_all_pages():
    built = {str(path.relative_to(SITE).with_suffix("")) for path in SITE.rglob("*.html")}
    assert {name for name in built if not name.startswith("_static/")} == {*PAGES, *DECKS, *LIVE}


@each_file
def test_every_link_inside_leads_somewhere(name):
    page = f"https://site/{name}.html"
    tags = soup(name).select("a[href], img[src], script[src], link[href]")
    links = [tag.get("href") or tag.get("src") for tag in tags]
    inside = {urldefrag(urljoin(page, link)) for link in links if not link.startswith("data:")}
    for address, anchor in inside:
        if address.startswith("https://site/"):
            path = unquote(address.removeprefix("https://site/").partition("?")[0])
            assert (SITE / path).is_file(), address
            if path == "live/index.html":                   # its anchors are its states
                assert not anchor or parse_qs(anchor)["step"][0] in STEPS, anchor
            elif anchor and path.endswith(".html"):
                target = soup(path.removesuffix(".html"))
                assert target.find(id=unquote(anchor)), f"{address}#{anchor}"
    assert len(inside) > 3 or name in DECKS


@each_file
def test_one_title_and_no_level_skipped(name):
    on_screen = ":not(.onlyprint *)"                        # on paper the theme adds a list
    headings = soup(name).select(f":is(h1, h2, h3, h4, h5, h6){on_screen}")
    levels = [int(tag.name[1]) for tag in headings]
    assert levels.count(1) == 1 and levels[0] == 1, levels
    pairs = zip(levels, levels[1:], strict=False)
    assert all(after <= before + 1 for before, after in pairs), levels


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
            saved = output.get("data", {}).get("text/html", "")
            saved = bs4.BeautifulSoup(saved, "html.parser").select("img")
            assert output.get("text", "").strip() in said
            assert {picture["alt"] for picture in saved} <= pictures
    details = sum(cell.source.count("<details>") for cell in cells(path))
    assert len(page.select("details:not(.hide)")) == details  # but for the folded setup cell


@each_notebook
def test_an_explorer_shows_three_to_five_of_its_states(path):
    shown = soup(f"notebooks/{path.stem}").select(".cell_output:has(.jp-RenderedHTMLCommon)")
    assert len(shown) == len(explorers(path))
    for block in shown:
        states = [str(state) for state in block.select(".jp-RenderedHTMLCommon")]
        named = [line.get_text() for line in block.select("p:has(> strong)")]
        assert 3 <= len(states) <= 5 and len(named) == len(states)
        assert len(set(states)) == len(set(named)) == len(states)
        assert all(line.count(": ") >= 1 for line in named)


@each_notebook
def test_launch_buttons_open_this_notebook(path):
    page = soup(f"notebooks/{path.stem}")
    links = {tag["href"] for tag in page.select(".dropdown-launch-buttons a")}
    slug = REPOSITORY.removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{slug}/blob/main/notebooks/{path.name}"
    binder = f"https://mybinder.org/v2/gh/{slug}/main?"
    assert colab in links
    assert any(link.startswith(binder) and path.name in link for link in links)


@each_page
def test_maths_is_in_words(name):
    """No page needs a script to show a formula, because no page has one."""
    formulas = soup(name).select(".math, script[src*=mathjax i]")
    assert not formulas, "vendor MathJax before you write formulas"


@each_deck
def test_a_deck_has_the_sections_of_its_notebook(name):
    notebook = cells(ROOT / "notebooks" / f"{pathlib.Path(name).name}.ipynb")
    prose = "\n\n".join(cell.source for cell in notebook if cell.cell_type == "markdown")
    headings = [re.sub(r"[`*]", "", heading) for heading in re.findall(r"(?m)^## (.*)", prose)]
    slides = soup(name).select(".slides > section")
    assert slides[0].h1
    assert [slide.h2.get_text() for slide in slides[1:]] == [h for h in headings if h != "Setup"]


@each_deck
def test_every_slide_has_the_notes_of_its_section(name):
    import slides
    sections = soup(name).select(".slides > section")
    said = slides.notes(pathlib.Path(name).name)
    for section, note in zip(sections, said.values(), strict=True):
        first = re.sub(r"[*`]", "", note.partition(" **They")[0])[:60]
        for slide in section.select("section"):
            notes = slide.select("aside.notes")
            assert len(notes) == 1
            assert " ".join(notes[0].get_text().split()).startswith(" ".join(first.split())), first


@each_deck
def test_a_slide_shows_one_state_of_an_explorer(name):
    path = ROOT / "notebooks" / f"{pathlib.Path(name).name}.ipynb"
    shown = soup(name).select(".jp-RenderedHTML:has(.rendered_html)")
    assert len(shown) == len(explorers(path))
    for output, cell in zip(shown, explorers(path), strict=True):
        saved = bs4.BeautifulSoup(cell.outputs[0].data["text/html"], "html.parser")
        assert len(output.select(".rendered_html")) == 1 < len(saved.select(".rendered_html"))
        assert output.p.strong and output.p.get_text() == saved.p.get_text()


def test_decks_are_read_from_one_file():
    for name in DECKS:
        page = soup(name)
        assert not page.select("script[src], link[rel=stylesheet], iframe")
        sources = sorted({tag["src"][:5] for tag in page.select("img")})
        assert json.dumps(sources) == '["data:"]'


# In a browser

@pytest.fixture(scope="module")
def browser():
    """Chromium, for all tests of this file."""
    with chromium() as browser:
        yield browser


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and writes no log."""

    def log_message(self, *words):
        pass


@pytest.fixture(scope="module")
def address():
    """The site, served on this machine."""
    handler = functools.partial(Quiet, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def opened(browser):
    """Opens addresses on pages that keep still, and waits until they do.

    Afterwards it refuses requests to other hosts, requests that failed, and errors of scripts.
    """
    asked, wrong = set(), []
    with contextlib.ExitStack() as contexts:
        def start(address, **options):
            context = contexts.enter_context(still_context(browser, **options))
            context.on("request", lambda request: asked.add(origin(request.url)))
            context.on("requestfailed", lambda request: wrong.append(request.url))
            context.on("console", lambda said: said.type == "error" and wrong.append(said.text))
            context.on("weberror", lambda error: wrong.append(str(error.error)))
            page = context.new_page()
            page.goto(address)
            settle(page)
            return page

        yield start
        assert asked <= {"http://127.0.0.1", "data:", "file://", "about:", "blob:"}, asked
        assert not wrong, wrong


def origin(url):
    """The scheme and the host of an address."""
    return re.match(r"\w+:(//[^/:]*)?", url)[0]


def violations(page, code=True, **options):
    """What axe-core calls serious or critical, once the page is still.

    `code=False` makes each block of code one piece of text: the colours of its words are the same
    style sheet on every page, and looking at thousands of words takes axe-core most of its time.
    It is told not to load style sheets itself: it would look for them in the wrong place.
    """
    axe = needed("axe_playwright_python.sync_playwright", "browser").Axe()
    if not code:
        page.locator(".highlight pre").evaluate_all(
            "blocks => { for (const block of blocks) block.textContent = block.textContent; }")
    settle(page)
    options = {"resultTypes": ["violations"], "preload": False, **options}
    found = axe.run(page, options=options).response["violations"]
    return [(fault["id"], [node["html"][:200] for node in fault["nodes"][:3]])
            for fault in found if fault["impact"] in SERIOUS]


def recolour(page):
    """Let a page's text change its colour in a second: -> how many elements are on the way."""
    page.add_style_tag(content="""
        body { color: red; transition: color 1s }
        body.blue { color: blue }""")
    return page.evaluate("""() => {
        document.body.offsetTop, getComputedStyle(document.body).color;
        document.body.classList.add('blue');
        return document.getAnimations().length;
    }""")


def test_nothing_fades_while_it_is_measured(browser, opened, address):
    """Contrast was once measured half way from one colour to the other."""
    with contextlib.closing(browser.new_page()) as usual:
        usual.goto(f"{address}/index.html")
        assert recolour(usual) > 0
    page = opened(f"{address}/index.html")
    assert recolour(page) == 0
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 255)"


@each_page
def test_a_page_can_be_read_by_everyone(opened, address, name):
    """In light and in dark; what does not depend on colours is looked at once."""
    view = {"width": 1300, "height": 900}
    page = opened(f"{address}/{name}.html", viewport=view, color_scheme="light")
    look = page.locator("html")
    assert look.get_attribute("data-theme") == "light"
    assert not violations(page, code=name in CODE)
    page.emulate_media(color_scheme="dark")
    page.locator("html[data-theme=dark]").wait_for()
    assert not violations(page, code=name in CODE, runOnly=["color-contrast"])
    page.set_viewport_size({"width": 400, "height": 800})
    settle(page)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 400, "wider than a telephone"


def test_the_reader_chooses_light_or_dark(opened, address):
    page = opened(f"{address}/index.html", color_scheme="light")
    for look in ("dark", "light"):
        page.locator("button.theme-switch-button").first.click()
        page.locator(f"button.theme-change-button[data-mode={look}]").first.click()
        page.locator(f"html[data-theme={look}]").wait_for()


def test_search_finds_a_word(opened, address):
    page = opened(f"{address}/index.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("anisotropy")
    page.keyboard.press("Enter")
    results = page.locator("#search-results a")
    for wanted in ("notebooks/11_", "docs/glossary"):
        page.locator(f"#search-results a[href*='{wanted}']").first.wait_for()
    assert results.count() > 1


# All slides in turn: a deck fits a slide to the screen when it comes and again in the next frame.
SLIDES = """async () => {
    const measured = [];
    for (const wanted of Reveal.getSlides().map(slide => Reveal.getIndices(slide))) {
        Reveal.slide(wanted.h, wanted.v ?? 0, 99);
        const slide = Reveal.getCurrentSlide();
        await Promise.all([...slide.querySelectorAll('img')].map(image => image.decode()));
        for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
        const boxes = [...slide.querySelectorAll('pre, table, img, p, li')].map(
            node => node.getBoundingClientRect());
        measured.push({
            slide: `${wanted.h}, ${wanted.v ?? 0}`,
            zoom: Number(getComputedStyle(slide).zoom),
            bottom: Math.max(...boxes.map(box => box.bottom)),
            right: Math.max(...boxes.map(box => box.right)),
        });
    }
    return measured;
}"""


@each_deck
def test_a_deck_shows_every_slide_whole(opened, name):
    view = {"width": 1280, "height": 720}
    page = opened((SITE / f"{name}.html").as_uri(), viewport=view)
    shown = page.evaluate(SLIDES)
    assert len(shown) == page.evaluate("Reveal.getSlides().length") > 5
    for slide in shown:
        assert slide["zoom"] >= 0.8 and slide["bottom"] <= 720 and slide["right"] <= 1280, slide


@each_deck
def test_a_deck_can_be_read_by_everyone(opened, name):
    view = {"width": 1280, "height": 720}
    page = opened((SITE / f"{name}.html").as_uri(), viewport=view)
    assert not violations(page, code=name in CODE)


def test_the_notes_open_beside_a_deck_and_follow_it(opened):
    """From a file, as on a stick: a second window, started by the key S."""
    page = opened((SITE / f"{DECKS[4]}.html").as_uri(), viewport={"width": 1280, "height": 720})
    with page.context.expect_page() as window:
        page.keyboard.press("s")
    notes = window.value.locator(".speaker-controls-notes")
    said = slides.notes(STEMS[4])
    for note in (said["Opening"], said[second_section(NOTEBOOKS[4])]):
        first = re.search(r"\*\*Ask:\*\* (.*?)[.?]", note)[1]
        notes.get_by_text(first).wait_for()
        page.keyboard.press("ArrowRight")


def second_section(path):
    """The heading of the first section after the setup."""
    headings = [re.search(r"(?m)^## (.*)", cell.source) for cell in cells(path)
                if cell.cell_type == "markdown"]
    return [heading[1] for heading in headings if heading][1]


def test_a_prediction_comes_before_its_result(opened):
    page = opened((SITE / f"{DECKS[0]}.html").as_uri(), viewport={"width": 1280, "height": 720})
    page.evaluate("""() => {
        const section = document.querySelector(".fragment").closest("section");
        const {h, v} = Reveal.getIndices(section);
        Reveal.slide(h, v);
    }""")
    result = page.locator("section.present .fragment").first
    assert result.evaluate("node => getComputedStyle(node).visibility") == "hidden"
    page.keyboard.press("Space")
    assert result.evaluate("node => getComputedStyle(node).visibility") == "visible"
