"""Which small changes to a part of the code no test notices: mutmut's, killed by tests or not.

    python3 run.py mutants pooling          the parts, and the tests of each, are in mutants.toml
    python3 run.py mutants run 200          200 of its mutants, always the same ones

A mutant is the code with one change (`<` for `<=`, an argument left out, None for a result). It is
killed when a test fails with it. 90 % must be: a survivor needs a test, or, if it does what the
code does, a place with its reason in mutants.toml. Constants of a module are not changed. What only
changes a message's wording (a text with a space) is left out: tests hold its important words.

mutmut, as all mutants of a file lie in one import: each costs a fork and its tests (0.1 s), where
cosmic-ray starts Python, torch and pytest for each (10 s). It needs fork: Linux or macOS.
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
import signal
import subprocess
import sys
import tempfile
import tomllib
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[1]
SHARE = 0.9                                             # of the mutants that a test can kill
LIMIT = 480                                             # seconds
ALIVE = ("survived", "no tests")                        # mutmut's words
ENDS = (*ALIVE, "killed", "timeout", "segfault", "suspicious")
NOT_COPIED = (".*", "__pycache__", "build", "wheels")
ON_PATH = ("", "tests", "tools")                        # of the copy that the tests import from


class Mutant(NamedTuple):
    """One change: mutmut's name for it, where it is, and the statements before and after."""
    name: str
    function: str
    was: str
    now: str
    wording: bool           # only the words of a message differ


def main(words):
    parts = tomllib.loads((ROOT / "tools" / "mutants.toml").read_text("utf-8"))
    if not words or words[0] not in parts or not all(word.isdigit() for word in words[1:]):
        return f"run.py mutants: name one of {', '.join(parts)}, and perhaps how many mutants"
    part = parts[words[0]]
    with tempfile.TemporaryDirectory(prefix="mutants-") as work, contextlib.chdir(work):
        made = prepare(pathlib.Path(work), part)
        chosen = sample([one for one in made if not one.wording], *map(int, words[1:]))
        ended = run_mutmut(pathlib.Path(work), chosen)
    wording = sum(one.wording for one in made)
    print(f"{part['file']}: {len(made)} mutants, {wording} of them of wording")
    if len(ended) < len(chosen):
        print(f"{len(chosen) - len(ended)} were not reached in {LIMIT} seconds")
    ran = [one for one in chosen if one.name in ended]
    whole = len(ran) + wording == len(made)
    text, share = report(ran, ended, part.get("equivalent", []), whole)
    print(text)
    return 0 if share >= SHARE else 1


def prepare(work, part):
    """Lay out a copy of the project in which mutmut changes one file: -> list of Mutant."""
    shutil.copytree(ROOT, work, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*NOT_COPIED))
    everything = sorted(path.name for path in work.iterdir())
    for name in ON_PATH:                                # before Python looks for them
        (work / "mutants" / name).mkdir(parents=True, exist_ok=True)
    options = ["-o", "addopts=", "-p", "no:cacheprovider", "-p", "mutants",
               *(word for test in part.get("without", []) for word in ("--deselect", test))]
    settings = {"source_paths": [part["file"]], "pytest_add_cli_args": options,
                "pytest_add_cli_args_test_selection": part["tests"],
                "also_copy": everything,
                "timeout_constant": 15.0, "timeout_multiplier": 3.0,     # at least 45 s
                "debug": True, "use_git_change_detection": False}
    with open(work / "pyproject.toml", "a", encoding="utf-8") as project:
        project.write("\n[tool.mutmut]\n")
        project.writelines(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    plain = undecorated((work / part["file"]).read_text("utf-8"))
    (work / part["file"]).write_text(plain, "utf-8")
    from mutmut.mutation.file_mutation import mutate_file_contents
    return mutants(part["file"], mutate_file_contents(part["file"], plain).code)


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
        form = re.fullmatch(r"xǁ?_?(.+)__mutmut_(orig|\d+)", getattr(node, "name", None) or "")
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
    """So many of the mutants, chosen by a fixed seed, in their order; or all."""
    size = len(made) if size is None else min(size, len(made))
    return [made[i] for i in sorted(random.Random(0).sample(range(len(made)), size))]


def run_mutmut(work, chosen):
    """Run the tests on each mutant: -> {name: "killed", "survived", "timeout" ...}."""
    own = os.environ | {
        "PYTHONPATH": os.pathsep.join(str(work / "mutants" / name) for name in ON_PATH),
        "OMP_NUM_THREADS": "1", "TMPDIR": str(work), "XDG_CACHE_HOME": str(work / "cache"),
        "HF_HUB_OFFLINE": "1", "PIP_NO_INDEX": "1"}     # what a mutant does stays in here
    mutmut = [sys.executable, "-c", "from mutmut.__main__ import cli; cli()"]
    names, log = [one.name for one in chosen], work / "log"
    with open(log, "w") as out:
        running = subprocess.Popen([*mutmut, "run", "--max-children", "2", *names], env=own,
                                   stdout=out, stderr=subprocess.STDOUT)
        try:
            running.wait(LIMIT)
        except subprocess.TimeoutExpired:               # it stops as for Ctrl-C, and keeps results
            running.send_signal(signal.SIGINT)
    if running.wait():
        said = re.sub(r"\n. (Generating|Running|Listing) .*(?=\n)", "", log.read_text())
        sys.exit(f"{said[-4000:]}\nrun.py mutants: mutmut stopped: its lines above say why")
    listed = subprocess.run([*mutmut, "results", "--all", "true"], env=own, check=True,
                            capture_output=True, text=True).stdout
    every = dict(re.findall(r"(\S+): (.+)", listed))
    return {name: every[name] for name in names if every[name] in ENDS}


def report(ran, ended, listed, whole=True):
    """What came of the mutants: -> (text, the share of killed among those that can be).

    `listed`: those that mutants.toml calls equivalent. `whole`: all were run, so that one that is
    listed and was not made is told.
    """
    known = {(one["function"], one["was"], one["now"]) for one in listed}
    alive = [one for one in ran if ended[one.name] in ALIVE]
    rest = [one for one in alive if one[1:4] not in known]
    killed = len(ran) - len(alive)
    share = killed / max(killed + len(rest), 1)
    late = sum(ended[one.name] == "timeout" for one in ran)
    lines = [f"{len(ran)} run: {killed} killed ({late} of them by a time limit), "
             f"{len(alive) - len(rest)} equivalent, {len(rest)} survived: {share:.1%} of those "
             "that can be killed"]
    for one in rest:
        lines += [f"\n{one.function} ({one.name.rpartition('_')[2]}, {ended[one.name]})",
                  *(f"- {line}" for line in one.was.splitlines()),
                  *(f"+ {line}" for line in one.now.splitlines())]
    made, alive = {one[1:4] for one in ran}, {one[1:4] for one in alive}
    for key in sorted(known):
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
