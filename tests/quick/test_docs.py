"""docs/: the guide and the glossary cite what is there; the answers to the tests are recomputed."""
import importlib.util
import pathlib
import re
import tomllib

import nbformat
import pytest

ROOT = pathlib.Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "teaching.md").read_text("utf-8")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
NOTEBOOKS = {path.name[:2]: path for path in sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))}
ROWS = re.findall(r"^\| \[(\d\d)_[^|]*\|[^|]*\| *(\d+) *\|", README, re.M)
MINUTES = {number: int(minutes) for number, minutes in ROWS}


def prose(path):
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def sections(path):
    """Headings of a notebook, each with the text under it; the exercises by their number."""
    parts = re.split(r"^## (.*)$", prose(path), flags=re.M)
    found = dict(zip(parts[1::2], parts[2::2], strict=True))
    exercises = re.findall(r"^\*\*(\d)\.\*\*", found["Exercises"], re.M)
    return found | {f"exercise {number}": "" for number in exercises}


@pytest.fixture(scope="module")
def run():
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_link_leads_somewhere():
    targets = {*re.findall(r"\]\(([^)]+)\)", GUIDE), *re.findall(r"\]\(([^)]+)\)", GLOSSARY)}
    ours = sorted(target for target in targets if not target.startswith("https://"))
    assert [target for target in ours if not (ROOT / "docs" / target).exists()] == []


# The teaching guide

def test_the_guide_cites_sections_and_exercises_that_exist():
    cited = [(place[1], GUIDE[place.end():]) for place in re.finditer(r"(\d\d) › ", GUIDE)]
    assert len(cited) > 40
    for number, rest in cited:
        known = sections(NOTEBOOKS[number])
        heading = max((name for name in known if rest.startswith(name)), key=len, default=None)
        assert heading, f"notebook {number} has no section or exercise {rest[:60]!r}"
        after = rest[len(heading):]
        ends = re.match(r"[;,.]| \||\n| and | \(predict\)", after)
        assert ends, f"notebook {number}: {rest[:80]!r}"
        if after.startswith(" (predict)"):
            asks = "Predict first" in known[heading]
            assert asks, f"notebook {number}, {heading}: nothing to predict"


def plan(name):
    """The rows of a plan: [(first minute, last minute, what to do), ...]."""
    part = re.search(rf"^### {name}:.*?(?=^#)", GUIDE, re.M | re.S)[0]
    rows = re.findall(r"^\| (\d+)–(\d+) \| (.*) \|$", part, re.M)
    return [(int(a), int(b), what) for a, b, what in rows]


PLANS = [("45 minutes", 45), ("90 minutes", 90), ("A day", 420)]


@pytest.mark.parametrize("name, length", PLANS)
def test_a_plan_has_no_gap_and_gives_no_notebook_more_than_the_readme(name, length):
    rows = plan(name)
    assert [a for a, _, _ in rows] == [0, *(b for _, b, _ in rows[:-1])] and rows[-1][1] == length
    spent = {}
    for a, b, what in rows:
        assert b > a
        for number in set(re.findall(r"\b(\d\d)(?: ›|, w)", what)):
            spent[number] = spent.get(number, 0) + b - a
    assert len(spent) >= 5
    assert all(minutes <= MINUTES[number] for number, minutes in spent.items()), spent


def test_minutes_are_the_readmes_and_the_notebooks():
    assert set(MINUTES) == set(NOTEBOOKS)
    for number, path in NOTEBOOKS.items():
        minutes = int(re.search(r"\*\*Time\*\* (\d+) minutes", prose(path))[1])
        assert minutes == MINUTES[number], path.name
    walkthrough = sum(minutes for number, minutes in MINUTES.items() if number <= "07")
    assert f"00 to 07 take {walkthrough} minutes" in GUIDE


def test_the_guides_commands_are_run_pys(run, capsys):
    for word in set(re.findall(r"run\.py ([a-z]\w*)", GUIDE)):
        assert run.main([word, "--help"]) == 0, word
    assert f"--extra-index-url {run.CPU_TORCH}`" in GUIDE


def test_the_stick_holds_what_run_py_installs():
    source = (ROOT / "run.py").read_text("utf-8")
    extras = re.search(r'install\("-e", f"\{ROOT\}(\[.*?\])"\)', source)[1]
    assert f'pip download -d wheels -c constraints.txt torch setuptools ".{extras}"' in GUIDE
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    builds = [re.match(r"\w+", need)[0] for need in needs]
    assert builds == ["setuptools"], "what builds the package goes on the stick"
    assert "wheels/" in (ROOT / ".gitignore").read_text("utf-8").split()


def test_what_a_laptop_needs():
    from helpers.models.find import identities
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    laptop = r"A laptop needs Python ([\d.]+) or later, ([\d.]+) GB of disk"
    python, disk = re.search(laptop, GUIDE).groups()
    assert f">={python}" == project["requires-python"]
    source = (ROOT / "run.py").read_text("utf-8")
    assert float(disk) >= float(re.search(r"about ([\d.]+) GB are needed", source)[1])
    size = sum(size for size, _ in identities()["bge-m3"]["files"].values())
    assert f"bge-m3's download ({size / 1e9:.1f} GB:" in GUIDE


# The pre-test and the post-test

def items(part):
    """The ten points of a list in the guide: {number: text}."""
    found = {int(number): text for number, text in re.findall(r"^(\d+)\. (.*)$", part, re.M)}
    assert list(found) == list(range(1, 11))
    return found


def asked(name):
    return items(re.search(rf"^### {name}\n(.*?)(?=^### )", GUIDE, re.M | re.S)[1])


def answered(name):
    return items(re.search(rf"<summary>{name}</summary>(.*?)</details>", GUIDE, re.S)[1])


PRE, PRE_ANSWERS = asked("Pre-test"), answered("Pre-test")
POST, POST_ANSWERS = asked("Post-test"), answered("Post-test")


def numbers(text):
    return [int(n) for n in re.findall(r"(?<![\w.])\d+(?![\w.]*\d)", text)]


def pairs(text):
    return [[float(x), float(y)] for x, y in re.findall(r"\((-?\d+), (-?\d+)\)", text)]


def as_words(vector):
    return "(" + ", ".join(f"{x:g}" for x in vector) + ")"


def in_code(text):
    return re.findall(r"`([^`]*)`", text)


@pytest.fixture(scope="module")
def minilm():
    """Tokenizer and model: the answers are about the embedded one."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    from helpers import model_dir
    folder = model_dir("all-MiniLM-L6-v2")
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    return AutoTokenizer.from_pretrained(folder), model


def test_every_answer_names_the_notebook_that_teaches_it():
    for answers in (PRE_ANSWERS, POST_ANSWERS):
        links = re.findall(r"\[(\d\d)\]\(\.\./notebooks/\1_", "\n".join(answers.values()))
        taught = set(links)
        assert taught == {f"{i:02d}" for i in range(8)}
        assert all(re.search(r"\(\[\d\d\].*\)$", answer) for answer in answers.values())
    assert not set(PRE.values()) & set(POST.values())


def test_answers_about_shapes():
    import torch
    B, D, T = 3, *numbers(PRE[1])
    hidden = torch.zeros(B, T, D)
    assert PRE[1].startswith("Three texts")
    assert PRE_ANSWERS[1].startswith(f"`{tuple(hidden.shape)}`; `{tuple(hidden[:, 0].shape)}`.")
    hidden = torch.zeros(*map(int, re.search(r"shape \((\d+), (\d+), (\d+)\)", POST[1]).groups()))
    blended, per_text = (tuple(hidden.mean(dim=dim).shape) for dim in (0, 1))
    assert POST_ANSWERS[1].startswith(f"`{blended}` and `{per_text}`; the second.")
    assert per_text[0] == len(hidden)


def test_answers_about_a_str_in_place_of_a_list():
    from langchain_huggingface import HuggingFaceEmbeddings
    from numpy import zeros

    class Spy:
        def encode(self, texts, **options):
            return zeros((len(texts), 3))

    embeddings = HuggingFaceEmbeddings.model_construct(
        multi_process=False, show_progress=False, encode_kwargs={})
    embeddings._client = Spy()
    text = re.search(r'embed_documents\("(\w+)"\)', PRE[2])[1]
    assert PRE_ANSWERS[2].startswith(f"{len(embeddings.embed_documents(text))} vectors:")
    text = in_code(POST[2])[-1]
    assert POST_ANSWERS[2].startswith(f"{len(embeddings.embed_documents(text))} vectors:")


def test_answers_about_tokens(minilm):
    tokenizer, _ = minilm
    word = in_code(PRE[3])[0]
    assert len(tokenizer.tokenize(word)) == 4 and "four pieces" in PRE[3]
    assert PRE_ANSWERS[3].startswith(f"{len(tokenizer(word)['input_ids'])}:")
    limit, = numbers(POST[3])
    cut = tokenizer("a long text " * 20, truncation=True, max_length=limit,
                    return_special_tokens_mask=True)
    assert POST_ANSWERS[3].startswith(f"{cut['special_tokens_mask'].count(0)}:")


def test_answers_about_texts_with_the_same_ids(minilm):
    tokenizer, _ = minilm
    one, other = in_code(PRE[4])
    assert tokenizer(one)["input_ids"] == tokenizer(other)["input_ids"]
    assert PRE_ANSWERS[4].startswith("Yes")
    capitals, small, word, same_word = in_code(POST[4])
    assert word == same_word and POST_ANSWERS[4].startswith("Both")
    assert tokenizer(capitals)["input_ids"] == tokenizer(small)["input_ids"]
    assert tokenizer(word)["input_ids"] == tokenizer(word + " ")["input_ids"]


def test_answers_about_context(minilm):
    import torch
    tokenizer, model = minilm
    vectors, ids = [], []
    for sentence in in_code(PRE[5])[:2]:
        tokens = tokenizer(sentence, return_tensors="pt")
        place = tokens.char_to_token(sentence.index("bank"))
        ids.append(tokens["input_ids"][0, place].item())
        vectors.append(model(**tokens).last_hidden_state[0, place])
    assert ids[0] == ids[1] and (vectors[0] - vectors[1]).abs().max() > 1e-3
    assert PRE_ANSWERS[5].startswith("The id is the same; the vector is not:")
    one, other = (tokenizer(sentence, return_tensors="pt") for sentence in in_code(POST[5]))
    assert sorted(one["input_ids"][0].tolist()) == sorted(other["input_ids"][0].tolist())
    means = [model(**tokens).last_hidden_state.mean(dim=1) for tokens in (one, other)]
    cosine = torch.cosine_similarity(*means).item()
    assert POST_ANSWERS[5].startswith(f"No: their cosine is {cosine:.2f}.")


@pytest.mark.parametrize("question, answer", [
    pytest.param(PRE[6], PRE_ANSWERS[6], id="pre"),
    pytest.param(POST[6], POST_ANSWERS[6], id="post")])
def test_answers_about_the_masked_mean(question, answer):
    import torch

    from helpers import mean_pool
    places = torch.tensor([pairs(question)])                # (1, T, 2), the last is padding
    mask = torch.ones(places.shape[:2], dtype=torch.long)
    counted = mean_pool(places, mask)[0].tolist()
    mask[0, -1] = 0
    right = mean_pool(places, mask)[0].tolist()
    assert answer.startswith(f"{as_words(right)}; with the padding {as_words(counted)}.")


def test_answers_about_rounding():
    rule = ("Not both in fp32? Compute both in fp32 first. Then: under 10⁻⁵, take it for rounding; "
            "over it, look for the bug.")
    assert prose(NOTEBOOKS["04"]).count(rule) == 2              # where it is found, and the recap
    small, large = (float(x) for x in re.findall(r"0\.\d+", PRE[7]))
    assert small < 1e-6 and large > 1e-2
    assert PRE_ANSWERS[7].startswith(f"{small:.8f} is rounding; {large} is another computation")
    assert 1e-4 < float(re.search(r"0\.\d+", POST[7])[0]) < 1e-2
    assert "under 10⁻⁵, take it for rounding" in POST_ANSWERS[7]


def test_answers_about_pooling():
    import torch

    from helpers import max_pool, model_dir
    assert pathlib.Path(model_dir("all-MiniLM-L6-v2"), in_code(PRE_ANSWERS[8])[0]).exists()
    real = [-float(n) for n in re.findall(r"−(\d)", POST[8])]
    hidden = torch.tensor([[[n] for n in (*real, 7.0)]])    # (1, T, 1), the last is padding
    mask = torch.tensor([[1] * len(real) + [0]])            # (1, T)
    right, wrong = max_pool(hidden, mask).item(), (hidden * mask.unsqueeze(-1)).amax().item()
    assert POST_ANSWERS[8].startswith(f"−{-right:g}; with padding as 0 it gives {wrong:g}.")


def test_answers_about_length():
    import torch

    from helpers import normalize
    vector = torch.tensor(pairs(PRE[9]))
    assert PRE_ANSWERS[9].startswith(f"{as_words(normalize(vector)[0].tolist())};")
    assert PRE_ANSWERS[9].partition(" (")[0].endswith(f"was {vector.norm():g}.")
    cosine = float(re.search(r"cosine (0\.\d+)", POST[9])[1])
    a, b = torch.tensor([1.0, 0.0]), torch.tensor([cosine, (1 - cosine ** 2) ** 0.5])
    assert POST_ANSWERS[9].startswith(f"{(a - b).norm():g}, since 1 − d²/2 = {cosine};")


def test_answers_about_what_one_text_proves(minilm):
    import torch

    from helpers import mean_pool
    told = re.search(r"texts of (\d+), (\d+) and (\d+) tokens", POST[10]).groups()
    counts = torch.tensor([int(n) for n in told])                               # (B,)
    mask = (torch.arange(counts.max()) < counts[:, None]).long()                # (B, T)
    seed = torch.Generator().manual_seed(0)
    ids = torch.randint(1000, 2000, mask.shape, generator=seed) * mask          # (B, T)
    _, model = minilm
    with torch.no_grad():
        right, wrong = (mean_pool(model(ids, attention_mask=m).last_hidden_state, m)
                        for m in (mask, torch.ones_like(mask)))                 # (B, D) each
    still = counts[(right - wrong).abs().amax(dim=1) < 1e-5].tolist()
    assert len(still) == 2 and len(set(still)) == 1
    assert POST_ANSWERS[10].startswith(f"The two with {still[0]} tokens:")


# The glossary

ENTRIES = re.findall(r"^- \*\*(.+?)\*\*: (.+) \[(\d\d)\]\(\.\./notebooks/(\S+?)\)$", GLOSSARY, re.M)


def test_the_glossary_is_in_order_and_whole():
    assert len(ENTRIES) == len(re.findall(r"^- ", GLOSSARY, re.M)) > 40
    terms = [term.casefold() for term, *_ in ENTRIES]
    assert terms == sorted(set(terms))
    assert {number for _, _, number, _ in ENTRIES} >= set(NOTEBOOKS)
    for term, meaning, number, name in ENTRIES:
        assert name.startswith(number) and meaning.endswith(".") and meaning.count(". ") <= 3, term


@pytest.mark.parametrize("term, name", [pytest.param(term, name, id=term)
                                        for term, _, _, name in ENTRIES])
def test_a_term_stands_in_its_notebook(term, name):
    cells = nbformat.read(ROOT / "notebooks" / name, as_version=4).cells
    words = "\n".join(cell.source for cell in cells).casefold().replace("_", " ")
    for form in re.findall(r"[^()]+", term.casefold().replace("_", " ")):
        form = form.strip()
        assert re.search(rf"(?<!\w){re.escape(form)}", words), f"{name} never says {form!r}"


@pytest.mark.parametrize("number", [f"{i:02d}" for i in range(13)])
def test_every_section_has_its_speaker_note(number):
    """Minutes, a question for the class and the wrong answer to expect; the minutes add up."""
    path = NOTEBOOKS[number]
    spoken = (ROOT / "docs" / "speaker_notes.md").read_text("utf-8")
    part = re.search(rf"(?ms)^## {path.stem}\n(.*?)(?=^## |\Z)", spoken)[1]
    notes = dict(re.findall(r"(?ms)^### (.*?)\n(.*?)(?=^### |\Z)", part))
    sections = re.findall(r"(?m)^## (.*)", prose(path))
    sections.remove("Setup")
    assert list(notes) == ["Opening", *sections]
    assert all("**Ask:** " in note and "**They get wrong:** " in note for note in notes.values())
    minutes = [int(re.match(r"\*(\d+) minutes?\.\*", note)[1]) for note in notes.values()]
    assert sum(minutes) == MINUTES[number]
