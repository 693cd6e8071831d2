"""tools/mutants.py: what it asks of mutmut, what it reads of it, what it makes of the result."""
import importlib.util
import pathlib
import sys
import tomllib

import mutants
import pytest

ROOT = pathlib.Path(__file__).parents[2]

# As mutmut writes a file: each function, then itself under another name, then its mutants.
GENERATED = """
@_mutmut_mutated(mutants_x__clip__mutmut)
def _clip(x, low):
    if x < low:
        raise ValueError(f'{x} is' ' below the limit')
    return x
def x__clip__mutmut_orig(x, low):
    if x < low:
        raise ValueError(f'{x} is' ' below the limit')
    return x
def x__clip__mutmut_1(x, low):
    if x <= low:
        raise ValueError(f'{x} is' ' below the limit')
    return x
def x__clip__mutmut_2(x, low):
    if x < low:
        raise ValueError(f'{x} is' 'XX below the limitXX')
    return x
def x__clip__mutmut_3(x, low):
    if x < low:
        raise ValueError(None)
    return x
class Box:
    def xǁBoxǁkey__mutmut_orig(self):
        return self.table['a']
    def xǁBoxǁkey__mutmut_1(self):
        return self.table['A']
"""
TOY = """
import functools

@functools.cache
def smaller(a, b):
    if a < b:
        return a
    return b

def size(n):
    if n < 0:
        raise ValueError("a size is not below 0")
    return 2 * n
"""
PART = """
[toy]
file = "helpers/toy.py"
tests = ["tests/quick/test_toy.py"]
"""
TEST = """
import pytest
from helpers.toy import size, smaller

def test_smaller():
    assert smaller(1, 2) == smaller(2, 1) == 1

def test_size():
    assert size(3) == 6
    with pytest.raises(ValueError, match="not below 0"):
        size(-1)
"""


def test_mutants_are_read_with_their_place_and_what_is_of_wording_alone():
    found = mutants.mutants("helpers/toy.py", GENERATED)
    assert [(one.name, one.function, one.wording) for one in found] == [
        ("helpers.toy.x__clip__mutmut_1", "helpers.toy._clip", False),
        ("helpers.toy.x__clip__mutmut_2", "helpers.toy._clip", True),
        ("helpers.toy.x__clip__mutmut_3", "helpers.toy._clip", False),
        ("helpers.toy.xǁBoxǁkey__mutmut_1", "helpers.toy.Box.key", False)], "a key is no wording"
    assert (found[0].was, found[0].now) == ("if x < low:", "if x <= low:")
    assert (found[3].was, found[3].now) == ("return self.table['a']", "return self.table['A']")


def test_a_decorated_function_is_one_that_mutmut_takes_and_does_the_same():
    source = ("def add(word):\n    return lambda f: lambda *a: f(*a) + word\n\n"
              "@add('1')\n@add(\n    '2')\ndef one():\n    return '3'\n\n"
              "class Two:\n    @property\n    def name(self):\n        return 'two'\n\n"
              "    def plain(self):\n        return self.name\n\nlast = one()\n")
    before, after, plain = {}, {}, mutants.undecorated(source)
    exec(source, before)
    exec(plain, after)
    assert "@" not in plain and before["last"] == after["last"] == "321"
    assert before["Two"]().plain() == after["Two"]().plain() == after["Two"]().name == "two"


def test_the_report_counts_what_can_be_killed_and_names_what_is_not_as_listed():
    made = [mutants.Mutant(f"m.x_f__mutmut_{i}", "m.f", f"a{i}", f"b{i}", False) for i in range(6)]
    status = ["killed", "timeout", "survived", "no tests", "survived", "segfault"]
    ended = {one.name: how for one, how in zip(made, status, strict=True)}
    listed = [{"function": "m.f", "was": f"a{i}", "now": f"b{i}", "reason": "x"} for i in (0, 4, 9)]
    text, share = mutants.report(made, ended, listed)
    assert share == 3 / 5
    assert text.startswith("6 run: 3 killed (1 of them by a time limit), 1 equivalent, "
                           "2 survived: 60.0% of those that can be killed\n")
    assert "\nm.f (2, survived)\n- a2\n+ b2\n" in text and "\nm.f (3, no tests)\n- a3" in text
    assert "a4" not in text and "a1" not in text
    assert "listed as equivalent, but a test kills it: m.f: b0" in text
    assert "listed as equivalent, but it is no longer made: m.f: b9" in text
    assert "no longer" not in mutants.report(made, ended, listed, whole=False)[0], "not chosen"
    assert mutants.report([], {}, [])[1] == 0, "nothing killed proves nothing"


def test_a_sample_is_always_the_same_and_of_its_size():
    made = list(range(100))
    assert mutants.sample(made, 10) == mutants.sample(made, 10) != made[:10]
    assert len(set(mutants.sample(made, 10))) == 10
    assert mutants.sample(made) == mutants.sample(made, 100) == mutants.sample(made, 500) == made


@pytest.mark.parametrize("words", [[], ["poling"], ["pooling", "ten"]])
def test_without_a_part_it_names_them(words):
    assert "name one of pooling, proof, " in mutants.main(words)


def test_every_part_is_a_file_with_tests_of_behaviour_and_reasons():
    parts = tomllib.loads((ROOT / "tools" / "mutants.toml").read_text("utf-8"))
    for part in parts.values():
        assert part.keys() <= {"file", "tests", "without", "equivalent"}
        assert (ROOT / part["file"]).is_file() and part["tests"]
        assert all((ROOT / test.partition("::")[0]).is_file() for test in part["tests"])
        assert "tests/quick/test_notebooks.py" not in part["tests"], "it compares sources"
        for test in part.get("without", []):
            file, name = test.split("::")
            assert f"def {name}(" in (ROOT / file).read_text("utf-8"), test
        module = part["file"].removesuffix(".py").replace("/", ".")
        for one in part.get("equivalent", []):
            assert one.keys() == {"function", "was", "now", "reason"} and len(one["reason"]) > 10
            assert one["function"].startswith(f"{module}.") and one["was"] != one["now"]


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A project of two functions and their tests, which the tool takes for this one."""
    for name, text in {"helpers/__init__.py": "", "helpers/toy.py": TOY, "pyproject.toml": "",
                       "tests/quick/test_toy.py": TEST,
                       "tools/mutants.py": pathlib.Path(mutants.__file__).read_text("utf-8"),
                       "tools/mutants.toml": PART}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")       # the toy needs none: quicker
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize("alive, status", [(1, 0), (2, 1)])
def test_the_exit_status_says_whether_nine_of_ten_are_killed(toy, monkeypatch, alive, status):
    made = [mutants.Mutant(f"m.x_f__mutmut_{i}", "m.f", "a", f"b{i}", False) for i in range(10)]
    monkeypatch.setattr(mutants, "prepare", lambda work, part: made)
    monkeypatch.setattr(mutants, "run_mutmut", lambda work, chosen: {
        one.name: "survived" if i < alive else "killed" for i, one in enumerate(chosen)})
    assert mutants.main(["toy"]) == status


def test_what_was_not_reached_in_time_is_told_and_counts_for_nothing(toy, monkeypatch, capsys):
    made = [mutants.Mutant(f"m.x_f__mutmut_{i}", "m.f", "a", f"b{i}", i == 9) for i in range(10)]
    monkeypatch.setattr(mutants, "prepare", lambda work, part: made)
    monkeypatch.setattr(mutants, "run_mutmut", lambda work, chosen: {
        one.name: "killed" for one in chosen[:4]})
    assert mutants.main(["toy"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == ["helpers/toy.py: 10 mutants, 1 of them of wording",
                        "5 were not reached in 480 seconds"]
    assert said[2].startswith("4 run: 4 killed")


@pytest.mark.skipif(not importlib.util.find_spec("mutmut") or sys.platform == "win32",
                    reason="mutmut is installed with the extra `mutants`, and needs fork")
def test_what_the_tests_of_a_toy_do_not_see_is_printed(toy, capsys):
    """`a <= b` does what `a < b` does there; that 0 is a size, and 0.5 none, no test says."""
    assert mutants.main(["toy"]) == 1
    said = capsys.readouterr().out
    assert "- if a < b:\n+ if a <= b:" in said and "- if n < 0:\n+ if n <= 0:" in said
    assert "- if n < 0:\n+ if n < 1:" in said and "helpers.toy.smaller" in said
    assert "return 2" not in said and "a size is not below" not in said
