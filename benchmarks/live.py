"""Measure the page live/ in Chromium: from a key to the picture, and what the first visit fetches.

    python3 run.py bench live
"""
import pathlib
import statistics
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "web")]
TOKENS, ROUNDS, DRAWN = (5, 13, 64, 256), 9, "body[data-drawn]:not([data-drawn=''])"
# Milliseconds from the event of a key to the frame after the picture: what a reader waits
TYPED = """text => new Promise(done => {
    const field = document.querySelector("#text"), start = performance.now();
    new MutationObserver((_, watch) => {
        if (document.body.dataset.drawn !== text) return;
        watch.disconnect();
        requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
    }).observe(document.body, { attributeFilter: ["data-drawn"] });
    field.value = text;
    field.dispatchEvent(new Event("input"));
})"""


def main() -> None:
    """Build the page, open it, type, and print."""
    import live
    import report
    from playwright.sync_api import sync_playwright
    from serve import server_of

    from run import chromium
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        live.write(pathlib.Path(folder))
        server = server_of(folder, port=0)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page, sizes = browser.new_page(viewport={"width": 1400, "height": 900}), []
        page.context.on("requestfinished",
                        lambda request: sizes.append(request.sizes()["responseBodySize"]))
        page.goto(f"http://127.0.0.1:{server.server_port}/live/")
        page.wait_for_selector(DRAWN, state="attached")
        page.wait_for_timeout(500)
        here = report.machine()
        print(f"Chromium {browser.version} on {here['processor']}:", *here["instructions"])
        print(f"first visit: {sum(sizes) / 1e6:.1f} MB")
        for tokens in TOKENS:
            texts = [f"{'the ' * (tokens - 3)}{end}" for end in ("bank", "river")]
            times = [page.evaluate(TYPED, texts[i % 2]) for i in range(ROUNDS + 2)][2:]
            print(f"{tokens:>4} tokens: {statistics.median(times):>6.0f} ms from key to picture "
                  f"({min(times):.0f} to {max(times):.0f})")
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
