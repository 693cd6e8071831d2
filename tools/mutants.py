"""Which small changes to a part of the code no test notices: mutmut's, killed by tests or not.

    python3 run.py mutants pooling          the parts are those of PARTS below
    python3 run.py mutants run 200          200 of its mutants, always the same ones

A mutant is the code with one change (`<` for `<=`, an argument left out, None for a result). It is
killed when a test fails with it. The share of killed ones must be 90 %: a survivor needs a test, or
a place with its reason in equivalent_mutants.toml, if it does what the code does.

mutmut, since all mutants of a file lie in one import: each costs a fork and its tests, 0.1 to 2
seconds, where cosmic-ray starts Python, torch and pytest for each (10 seconds); and since it also
takes arguments away and changes strings. It needs fork: Linux or macOS. It leaves out constants of
a module; that only the wording of a message changes (a text with a space in it) is not counted, as
tests hold a message's important words and not its letters.
"""
import ast
import contextlib
import copy
import difflib
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[1]
SHARE = 0.9                                             # of the mutants that a test can kill
COPIED = ("helpers", "tests", "tools", "benchmarks", "web", "notebooks", "run.py",
          "constraints.txt", "pyproject.toml")
ON_PATH = ("", "tests", "tools")                        # of the copy that the tests import from
# part -> its file, and the test files that hold its behaviour (in tests/)
PARTS = {
    "pooling": ("helpers/pooling.py", ["quick/test_pooling.py"]),
    "proof": ("helpers/proof.py", ["quick/test_proof.py"]),
    "trace": ("helpers/diagnosis/trace.py", ["quick/test_diagnose.py"]),
    "bge_m3": ("helpers/encoder/bge_m3.py", ["quick/test_bge_m3.py"]),
    "copies": ("helpers/models/find.py", ["quick/test_download.py", "quick/test_folders.py",
                                          "quick/test_proof.py"]),
    "run": ("run.py", ["quick/test_run.py"]),
    "folder": ("helpers/models/folder.py", ["quick/test_folders.py", "quick/test_tokenizer.py"]),
    "encoder": ("helpers/encoder/encoder.py", ["quick/test_encoder.py", "quick/test_forward.py"]),
    "checks": ("helpers/encoder/checks.py", ["quick/test_encoder.py"]),
    "diagnosis": ("helpers/diagnosis/search.py", ["quick/test_diagnose.py"]),
}
# Tests that copy or start the source itself, which is not the source here.
ELSEWHERE = ["quick/test_run.py::test_run_py_needs_the_standard_library_only",
             "quick/test_run.py::test_ctrl_c_ends_without_a_traceback"]


class Mutant(NamedTuple):
    """One change: mutmut's name for it, where it is, and the statements before and after."""
    name: str
    function: str
    was: str
    now: str
    wording: bool           # only the words of a message differ


def main(words):
    if not words or words[0] not in PARTS or not all(word.isdigit() for word in words[1:]):
        return f"run.py mutants: name one of {', '.join(PARTS)}, and perhaps how many mutants"
    file, tests = PARTS[words[0]]
    listed = tomllib.loads((ROOT / "tools" / "equivalent_mutants.toml").read_text("utf-8"))
    with tempfile.TemporaryDirectory(prefix="mutants-") as work, contextlib.chdir(work):
        made = prepare(pathlib.Path(work), file, [f"tests/{test}" for test in tests])
        chosen = sample([one for one in made if not one.wording], *map(int, words[1:]))
        ended = run_mutmut(pathlib.Path(work), chosen)
    print(f"{file}: {len(made)} mutants, {sum(one.wording for one in made)} of them of wording")
    text, share = report(chosen, ended, listed.get(words[0], []), whole=len(words) == 1)
    print(text)
    return 0 if share >= SHARE else 1


def prepare(work, file, tests):
    """Lay out a copy of the project in which mutmut changes one file: -> list of Mutant."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, work / name,
                            ignore=shutil.ignore_patterns("__pycache__", ".*"))
        elif source.exists():
            shutil.copy2(source, work / name)
    for name in ON_PATH:                                # before Python looks for them
        (work / "mutants" / name).mkdir(parents=True, exist_ok=True)
    options = ["-o", "addopts=", "-p", "no:cacheprovider", "-p", "mutants",
               *(word for test in ELSEWHERE for word in ("--deselect", f"tests/{test}"))]
    settings = {"source_paths": [file], "also_copy": [n for n in COPIED if (work / n).exists()],
                "pytest_add_cli_args": options, "pytest_add_cli_args_test_selection": tests,
                "timeout_constant": 15.0, "timeout_multiplier": 3.0,     # at least 45 s
                "debug": True, "use_git_change_detection": False}
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    with open(work / "pyproject.toml", "a", encoding="utf-8") as project:
        project.write("\n".join(["\n[tool.mutmut]", *lines, ""]))
    plain = undecorated((work / file).read_text("utf-8"))
    (work / file).write_text(plain, "utf-8")
    from mutmut.mutation.file_mutation import mutate_file_contents
    return mutants(file, mutate_file_contents(file, plain).code)


def undecorated(source):
    """The source with `@d` above a function as `f = d(f)` below it: mutmut leaves out the first."""
    tree, lines = ast.parse(source), source.splitlines()
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    functions = [node for body in (tree, *classes) for node in body.body
                 if isinstance(node, ast.FunctionDef) and node.decorator_list]
    for node in sorted(functions, key=lambda node: node.lineno, reverse=True):
        value = node.name
        for decorator in reversed(node.decorator_list):
            value = f"{ast.unparse(decorator)}({value})"
        lines.insert(node.end_lineno, f"{' ' * node.col_offset}{node.name} = {value}")
        del lines[node.decorator_list[0].lineno - 1:node.lineno - 1]
    return "\n".join(lines) + "\n"


def mutants(file, code):
    """What mutmut made of a file, each function followed by its changed copies: -> [Mutant]."""
    module = file.removesuffix(".py").replace("/", ".")
    found, unchanged = [], None
    for node in ast.walk(ast.parse(code)):
        form = isinstance(node, ast.FunctionDef) and re.fullmatch(
            r"xǁ?_?(.+)__mutmut_(orig|\d+)", node.name)
        if not form:
            continue
        name, node.name = node.name, form[1].replace("ǁ", ".")
        if form[2] == "orig":
            unchanged = node
            continue
        diff = list(difflib.ndiff(*(ast.unparse(one).splitlines() for one in (unchanged, node))))
        was, now = ("\n".join(line[2:].strip() for line in diff if line[0] == sign)
                    for sign in "-+")
        found.append(Mutant(f"{module}.{name}", f"{module}.{node.name}", was, now,
                            wordless(unchanged) == wordless(node)))
    return found


def wordless(function):
    """A function's syntax without the text of its sentences: of a str that has a space."""
    tree = copy.deepcopy(function)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            node.value = ""
    return ast.dump(tree)


def sample(made, size=None):
    """So many of the mutants, chosen by a fixed seed; all, if there are no more."""
    few = size is not None and size < len(made)
    return random.Random(0).sample(made, size) if few else made


def run_mutmut(work, chosen):
    """Run the tests on each mutant: -> {name: "killed", "survived", "timeout" ...}."""
    paths = [work / "mutants" / name for name in ON_PATH]
    own = {"PYTHONPATH": os.pathsep.join(map(str, paths)), "PIP_NO_INDEX": "1",
           "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1",
           "XDG_CACHE_HOME": str(work / "cache"),       # a wrong digest stays in here
           "TMPDIR": str(work)}
    mutmut = [sys.executable, "-c", "from mutmut.__main__ import cli; cli()"]
    names = [one.name for one in chosen]
    log = work / "log"
    with open(log, "w") as out:
        done = subprocess.run([*mutmut, "run", "--max-children", "2", *names], env=os.environ | own,
                              stdout=out, stderr=subprocess.STDOUT)
    if done.returncode:
        said = re.sub(r"\n. (Generating|Running|Listing) .*(?=\n)", "", log.read_text())
        sys.exit(f"{said[-4000:]}\nrun.py mutants: mutmut stopped: its lines above say why")
    listed = subprocess.run([*mutmut, "results", "--all", "true"], env=os.environ | own,
                            capture_output=True, text=True, check=True).stdout
    every = dict(line.strip().split(": ") for line in listed.splitlines() if ": " in line)
    return {name: every[name] for name in names}


def report(chosen, ended, listed, whole=True):
    """What came of the mutants: -> (text, the share of killed among those that can be).

    `listed`: the part's table in equivalent_mutants.toml. `whole`: nothing was left to chance, so
    that one that is listed and was not made is told.
    """
    known = {(one["function"], one["was"], one["now"]): one["reason"] for one in listed}
    alive = [one for one in chosen if ended[one.name] in ("survived", "no tests")]
    same = [one for one in alive if one[1:4] in known]
    rest = [one for one in alive if one[1:4] not in known]
    killed = len(chosen) - len(alive)
    share = killed / max(killed + len(rest), 1)
    late = sum(ended[one.name] == "timeout" for one in chosen)
    lines = [f"{len(chosen)} run: {killed} killed ({late} of them by a time limit), {len(same)} "
             f"equivalent, {len(rest)} survived: {share:.1%} of those that can be killed"]
    for one in rest:
        lines += [f"\n{one.function} ({one.name.rpartition('_')[2]}, {ended[one.name]})",
                  *(f"- {line}" for line in one.was.splitlines()),
                  *(f"+ {line}" for line in one.now.splitlines())]
    made, alive = {one[1:4] for one in chosen}, {one[1:4] for one in alive}
    for key in known:
        if key in made - alive or (whole and key not in made):
            what = "a test kills it" if key in made else "it is no longer made"
            lines.append(f"\nlisted as equivalent, but {what}: {key[0]}: {key[2] or key[1]}")
    return "\n".join(lines), share


def pytest_collection_modifyitems(items):
    """As a plugin of the tests above: the quickest first, since the first that fails ends it."""
    stats = pathlib.Path("mutmut-stats.json")
    seconds = json.loads(stats.read_text())["duration_by_test"] if stats.exists() else {}
    items.sort(key=lambda item: seconds.get(item.nodeid, 0))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
