"""The notebooks in a real JupyterLab and a real browser, as a reader of a fresh clone sees them.

Needs Chromium and the package playwright (`pip install -e .[browser]`); .ci/run has both. `python3 run.py test -m browser`.
"""
import contextlib
import importlib.util
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api", reason="pip install -e .[browser]")

ROOT = pathlib.Path(__file__).parent.parent
NOTEBOOKS = sorted(path.name for path in ROOT.glob("notebooks/[0-9]*.ipynb"))
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
TOKEN = "a-token-for-this-test"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab as run.py starts it, on a copy of the notebooks that nobody has trusted: -> its address."""
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(run)
    run.ROOT, run.PYTHON = tmp_path_factory.mktemp("clone"), sys.executable
    run.VENV = pathlib.Path(sys.prefix)
    run.no_news()
    shutil.copytree(ROOT / "notebooks", run.ROOT / "notebooks")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = tmp_path_factory.mktemp("jupyter")
    environment = {**os.environ, "JUPYTER_DATA_DIR": str(data), "JUPYTER_CONFIG_DIR": str(data), "JUPYTER_TOKEN": TOKEN}
    server = subprocess.Popen(run.lab_command(["--no-browser", f"--port={port}"]), cwd=run.ROOT, env=environment,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    for _ in range(120):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=2).close()
            break
        time.sleep(0.5)
    yield address
    server.terminate()
    server.wait(20)


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium here")
    with playwright.sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"])


@pytest.fixture
def page(browser):
    """A page that remembers where it asked for something."""
    with contextlib.closing(browser.new_context(viewport={"width": 1400, "height": 1000})) as context:
        page = context.new_page()
        page.hosts = set()
        page.on("request", lambda request: page.hosts.add(re.sub(r"^\w+://([^/:]*).*", r"\1", request.url[:200])))
        yield page
        assert {host for host in page.hosts if not host.startswith(("data:", "blob:"))} == {"127.0.0.1"}


def open_notebook(page, lab, name):
    page.goto(f"{lab}/lab/tree/notebooks/{name}?token={TOKEN}&reset")
    page.wait_for_selector(".jp-Notebook .jp-RenderedMarkdown h1", timeout=90_000)
    page.wait_for_function("document.querySelectorAll('.jp-CodeCell').length > 5", timeout=30_000)
    read_through(page)
    assert not page.get_by_text("get notified about official Jupyter news").count()


def read_through(page):
    """Bring every cell into view and go back to the top: JupyterLab draws a cell when it is seen."""
    page.evaluate("""async () => {
        const cells = document.querySelectorAll('.jp-Notebook .jp-Cell');
        for (const cell of [...cells, cells[0]]) {
            cell.scrollIntoView();
            for (let i = 0; i < 50 && cell.querySelector('.jp-Cell-Placeholder, .jp-mod-placeholder'); i++)
                await new Promise(done => setTimeout(done, 20));
            await new Promise(done => requestAnimationFrame(() => setTimeout(done, 30)));
        }
    }""")


def pictures(page):
    return page.evaluate("[...document.querySelectorAll('.jp-OutputArea img')].map(i => [i.alt, i.naturalWidth])")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_opens_without_running_and_shows_its_pictures(page, lab, name):
    open_notebook(page, lab, name)
    notebook = nbformat.read(ROOT / "notebooks" / name, as_version=4)
    saved = sum(str(out.get("data", {}).get("text/html", "")).count("<img ") for cell in notebook.cells
                if cell.cell_type == "code" for out in cell.outputs)
    page.wait_for_function(f"document.querySelectorAll('.jp-OutputArea img').length >= {saved}", timeout=30_000)
    assert len(pictures(page)) == saved > 0
    assert all(alt and width > 300 for alt, width in pictures(page))
    text = page.text_content(".jp-Notebook")
    assert not re.search(r"(HBox|VBox|IntSlider|Output|Dropdown|interactive)\(|<Figure size|widget-view", text)
    assert page.locator(".jp-OutputArea table").count() >= 1
    folded = sum(cell.source.count("<details>") for cell in notebook.cells if cell.cell_type == "markdown")
    page.wait_for_function(f"document.querySelectorAll('.jp-RenderedMarkdown details').length == {folded}", timeout=30_000)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_runs_from_top_to_bottom(page, lab, name):
    open_notebook(page, lab, name)
    page.locator(".jp-Notebook .jp-RenderedMarkdown h1").first.click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=busy]", timeout=60_000)
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=240_000)
    read_through(page)
    prompts = page.evaluate("[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(p => p.textContent)")
    assert prompts == [f"[{i + 1}]:" for i in range(len(prompts))]
    errors = page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]')
    assert errors.count() == 0, errors.first.inner_text()
    assert pictures(page) and all(width > 300 for _, width in pictures(page))
