"""The notebooks in a real JupyterLab and a real browser: opened as a reader of a fresh clone sees them, then worked through
as a class does: all cells run, the exercises solved by the solutions, each explorer moved from the keyboard.

Needs Chromium (then `run.py test` installs the package playwright); without it these tests are skipped.
"""
import contextlib
import importlib.util
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api", reason="pip install -e .[browser]")

ROOT = pathlib.Path(__file__).parents[2]
NOTEBOOKS = sorted(path.name for path in ROOT.glob("notebooks/[0-9]*.ipynb"))
TOKEN = "a-token-for-this-test"
MINUTES = 60_000


@pytest.fixture(scope="module")
def run_py():
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def lab(run_py, tmp_path_factory):
    """JupyterLab as run.py starts it, on a copy of the notebooks that nobody has trusted: -> its address."""
    clone = run_py.ROOT = tmp_path_factory.mktemp("clone")
    run_py.PYTHON, run_py.VENV = sys.executable, pathlib.Path(sys.prefix)
    run_py.settings()
    (clone / "notebooks").mkdir()
    for name in NOTEBOOKS:
        nbformat.write(solved(name), clone / "notebooks" / name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = tmp_path_factory.mktemp("jupyter")
    environment = {**os.environ, "JUPYTER_DATA_DIR": str(data), "JUPYTER_CONFIG_DIR": str(data), "JUPYTER_TOKEN": TOKEN}
    server = subprocess.Popen(run_py.lab_command(["--no-browser", f"--port={port}", "--expose-app-in-browser"]),
                              cwd=clone, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    for _ in range(120):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=2).close()
            break
        time.sleep(0.5)
    yield address
    server.terminate()
    server.wait(20)


def read(name):
    return nbformat.read(ROOT / "notebooks" / name, as_version=4)


def exercises(name):
    """The ids of a notebook's exercise cells."""
    return [cell.id for cell in read(name).cells if re.fullmatch(r"\d\d-ex\d", cell.id)]


def solved(name):
    """A notebook as a class leaves it: its exercise cells hold the solutions' code, its outputs are still the saved ones."""
    notebook, answers = read(name), {}
    if (ROOT / "notebooks" / "solutions" / name).exists():
        answers = {cell.id: cell.source for cell in read(f"solutions/{name}").cells}
    for cell in notebook.cells:
        if cell.id in exercises(name):
            cell.source = answers[cell.id]
    return notebook


@pytest.fixture(scope="module")
def page(run_py, lab):
    """One page for all notebooks. It remembers where it asked for something."""
    chromium = run_py.chromium()
    if chromium is None:
        pytest.skip("no Chromium here")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"])
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.hosts = set()
        for kind in ("request", "websocket"):
            page.on(kind, lambda asked: page.hosts.add(re.sub(r"^\w+://([^/:]*).*", r"\1", asked.url[:200])))
        page.goto(f"{lab}/lab/tree/notebooks/{NOTEBOOKS[0]}?token={TOKEN}&reset")
        page.wait_for_function("window.jupyterapp?.shell.currentWidget?.content.model?.cells", timeout=2 * MINUTES)
        yield page
        browser.close()


class Lesson:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page, name):
        self.page, self.name, self.notebook = page, name, read(name)
        self.open()

    def open(self):
        page, name, self.has_run = self.page, self.name, False
        page.evaluate("path => { jupyterapp.commands.execute('docmanager:open', {path}); }", f"notebooks/{name}")
        page.wait_for_function("path => jupyterapp.shell.currentWidget?.context?.path === path"
                               " && jupyterapp.shell.currentWidget.content.widgets.length > 10"
                               " && document.querySelector('.jp-Notebook:not(.lm-mod-hidden *) .jp-RenderedMarkdown h1')",
                               arg=f"notebooks/{name}", timeout=MINUTES)
        self.read_through()

    def close(self):
        self.page.evaluate("""async () => {
            const panel = jupyterapp.shell.currentWidget;
            await panel.context.save();
            await panel.sessionContext.shutdown();
            panel.close();
        }""")

    def node(self, inside=""):
        return f".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook {inside}"

    def read_through(self):
        """Bring every cell into view and go back to the top: JupyterLab draws a cell when it is seen."""
        self.page.evaluate("""async () => {
            const cells = jupyterapp.shell.currentWidget.content.widgets;
            for (const {node} of [...cells, cells[0]]) {
                node.scrollIntoView();
                for (let i = 0; i < 50 && node.querySelector('.jp-Cell-Placeholder, .jp-mod-placeholder'); i++)
                    await new Promise(done => setTimeout(done, 20));
                await new Promise(done => requestAnimationFrame(done));
            }
        }""")

    def pictures(self):
        return self.page.evaluate("where => [...document.querySelectorAll(where)].map(i => [i.alt, i.naturalWidth])",
                                  self.node(".jp-OutputArea img"))

    def cell(self, name):
        """The cell of that id, as it stands on the page."""
        cells = "jupyterapp.shell.currentWidget.content.widgets"
        at = self.page.evaluate(f"id => {cells}.findIndex(cell => cell.model.id === id)", name)
        return self.page.locator(self.node(".jp-Cell")).nth(at)

    def run_all(self):
        """As a reader does, from the menu."""
        if self.has_run:
            return
        self.page.locator(self.node("h1")).first.click()
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        indicator = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-ExecutionIndicator[data-status={}]"
        self.page.wait_for_selector(indicator.format("busy"), timeout=MINUTES)
        self.page.wait_for_selector(indicator.format("idle"), timeout=8 * MINUTES)
        self.read_through()
        self.has_run = True


@pytest.fixture(scope="module", params=NOTEBOOKS)
def lesson(page, request):
    """Each notebook in turn, open for all tests of it."""
    page.hosts.clear()
    with contextlib.closing(Lesson(page, request.param)) as opened:
        yield opened


def test_opens_without_running_and_shows_its_pictures(lesson):
    html = [str(out.get("data", {}).get("text/html", "")) for cell in lesson.notebook.cells if cell.cell_type == "code"
            for out in cell.outputs]
    saved, tables = (sum(text.count(tag) for text in html) for tag in ("<img ", "<table"))
    counts = {".jp-OutputArea img": saved, ".jp-OutputArea table": tables, ".jp-RenderedMarkdown details": sum(
        cell.source.count("<details>") for cell in lesson.notebook.cells if cell.cell_type == "markdown")}
    for inside, count in counts.items():
        lesson.page.wait_for_function("([where, count]) => document.querySelectorAll(where).length == count",
                                      arg=[lesson.node(inside), count], timeout=MINUTES // 2)
    assert len(lesson.pictures()) == saved > 0 and tables > 0
    assert all(alt and width > 300 for alt, width in lesson.pictures())
    text = lesson.page.text_content(lesson.node())
    assert not re.search(r"(HBox|VBox|IntSlider|Output|Dropdown|interactive)\(|<Figure size|widget-view", text)
    assert not re.search(r"an explorer with the controls|Loading widget|Error displaying widget", text)
    assert not lesson.page.get_by_text("get notified about official Jupyter news").count()


def test_a_class_runs_it_and_solves_its_exercises(lesson):
    lesson.run_all()
    prompts = lesson.page.evaluate("where => [...document.querySelectorAll(where)].map(p => p.textContent)",
                                   lesson.node(".jp-CodeCell .jp-InputPrompt"))
    assert prompts == [f"[{i + 1}]:" for i in range(len(prompts))] and len(prompts) > 5
    errors = lesson.page.locator(lesson.node('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]'))
    assert errors.count() == 0, errors.first.inner_text()
    assert lesson.pictures() and all(width > 300 for _, width in lesson.pictures())
    for name in exercises(lesson.name):
        answer = lesson.cell(name).locator(".jp-OutputArea").text_content()
        assert re.search(r"^right\. ", answer, re.M) and "a hint: check." not in answer, f"{name}: {answer}"


def test_every_exercise_has_its_solution():
    """What a class session is worth: each exercise cell of a lesson is replaced by another source."""
    for name in NOTEBOOKS:
        lesson, session = ({cell.id: cell.source for cell in notebook.cells} for notebook in (read(name), solved(name)))
        assert {one for one in lesson if lesson[one] != session[one]} == set(exercises(name)), name


class Explorer:
    """The explorer of a lesson that has run."""

    def __init__(self, lesson):
        lesson.run_all()
        self.cell, self.page = lesson.cell(f"{lesson.name[:2]}-explorer"), lesson.page
        self.lesson = lesson
        self.cell.scroll_into_view_if_needed()
        self.cell.locator(".widget-html :is(p, table, img)").first.wait_for(timeout=MINUTES // 2)

    def says(self):
        """What it shows: the text, and the pictures' alt texts."""
        pictures = self.cell.locator("img").evaluate_all("images => images.map(i => i.alt)")
        return "\n".join([self.cell.locator(".widget-html").inner_text(), *pictures])

    def number(self, pattern):
        return float(re.search(pattern, self.says())[1])

    def tab_to(self, label):
        """Walk from the text above to a control, as without a mouse; the control is found by its label."""
        self.page.keyboard.press("Escape")
        self.lesson.cell(f"{self.lesson.name[:2]}-explorer-text").locator("h3").click()
        reached = """label => {
            const box = document.activeElement?.closest('.widget-inline-hbox, .widget-checkbox, .widget-hbox');
            return box?.textContent.includes(label) && box.closest('.jp-OutputArea') !== null;
        }"""
        for _ in range(40):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(reached, label):
                return
        raise AssertionError(f"no Tab leads to {label!r}")

    def press(self, *keys):
        """Press keys and wait until what is shown has changed."""
        before = self.says()
        for key in keys:
            self.page.keyboard.press(key)
        for _ in range(100):
            if self.says() != before:
                break
            time.sleep(0.1)
        else:
            raise AssertionError(f"{keys} changed nothing: {before}")
        time.sleep(0.3)                                     # a control that sends every step: let the last one be drawn


def move_02(explorer):
    """Without the emoji there is one unknown piece less, on both tokenizers."""
    assert re.findall(r"(\d+) of them unknown", explorer.says()) == ["2", "1"]
    explorer.tab_to("text")
    explorer.press("End", "Backspace")
    assert re.findall(r"(\d+) of them unknown", explorer.says()) == ["1", "0"]
    assert "🙂" not in explorer.cell.locator("input").input_value()


def move_04(explorer):
    """More padding, a smaller cosine; with both masks it is 1 again."""
    cosine = explorer.number(r"cosine (-?[\d.]+)")
    explorer.tab_to("padded to")
    explorer.press("End")
    assert "64 tokens, " in explorer.says() and explorer.number(r"cosine (-?[\d.]+)") < cosine
    explorer.tab_to("mask in pooling")
    explorer.press("Space")
    assert explorer.number(r"cosine (-?[\d.]+)") == 1


def move_05(explorer):
    """Questions by cls instead of mean: fewer are found."""
    found = explorer.number(r"(\d+) of 32")
    explorer.tab_to("questions pooled by")
    explorer.press("ArrowLeft")
    assert explorer.number(r"(\d+) of 32") < found


def move_07(explorer):
    """Another question, another passage at the top."""
    assert "Moon" in explorer.says().split("\n")[1]
    explorer.tab_to("query")
    explorer.press("Control+A", *"what helps against insomnia")
    explorer.cell.locator("tbody tr:first-child", has_text="A dark, cool room").wait_for(timeout=10_000)


def move_08(explorer):
    """The next head looks elsewhere; layer and head in the line are those of the sliders."""
    before = explorer.number(r"(\d+)% goes to the token before")
    head = explorer.number(r"head (\d+)")
    explorer.tab_to("head")
    explorer.press("ArrowRight")
    assert explorer.number(r"head (\d+)") == head + 1 and explorer.number(r"(\d+)% goes to the token before") < before
    explorer.tab_to("layer")
    explorer.press("ArrowRight")
    assert explorer.number(r"layer (\d+)") == 1


MOVES = {"02_tokenizer.ipynb": move_02, "04_masking.ipynb": move_04, "05_pooling.ipynb": move_05,
         "07_rebuild.ipynb": move_07, "08_inside_the_encoder.ipynb": move_08}


@pytest.mark.parametrize("lesson", MOVES, indirect=True)
def test_an_explorer_is_moved_from_the_keyboard(lesson):
    explorer = Explorer(lesson)
    outputs = explorer.cell.locator(".jp-OutputArea-output")
    assert outputs.count() == 1, "the widget, and not the picture a second time"
    MOVES[lesson.name](explorer)


@pytest.mark.parametrize("lesson", ["05_pooling.ipynb"], indirect=True)
def test_an_explorer_that_was_saved_is_read_without_a_kernel(lesson):
    said = Explorer(lesson).says()
    lesson.close()
    lesson.open()
    cell = lesson.cell("05-explorer")
    cell.scroll_into_view_if_needed()
    cell.locator(".widget-html table").wait_for(timeout=MINUTES // 2)
    assert cell.locator(".widget-html").inner_text() == said.strip() and "Error" not in cell.text_content()


def test_nothing_was_asked_of_another_machine(lesson):
    lesson.run_all()
    assert {host for host in lesson.page.hosts if not host.startswith(("data:", "blob:"))} == {"127.0.0.1"}


def test_every_explorer_is_moved_here():
    assert [name for name in NOTEBOOKS if f"{name[:2]}-explorer" in json.dumps(read(name))] == list(MOVES)
