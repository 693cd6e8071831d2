"""The page live/: the model in the browser, held against the library and against LangChain.

Needs Chromium and the extra [browser]; without them tests are skipped, in CI they fail.
"""
import base64
import functools
import hashlib
import json
import random
import re
import shutil
import sys
import threading
import unicodedata

import numpy as np
import pytest
import torch
from chromium import ROOT, chromium, needed, still_context
from transformers import AutoTokenizer

from helpers import Encoder, model_dir
from helpers.data import load

sys.path.insert(0, str(ROOT / "web"))
import live  # noqa: E402
import serve  # noqa: E402

OLD = unicodedata.ucd_3_2_0                             # the characters that there were in 2002
FOLDER = model_dir("all-MiniLM-L6-v2")
STEPS = "tokens states attention mask pooling length texts search stranger".split()
DRAWN = "body[data-drawn]:not([data-drawn=''])"
SENTENCE = "The bank raised its interest rates."
LOADED = """async () => {
    const [{ Memory }, { Weights }, { Tokenizer }, model] = await Promise.all(
        ["memory", "weights", "tokenizer", "model"].map(name => import(`/live/${name}.js`)));
    const memory = new Memory(), weights = await new Weights(memory, () => null).open();
    await memory.open(await weights.bytes("four.wasm"));
    for (const file of Object.keys(weights.manifest.tables)) await weights.load(file);
    window.tokenizer = new Tokenizer((await weights.text("vocabulary.txt")).split("\\n"));
    window.inside = { ...model, weights,
        model: new model.Model(memory, name => weights.tables.get(name), id => weights.word(id)) };
}"""
ENCODED = """async text => {
    const { ids } = tokenizer.encode(text), mask = ids.map(() => 1);
    await inside.weights.words(ids);
    const { states, shares } = inside.model.encode(ids, mask);
    let off = 0;
    for (const share of shares) for (let at = 0; at < share.length; at += ids.length) {
        const row = share.subarray(at, at + ids.length);
        off = Math.max(off, Math.abs(row.reduce((a, b) => a + b) - 1));
    }
    const all = new Uint8Array(await new Blob(states).arrayBuffer());
    let text64 = "";
    for (let i = 0; i < all.length; i += 30000)
        text64 += String.fromCharCode(...all.subarray(i, i + 30000));
    return { states: btoa(text64), off,
        vector: [...inside.normalize(inside.POOLINGS.mean(states.at(-1), mask))] };
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The page with all it needs, as the site's build writes it."""
    folder = tmp_path_factory.mktemp("site")
    live.write(folder)
    (folder / "_static").mkdir()
    shutil.copy(ROOT / "web" / "icon.svg", folder / "_static")
    return folder


@pytest.fixture(scope="module")
def server(site):
    """What `run.py site --serve` starts: -> its address."""
    running = serve.server_of(site, port=0)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}/live/"
    running.shutdown()


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


class Seen:
    """A page, what it asked for, and what went wrong on it."""

    def __init__(self, browser, address, **options):
        self.context = still_context(browser, **options)
        self.page = self.context.new_page()
        self.asked, self.wrong = [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda said: said.type == "error" and self.wrong.append(said.text))
        self.address = address

    def open(self, state=""):
        """Open the page with a state in its address, and wait until it has drawn."""
        self.page.goto(f"{self.address}index.html#{state}")
        self.page.wait_for_selector(DRAWN, state="attached")
        self.page.wait_for_selector("#examples button", state="attached")
        return self.page

    def type(self, text):
        """Type a text in place of the one that is there, and wait until it is drawn."""
        self.page.fill("#text", text)
        self.drawn(text)

    def drawn(self, text):
        self.page.wait_for_selector(f"body[data-drawn={json.dumps(text, ensure_ascii=False)}]",
                                    state="attached")

    def vector(self):
        return np.array(json.loads(self.page.text_content("#vector")))


@pytest.fixture(scope="module")
def seen(browser, server):
    """One page for the tests that only look."""
    one = Seen(browser, server)
    yield one
    assert not one.wrong
    assert all(url.startswith(server.removesuffix("live/")) for url in one.asked), one.asked


@pytest.fixture(scope="module")
def inside(browser, server):
    """A page that has the modules and the whole model in its own hands, as the worker has them."""
    seen = Seen(browser, server, bypass_csp=True)       # the page itself may run no WebAssembly
    seen.open()
    seen.page.evaluate(LOADED)
    return seen.page


def strange_texts(count):
    """Texts of the course, of rare signs, of all scripts that Unicode 3.2 had: -> list."""
    dice, data = random.Random(0), load("retrieval.json")
    signs = [chr(n) for n in range(1, 0x30000) if not 0xD800 <= n < 0xE000
             and OLD.category(chr(n)) == unicodedata.category(chr(n)) != "Cn"]
    made = ["", " ", "\0\ufffd\u200b", "\u0085\ufeff\u00a0\u2028", "[CLS] [sep] [SEP][MASK]",
            "ΟΔΟΣ ΣΣ", "İstanbul ﬁne Ⅷ ½", "e\u0301é", "a" * 101, "x " * 300,
            "don't--stop…“quoted”", "你好world世界", "한국어 ไทย", "🙂🦜👩‍👩‍👧", "\u202eabc",
            "$^`|~<>"]
    made += data["passages"] + data["questions"]
    while len(made) < count:
        made.append("".join(dice.choice(signs) if dice.random() < 0.6 else dice.choice("aB é,.1 ")
                            for _ in range(dice.randint(1, 40))))
    return made[:count]


def test_the_ids_are_the_tokenizers(inside):
    texts = strange_texts(2_000)
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    real = tokenizer(texts, truncation=True, max_length=256)["input_ids"]
    ours = inside.evaluate("texts => texts.map(text => tokenizer.encode(text).ids)", texts)
    wrong = [text for text, one, other in zip(texts, ours, real, strict=True) if one != other]
    assert not wrong, wrong[:5]


def test_only_characters_younger_than_the_tokenizers_tables_differ(inside):
    """The library knows Unicode as of about 2014, a browser today's: some hundred signs differ."""
    signs = [sign for sign in map(chr, [*range(0xD800), *range(0xE000, 0x110000)])
             if unicodedata.category(sign) not in ("Lo", "Cn", "Co") or ord(sign) % 37 == 0]
    texts = [f"a{sign}b" for sign in signs]
    real = AutoTokenizer.from_pretrained(FOLDER)(texts)["input_ids"]
    ours = inside.evaluate("texts => texts.map(text => tokenizer.encode(text).ids)", texts)
    wrong = [sign for sign, one, other in zip(signs, ours, real, strict=True) if one != other]
    assert len(signs) > 30_000 and len(wrong) < 800
    assert all(OLD.category(sign) != unicodedata.category(sign) or OLD.category(sign) == "Cn"
               for sign in wrong), wrong


def test_states_and_vectors_are_the_encoders(inside):
    encoder, dice, data = Encoder(FOLDER), random.Random(1), load("retrieval.json")
    words = " ".join(data["passages"]).split()
    lengths = [0, 1, 2, 254, 300] + [int(1.12 ** dice.randint(6, 44)) for _ in range(45)]
    texts = [" ".join(dice.choices(words, k=length)) for length in lengths]
    sizes = set()
    for text in texts:
        got, states = inside.evaluate(ENCODED, text), encoder.hidden_states(text)
        ours = np.frombuffer(base64.b64decode(got["states"]), np.float32).reshape(7, -1, 384)
        sizes.add(ours.shape[1])
        for layer, state in enumerate(states):
            state = state[0].numpy()
            assert np.abs(ours[layer] - state).max() < 1e-5 * max(1, np.abs(state).max()), layer
        assert np.abs(np.array(got["vector"]) - encoder.encode([text])[0]).max() < 1e-6, text
        assert got["off"] < 1e-6                            # shares of a row add up to 1
    assert {2, 256} <= sizes and len(sizes) > 20


def test_what_is_typed_becomes_the_vector(seen):
    seen.open()
    assert "Equals LangChain" in seen.page.text_content("#equals")
    for text in ("a text that nobody stored", "<img src=x onerror=alert(1)> & \"quotes\""):
        seen.type(text)
        assert np.abs(seen.vector() - Encoder(FOLDER).encode([text])[0]).max() < 1e-6
        assert "not stored" in seen.page.text_content("#equals")
    assert seen.page.locator("#strip img, #panel img").count() == 0       # text stays text


def test_examples_equal_langchain(seen):
    seen.open()
    for text in live.EXAMPLES:
        seen.page.get_by_role("button", name=text, exact=True).first.click()
        seen.drawn(text)
        said = seen.page.text_content("#equals")
        assert float(said.split("|Δ| ")[1].replace("−", "-")) < 1e-6, said


def told(page):
    return page.text_content("#panel .said")


def test_the_mask_breaks_and_mends_from_the_keyboard(seen):
    page = seen.open("step=mask")
    page.wait_for_selector("#panel table")
    assert "1.0000" in told(page)
    in_attention, in_pooling = (
        page.get_by_role("checkbox", name=f"mask in {place}") for place in ("attention", "pooling"))
    for box in (in_attention, in_pooling):
        before = told(page)
        box.focus()
        page.keyboard.press("Space")
        page.wait_for_timeout(50)
        assert told(page) != before
    page.get_by_label("pads").focus()
    page.keyboard.press("End")
    page.get_by_text("64 pads").wait_for()
    neither = float(re.search(r"cosine (\d\.\d+)", told(page))[1])
    assert neither < 0.9
    right = Encoder(FOLDER).encode([SENTENCE])[0]
    tokens = AutoTokenizer.from_pretrained(FOLDER)(SENTENCE)["input_ids"]
    model = Encoder(FOLDER).model
    ids = torch.tensor([tokens + [0] * 64])
    with torch.no_grad():
        blind = model(ids, attention_mask=torch.ones_like(ids)).last_hidden_state.mean(dim=1)
    blind = blind[0].numpy()
    assert abs(blind @ right / np.linalg.norm(blind) - neither) < 1e-4


def test_every_step_answers_to_its_keys(seen):
    """From the keyboard alone: each control of each step changes what stands below it."""
    page = seen.open("step=tokens")
    page.locator("#tab-tokens").focus()
    for i, step in enumerate(STEPS):
        if i:
            page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.id") == f"tab-{step}"
        assert page.get_by_role("tab", selected=True).get_attribute("id") == f"tab-{step}"
        page.wait_for_timeout(100)
        controls = page.locator("#panel input").all()
        assert len(controls) == {"states": 3, "attention": 3, "mask": 3, "pooling": 4, "texts": 3,
                                 "search": 8}.get(step, 0), step
        for control in controls:
            kind = control.get_attribute("type")
            if kind == "radio" and control.is_checked():
                continue
            before = page.evaluate(LOOK)
            control.focus()
            if kind == "text":
                page.keyboard.type("another text")
            else:
                arrow = "ArrowRight" if control.input_value() in ("0", "1") else "ArrowLeft"
                page.keyboard.press(arrow if kind == "range" else "Space")
            page.wait_for_timeout(30)
            for _ in range(100):
                if page.evaluate(LOOK) != before:
                    break
                page.wait_for_timeout(50)
            assert page.evaluate(LOOK) != before, (step, kind)
        page.locator(f"#tab-{step}").focus()


LOOK = """() => [...document.querySelectorAll("#panel :is(.said, td, th, svg, canvas:not(.heads))")]
    .map(one => one.getContext ? one.toDataURL() : one.outerHTML).join()"""     # no control


def test_the_wrong_pooling_is_said_and_found(seen):
    page = seen.open("step=pooling&pooling=cls")
    assert re.search("Not this model's vector.*cls", page.text_content("#equals"))
    cls = Encoder(FOLDER, pooling="cls").encode([SENTENCE])[0]
    assert np.abs(seen.vector() - cls).max() < 1e-6
    numbers = page.text_content("#vector")
    page = seen.open("step=stranger")
    page.fill("#numbers", numbers)
    page.get_by_role("button", name="Find the cause").click()
    page.get_by_text("The cause: pooling cls, not mean.").wait_for()


@pytest.mark.parametrize(("change", "named"), [
    ({"normalize": False}, "not divided by its norm"),
    ({"pooling": "max"}, "pooling max, not mean"),
    ({"prompt": "query: "}, "“query:” in front of the text"),
    ({"pads": 32}, "padded to 32 tokens, the mask forgotten"),
    ({}, "No difference"),
    ({"noise": 0.01}, "Not found"),
    ({"pooling": "cls", "places": 3}, "pooling cls, not mean"),
    ({"noise": 0.002, "places": 3}, "Not found"),
    ({"print": torch.tensor}, "No difference"),
    ({"print": np.array, "pooling": "cls"}, "pooling cls, not mean"),
    ({"print": lambda v: [f"{x:.4g}" for x in v]}, "No difference"),
    ({"print": lambda v: {"shape": [1, 384], "data": v.astype(float).tolist()}}, "No difference"),
    ({"print": lambda v: list(v)}, "No difference"),
    ({"half": True}, "16 bits"),
])
def test_a_cause_is_named_only_if_it_gives_the_numbers(seen, change, named):
    encoder = Encoder(FOLDER, pooling=change.get("pooling", "mean"),
                      normalize=change.get("normalize", True))
    vector = encoder.encode([change.get("prompt", "") + SENTENCE])[0]
    if "pads" in change:
        tokens = AutoTokenizer.from_pretrained(FOLDER)(SENTENCE)["input_ids"]
        ids = torch.tensor([tokens + [0] * (change["pads"] - len(tokens))])
        with torch.no_grad():
            vector = encoder.model(ids).last_hidden_state.mean(dim=1)[0].numpy()
        vector = vector / np.linalg.norm(vector)
    vector = vector + change.get("noise", 0) * np.cos(np.arange(384))
    page = seen.open("step=stranger")
    vector = vector.astype(np.float16) if "half" in change else vector
    numbers = [round(float(x), change.get("places", 6)) for x in vector]
    pasted = json.dumps({"data": [{"embedding": numbers}]})
    if "print" in change:
        with np.printoptions(precision=4, threshold=10_000):
            torch.set_printoptions(threshold=10_000)
            pasted = str(change["print"](vector)).replace("'", "")
    page.fill("#numbers", pasted)
    page.get_by_role("button", name="Find the cause").focus()
    page.keyboard.press("Enter")
    page.locator("#panel .said", has_text=named).wait_for()


@pytest.mark.parametrize(("pasted", "answer"), [
    ("1 2 3", "These are 3 numbers; this model's vectors have 384."),
    ("0 " * 384, "All of these are 0"),
    ("[0.1, nan" + ", 0.1" * 382 + "]", "is not a number"),
    ("hello", "is not a number"),
    ("", "These are 0 numbers"),
    ("1e999 " + "1 " * 383, "without end"),
])
def test_what_is_no_vector_is_refused_in_words(seen, pasted, answer):
    page = seen.open("step=stranger")
    page.fill("#numbers", pasted)
    page.get_by_role("button", name="Find the cause").click()
    page.locator("#panel .said", has_text=answer).wait_for()


def test_a_riddle_is_guessed_and_solved(seen):
    """One of four guesses is right, and it is what the page then finds."""
    signs = {"a wrong pooling": "not mean", "no division by the norm": "not divided",
             "“query:” in front of the text": "“query:”", "the mask forgotten": "mask forgotten"}
    page = seen.open("step=stranger")
    for _ in range(4):
        page.get_by_role("button", name="Give me a riddle").click()
        page.get_by_text("What was done differently?").wait_for()
        right = []
        for guess in signs:
            page.get_by_role("button", name=guess, exact=True).click()
            right += [guess] if told(page).startswith("Right: ") else []
            assert guess in told(page)
        page.get_by_role("button", name="Find the cause").click()
        page.locator("#panel .said", has_text="The cause:").wait_for()
        assert len(right) == 1 and signs[right[0]] in told(page), (right, told(page))


def test_search_shows_the_crime(seen):
    page = seen.open("step=search&text=Which+planet+has+the+most+moons%3F")
    page.locator("#panel .said", has_text="is in place 1 of 327").wait_for()
    assert "for 163 of 214" in told(page)
    page.get_by_label("cls").nth(1).check()
    page.locator("#panel .said", has_text="for 141 of 214").wait_for()
    assert "in place 1 of" not in told(page)
    assert "with the mean on both sides, in place 1." in told(page)


def test_a_link_restores_the_whole_state(seen):
    state = "text=hello+world%21&step=mask&pads=8&inPooling=false"
    page = seen.open(state)
    page.get_by_text("Mask in attention alone, 8 pads").wait_for()
    assert page.input_value("#text") == "hello world!"
    page.get_by_label("pads").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**pads=9**")
    there = page.url
    page.goto("about:blank")
    page.goto(there)
    page.get_by_text("Mask in attention alone, 9 pads").wait_for()
    page = seen.open("step=constructor&layer=99&pads=-3&head=x&pooling=toString&text=constructor")
    page.get_by_text("Your own text").wait_for()
    assert page.get_by_role("tab", selected=True).get_attribute("id") == "tab-tokens"


def test_a_step_alone_and_back(seen):
    page = seen.open("step=mask&alone=true")
    assert not page.locator("#strip").is_visible() and page.locator("#text").is_visible()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("heading", name="Pooling").is_visible()
    page.get_by_role("button", name="Next: Length").click()
    assert page.get_by_role("heading", name="Length").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#strip").is_visible()


def test_one_token_is_followed_through_the_steps(seen):
    page = seen.open("step=states&token=5&text=hello+big+old+world")
    page.locator("#panel .said", has_text="Token 5, world, number 1 of 384").wait_for()
    page.get_by_role("button", name="Next: Attention").click()
    page.locator("#panel .said", has_text="“world” takes").wait_for()
    page.get_by_role("slider", name="token").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Hidden states").click()
    assert told(page).startswith("Token 4, old, number 1 of 384")


def test_copied_is_the_vector(browser, server):
    seen = Seen(browser, server, permissions=["clipboard-read", "clipboard-write"])
    page = seen.open()
    page.get_by_role("button", name="Copy the 384 numbers").click()
    page.get_by_text("Copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.text_content("#vector")


def test_tokens_before_the_weights_and_at_most_45_mb(browser, server, site):
    seen = Seen(browser, server)
    held = []
    seen.context.route("**/layer-5.bin?*", lambda route: held.append(route))
    seen.page.goto(server)
    seen.page.locator(".chip", has_text="interest").wait_for()          # the tokens are there
    assert not seen.page.query_selector(DRAWN)
    for _ in range(500):
        if held:
            break
        seen.page.wait_for_timeout(20)
    seen.page.fill("#text", "zebra crossing")
    seen.page.locator(".chip", has_text="zebra").wait_for()             # at each key
    seen.page.fill("#text", SENTENCE)
    held[0].continue_()
    seen.page.wait_for_selector(DRAWN, state="attached")
    seen.page.wait_for_selector("#examples button")
    files = {re.split("[?#]", url.split("/live/")[1])[0] or "index.html"
             for url in seen.asked if "/live/" in url}
    assert sum((site / "live" / name).stat().st_size for name in files) < 45e6


def test_the_second_visit_needs_no_network(browser, server):
    seen = Seen(browser, server)
    page = seen.open()
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    before = page.text_content("#vector")
    seen.context.set_offline(True)
    page.reload()
    page.wait_for_selector(DRAWN, state="attached")
    assert page.text_content("#vector") == before
    seen.type("The bank raised its rates")                  # known words: no network needed
    page.fill("#text", "zygote xylophone")
    said = re.compile(r"words-\d+\.bin cannot be fetched")
    page.get_by_role("alert").filter(has_text=said).wait_for()
    assert not page.text_content("#vector") and not page.text_content("#equals")
    seen.context.set_offline(False)
    seen.type("zygote xylophones")


def refuse(answer, route):
    """Give this answer in place of the file."""
    route.fulfill(**answer)


@pytest.mark.parametrize("name", ["layer-3.bin", "words-045.bin", "vocabulary.txt"])
def test_a_file_that_is_not_the_right_one_is_refused_by_name(browser, server, name):
    for answer, said in [({"body": b"\0" * 64}, "its digest differs"),
                         ({"status": 404}, "cannot be fetched (404)")]:
        seen = Seen(browser, server)
        seen.context.route(f"**/{name}?*", functools.partial(refuse, answer))
        seen.page.goto(server)
        seen.page.get_by_role("alert").filter(has_text=said).wait_for()
        assert name in seen.page.text_content("#trouble")
        seen.context.close()


def test_a_new_edition_takes_over_and_keeps_what_did_not_change(browser, server, site):
    seen = Seen(browser, server)
    page, known = seen.open(), site / "live" / "weights" / "known.json"
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    manifest = known.with_name("manifest.json")
    before = known.read_bytes(), manifest.read_text("utf-8")
    try:
        data = json.loads(before[0]) | {"examples": ["a new example"]}
        known.write_text(json.dumps(data), "utf-8")
        files = json.loads(before[1])
        files["files"]["known.json"]["sha256"] = hashlib.sha256(known.read_bytes()).hexdigest()
        manifest.write_text(json.dumps(files), "utf-8")
        del seen.asked[:]
        page.reload()
        page.get_by_role("button", name="a new example").wait_for()
        page.wait_for_selector(DRAWN, state="attached")
        assert not [url for url in seen.asked if "layer" in url]
        seen.context.set_offline(True)
        page.reload()
        page.get_by_role("button", name="a new example").wait_for()
        page.wait_for_selector(DRAWN, state="attached")
    finally:
        known.write_bytes(before[0])
        manifest.write_text(before[1], "utf-8")


def test_typing_is_not_kept_waiting_by_a_slider(seen):
    page = seen.open("step=mask&pads=0")
    page.locator("#panel table").wait_for()
    for pads in range(33, 65):
        page.get_by_label("pads").evaluate("(one, pads) => { one.value = pads; one.dispatchEvent("
                                           "new Event('input', { bubbles: true })); }", pads)
        page.wait_for_timeout(10)
    page.get_by_text("64 pads").wait_for()
    sent = page.evaluate("performance.now()")
    seen.type("short")
    assert page.evaluate("performance.now()") - sent < 5_000            # two jobs, not 32


def test_opened_as_a_file_it_says_what_to_do(browser, site):
    page = still_context(browser).new_page()
    page.goto((site / "live" / "index.html").as_uri())
    assert page.get_by_text("python3 run.py site --serve").is_visible()


def test_what_offline_keeps_is_what_there_is():
    here = ROOT / "web" / "live"
    files = {path.relative_to(here).as_posix() for path in here.rglob("*") if path.is_file()}
    code = (here / "offline.js").read_text("utf-8")
    listed = re.search(r"FILES = (\[.*?\]);", code, re.DOTALL)[1]
    kept = {*re.findall(r'"([\w./-]+\.\w+)"', listed), *(f"views/{name}.js" for name in STEPS)}
    assert kept - {"weights/manifest.json"} == files - {"offline.js", "four.wat"}


def test_the_links_lead_to_notebooks():
    for path in (ROOT / "web" / "live" / "views").glob("*.js"):
        named = re.search(r"notebook: (\[\[.*\]\]),", path.read_text("utf-8"))[1]
        for number, stem in json.loads(named):
            assert (ROOT / "notebooks" / f"{stem}.ipynb").exists() and stem.startswith(number)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_read_it(browser, server, scheme):
    axe = needed("axe_playwright_python.sync_playwright", "browser").Axe()
    for width in (1400, 390):
        seen = Seen(browser, server, color_scheme=scheme, bypass_csp=True,
                    viewport={"width": width, "height": 800})
        for step in STEPS:
            page = seen.open(f"step={step}")
            page.wait_for_timeout(100)
            found = axe.run(page).response["violations"]
            assert not [(one["id"], one["nodes"][0]["html"][:120]) for one in found], step
            assert page.evaluate("document.documentElement.scrollWidth") <= width, step
        assert not seen.wrong
        seen.context.close()
