"""The notebooks in JupyterLab, as run.py starts it, driven by Chromium: for the tests.

A Lesson is a notebook that is open; an Explorer is the explorer of one that has run.
"""
import contextlib
import io
import os
import re
import socket
import subprocess
import time
import urllib.parse
import urllib.request

import chromium
import nbformat
from lab import command as lab_command
from lab import write_settings

ROOT = chromium.ROOT
NOTEBOOKS = sorted(path.name for path in ROOT.glob("notebooks/[0-9]*.ipynb"))
TOKEN = "a-token-for-this-test"
MINUTES = 60_000
PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"
CURRENT = "jupyterapp.shell.currentWidget"

# Whether that notebook is in front with all its cells: JupyterLab draws them bit by bit, when idle.
DRAWN = """path => {
    const {context, content} = window.jupyterapp?.shell.currentWidget ?? {};
    const cells = content?.widgets ?? [];
    return context?.path === path && cells.length > 10
        && cells.every(cell => cell.node.isConnected && !cell.isPlaceholder())
        && content.node.querySelector('.jp-RenderedMarkdown h1') !== null;
}"""

# Brings every cell into view, and goes back to the top.
READ_THROUGH = """async () => {
    const cells = jupyterapp.shell.currentWidget.content.widgets;
    for (const {node} of [...cells, cells[0]]) {
        node.scrollIntoView();
        await new Promise(requestAnimationFrame);
    }
}"""

# After two frames: how far the notebook is scrolled, and what is left to scroll.
SCROLLED = """async panel => {
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
    const view = document.querySelector(panel + ' .jp-WindowedPanel-outer');
    return [view.scrollTop, view.scrollHeight - view.clientHeight - view.scrollTop];
}"""


def read(name):
    """A notebook of the repository."""
    return nbformat.read(ROOT / "notebooks" / name, as_version=4)


def exercises(name):
    """The ids of a notebook's exercise cells."""
    return [cell.id for cell in read(name).cells if re.fullmatch(r"\d\d-ex\d", cell.id)]


def solved(name):
    """A notebook as a class leaves it: the solutions' code, and still the saved outputs."""
    notebook, asked = read(name), exercises(name)
    if asked:
        answers = {cell.id: cell.source for cell in read(f"solutions/{name}").cells}
    for cell in notebook.cells:
        if cell.id in asked:
            cell.source = answers[cell.id]
    return notebook


@contextlib.contextmanager
def lab(folder):
    """JupyterLab as run.py starts it, on a copy of the notebooks that nobody has trusted.

    The copy, whose exercises are solved, and Jupyter's own files go into `folder`. -> its address.
    """
    clone = folder / "clone"
    write_settings()
    (clone / "notebooks").mkdir(parents=True)
    for name in NOTEBOOKS:
        nbformat.write(solved(name), clone / "notebooks" / name)
    port = free_port()
    command = lab_command(["--no-browser", f"--port={port}", "--expose-app-in-browser"], clone)
    own = {"JUPYTER_DATA_DIR": str(folder / "data"), "JUPYTER_CONFIG_DIR": str(folder / "config")}
    server = subprocess.Popen(command, cwd=clone, env={**os.environ, **own, "JUPYTER_TOKEN": TOKEN},
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_server(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(server)


def stop(server):
    """End JupyterLab and its kernels: they go when it goes."""
    server.terminate()
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def free_port():
    """A port of this machine that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for_server(address):
    """Wait until JupyterLab answers."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=2).close()
            return
        time.sleep(0.2)
    raise TimeoutError("JupyterLab did not answer for two minutes")


@contextlib.contextmanager
def lab_page(folder):
    """JupyterLab in Chromium: one page for all notebooks. `page.hosts`: the hosts it asked."""
    with chromium.chromium("--disable-background-networking") as browser, lab(folder) as address:
        page = chromium.still_context(browser, viewport={"width": 1400, "height": 1000}).new_page()
        page.hosts = set()
        for kind in ("request", "websocket"):
            page.on(kind, lambda asked: page.hosts.add(host(asked.url)))
        first = f"notebooks/{NOTEBOOKS[0]}"
        page.goto(f"{address}/lab/tree/{first}?token={TOKEN}&reset")
        page.wait_for_function(DRAWN, arg=first, polling=100, timeout=2 * MINUTES)
        yield page


def host(url):
    """The host in an address; "data" or "blob" for what comes from the page itself."""
    parts = urllib.parse.urlsplit(url)
    return parts.hostname or parts.scheme


class Lesson:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page, name):
        self.page, self.name, self.notebook = page, name, read(name)
        self.open()

    def open(self):
        """Open it in a tab, and wait until all its cells are there as they are saved."""
        path = f"notebooks/{self.name}"
        self.page.hosts.clear()
        self.page.evaluate(
            "path => { jupyterapp.commands.execute('docmanager:open', {path}); }", path)
        self.page.wait_for_function(DRAWN, arg=path, polling=100, timeout=2 * MINUTES)

    def close(self):
        """Close the tab and end its kernel, saving nothing."""
        self.page.evaluate(f"""async () => {{
            const panel = {CURRENT};
            await panel.sessionContext.shutdown();
            panel.dispose();
        }}""")

    def save(self):
        """Save it into the copy."""
        self.page.evaluate(f"{CURRENT}.context.save()")

    def node(self, inside=""):
        """A selector of what is inside the open notebook."""
        return f"{PANEL} .jp-Notebook {inside}"

    def read_through(self):
        """Bring every cell into view, as a reader does, and go back to the top."""
        self.page.evaluate(READ_THROUGH)

    def texts(self, inside):
        """The texts of all elements of that selector."""
        return self.page.locator(self.node(inside)).all_text_contents()

    def pictures(self):
        """The pictures of its outputs: a list of [alt text, width in pixels]."""
        return self.page.locator(self.node(".jp-OutputArea img")).evaluate_all(
            "images => images.map(image => [image.alt, image.naturalWidth])")

    def cell(self, name):
        """The cell of that id, as it stands on the page."""
        at = self.page.evaluate(
            f"id => {CURRENT}.content.widgets.findIndex(cell => cell.model.id === id)", name)
        return self.page.locator(self.node(".jp-Cell")).nth(at)

    def run_all(self):
        """Run all cells as a reader does, from the menu, and wait for the last."""
        self.page.locator(self.node("h1")).first.click()
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        indicator = PANEL + " .jp-Notebook-ExecutionIndicator[data-status={}]"
        self.page.wait_for_selector(indicator.format("busy"), timeout=MINUTES)
        self.page.wait_for_function(
            "([idle, prompts]) => document.querySelector(idle)"
            " && [...document.querySelectorAll(prompts)].every(p => p.textContent !== '[*]:')",
            arg=[indicator.format("idle"), self.node(".jp-InputPrompt")],
            polling=200, timeout=8 * MINUTES)

    def scroll(self, sign):
        """Turn the wheel to the end (`sign` 1) or the beginning (-1): -> each turn's (place, band).

        `place` is where the view begins, `band` the share of its height that is one blank band.
        """
        view = self.page.locator(f"{PANEL} .jp-WindowedPanel-outer")
        box = view.bounding_box()
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        top, left = self.page.evaluate(SCROLLED, PANEL)
        while (left if sign > 0 else top) > 1:
            before, end = top, time.monotonic() + 10
            self.page.mouse.wheel(0, sign * 0.9 * box["height"])
            while top == before:
                assert time.monotonic() < end, f"the wheel moves nothing at {top}"
                top, left = self.page.evaluate(SCROLLED, PANEL)
            yield top, self.blank(box)

    def blank(self, box, enough=0.25, seconds=5):
        """The share of the rows in `box` that are one blank band, once its cells are drawn."""
        end = time.monotonic() + seconds
        while True:
            band = blank_band(self.page.screenshot(clip=box)) / box["height"]
            if band <= enough or time.monotonic() > end:
                return band


def blank_band(png):
    """The most rows in one piece of a picture that hold one colour each."""
    import numpy
    from PIL import Image
    grey = numpy.asarray(Image.open(io.BytesIO(png)).convert("L"))
    grey = grey[:, :-20]                                    # without the scroll bar
    longest = rows = 0
    for flat in grey.max(axis=1) - grey.min(axis=1) < 12:
        rows = rows + 1 if flat else 0
        longest = max(longest, rows)
    return longest


def check_class_session(lesson):
    """What a class needs of a lesson that has run: cells ran in order, exercises are right."""
    prompts = lesson.texts(".jp-CodeCell .jp-InputPrompt")
    assert prompts == [f"[{i + 1}]:" for i in range(len(prompts))] and len(prompts) > 5
    errors = lesson.texts('.jp-OutputArea-output[data-mime-type$="stderr"]')
    assert not errors, errors[0]
    assert lesson.pictures() and all(width > 300 for _, width in lesson.pictures())
    for name in exercises(lesson.name):
        answer = lesson.cell(name).locator(".jp-OutputArea").text_content()
        right = re.search(r"^right\. ", answer, re.M) and "a hint: check." not in answer
        assert right, f"{name}: {answer}"


def check_hosts(lesson):
    """Nothing was asked of another machine since the lesson was opened."""
    assert lesson.page.hosts - {"data", "blob"} == {"127.0.0.1"}


class Explorer:
    """The explorer of a lesson that has run, or that was saved after it had."""

    def __init__(self, lesson):
        self.lesson, self.page = lesson, lesson.page
        self.number = lesson.name[:2]
        self.cell = lesson.cell(f"{self.number}-explorer")
        self.cell.scroll_into_view_if_needed()
        self.shown = self.cell.locator(".widget-html").first
        self.shown.locator(":is(p, table, img)").first.wait_for()

    def says(self):
        """What it shows: the text, and the pictures' alt texts."""
        return self.shown.evaluate("""node => {
            const pictures = [...node.querySelectorAll('img')];
            return [node.innerText, ...pictures.map(image => image.alt)].join('\\n');
        }""")

    def find(self, pattern):
        """The number that a pattern finds in what it shows."""
        return float(re.search(pattern, self.says())[1])

    def tab_to(self, label):
        """Walk from the text above to the control with that label, as without a mouse."""
        self.page.keyboard.press("Escape")
        self.lesson.cell(f"{self.number}-explorer-text").locator("h3").click()
        reached = """label => {
            const box = document.activeElement?.closest(
                '.widget-inline-hbox, .widget-checkbox, .widget-hbox');
            return box?.textContent.includes(label) && box.closest('.jp-OutputArea') !== null;
        }"""
        for _ in range(40):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(reached, label):
                return
        raise AssertionError(f"no Tab leads to {label!r}")

    def press(self, *keys, until):
        """Press keys and wait until what it shows matches the pattern `until`."""
        for key in keys:
            self.page.keyboard.press(key)
        end = time.monotonic() + 60
        while not re.search(until, self.says()):
            assert time.monotonic() < end, f"{keys}: no {until!r} in {self.says()}"
            time.sleep(0.05)


def move_01(explorer):
    """Another query, another passage at the top."""
    assert "Air molecules" in explorer.says()
    explorer.tab_to("query")
    query = "how do I renew my passport"
    explorer.press("Control+A", *query, until=f".{query}.: map and search")
    assert "Air molecules" not in explorer.says()


def move_02(explorer):
    """Two letters less: the lattice ends at `unhap`, and its best path is another."""
    assert "unhappy: un + happy, -5" in explorer.says()
    explorer.tab_to("letters")
    explorer.press("ArrowLeft", "ArrowLeft", until=r"unhap: un \+ hap, -7")


def move_04(explorer):
    """More padding, a smaller cosine; with both masks it is 1 again."""
    cosine = explorer.find(r"cosine (-?[\d.]+)")
    explorer.tab_to("padded to")
    explorer.press("End", until="64 tokens, ")
    assert explorer.find(r"cosine (-?[\d.]+)") < cosine
    explorer.tab_to("mask in pooling")
    explorer.press("Space", until=r"cosine 1(\.0+)?\b")
    assert explorer.find(r"cosine (-?[\d.]+)") == 1


def move_05(explorer):
    """Questions by cls instead of mean: fewer are found."""
    found = explorer.find(r"(\d+) of \d+ questions")
    explorer.tab_to("questions pooled by")
    explorer.press("ArrowLeft", until=rf"(?<!\d)(?!{found:.0f}\b)\d+ of \d+ questions")
    assert explorer.find(r"(\d+) of \d+ questions") < found


def move_07(explorer):
    """Another question, another passage at the top."""
    assert "Brown rice" in explorer.says().split("\n")[1]
    explorer.tab_to("query")
    explorer.press("Control+A", *"what helps against insomnia", until="A dark, cool room")
    explorer.cell.locator("tbody tr:first-child", has_text="A dark, cool room").wait_for()


def move_08(explorer):
    """The next head hardly looks at river; in the next layer there is more to add to."""
    assert explorer.find(r"river\D*(\d+)%") > 60
    explorer.tab_to("head")
    explorer.press("ArrowRight", until=r"river\D*1%")
    explorer.tab_to("layer")
    explorer.press("ArrowRight", until=r"of norm 12\.5")


MOVES = {
    "01_black_box.ipynb": move_01,
    "02_tokenizer.ipynb": move_02,
    "04_masking.ipynb": move_04,
    "05_pooling.ipynb": move_05,
    "07_rebuild.ipynb": move_07,
    "08_inside_the_encoder.ipynb": move_08,
}
