"""Chromium for the tests, and pages that keep still while something is measured on them."""
import contextlib
import importlib
import importlib.util
import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Runs in every page before its own scripts: nothing fades, moves or scrolls by and by.
STILL = """
const still = new CSSStyleSheet();
still.replaceSync(`*, ::before, ::after, ::backdrop {
    transition: none !important; animation: none !important; scroll-behavior: auto !important;
}`);
document.adoptedStyleSheets.push(still);
"""

# Waits for fonts, pictures and whatever still moves, and for two frames; -> what moves even then.
SETTLED = """async () => {
    await document.fonts.ready;
    const pictures = [...document.images].filter(picture => picture.loading !== 'lazy');
    await Promise.all(pictures.map(picture => picture.decode().catch(() => null)));
    const ends = document.getAnimations().map(animation => animation.finished.catch(() => null));
    await Promise.race([Promise.all(ends), new Promise(done => setTimeout(done, 10_000))]);
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
    return document.getAnimations().length;
}"""


def absent(what):
    """Skip the tests that need `what`; in CI, where no test may be left out unseen, fail them."""
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{what}; in CI no browser test is skipped", pytrace=False)
    pytest.skip(what, allow_module_level=True)


def needed(module, extra):
    """Import a module that only these tests need, and that the package's `extra` brings."""
    try:
        return importlib.import_module(module)
    except ImportError:
        absent(f"{module} is missing: pip install -e .[{extra}]")


def load_run_py():
    """run.py as a module: a fresh one, that a test may change."""
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def chromium(*options):
    """Chromium, started with these options: -> playwright's Browser."""
    path = load_run_py().chromium() or absent("no Chromium here")
    playwright = needed("playwright.sync_api", "browser")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", *options])
        yield browser
        browser.close()


def still_context(browser, **options):
    """A context of the browser in whose pages nothing fades or moves."""
    context = browser.new_context(reduced_motion="reduce", **options)
    context.add_init_script(STILL)
    context.set_default_timeout(60_000)                     # a machine may be busy
    return context


def settle(page):
    """Wait until a page is as it will stay: before anything is measured on it."""
    assert page.evaluate(SETTLED) == 0, f"something still moves on {page.url}"
