"""Stamp the repository's address, one setting in pyproject.toml, into every file that names it. Standard library only.

    python3 run.py links                                       as pyproject.toml says
    python3 run.py links https://github.com/somebody/a-fork    set it there first
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ADDRESS = re.compile(r"(?:https://|git@)github\.com[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?")
SETTING = re.compile(r'(?m)^repository = "https://github\.com/([^"]+)"$')
STAMPED = re.compile(r'REPOSITORY = \\"https://github\.com/([^"\\]+)\\"')       # the setup cell, as JSON has it


def stamp(root, address=None):
    """Put one address into all tracked files under `root`: -> list of the files that changed.

    `address`: as GitHub shows it, or None for what pyproject.toml says. Raises ValueError for another kind of address.
    """
    project = root / "pyproject.toml"
    set_to = SETTING.search(project.read_text("utf-8"))[1]
    new = slug(address) if address else set_to
    first = min((root / "notebooks").glob("[0-9]*.ipynb"))
    old = {set_to, STAMPED.search(first.read_text("utf-8"))[1]} - {new}
    changed = []
    for path in texts(root):
        before = path.read_text("utf-8")
        after = before
        for one in old:
            after = re.sub(rf"(?<![\w.-]){re.escape(one)}(?![\w-])", new, after)
        if after != before:
            path.write_text(after, "utf-8", newline="\n")
            changed.append(path)
    return changed


def slug(address):
    """The "owner/name" in an address of GitHub's."""
    match = ADDRESS.fullmatch(address)
    if not match:
        raise ValueError(f"{address!r} is not an address like https://github.com/owner/name")
    return match[1]


def tracked(root):
    """Every file that git tracks: -> list of paths."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    return [root / name for name in names.split("\0") if name and (root / name).is_file()]


def texts(root):
    """Those of them that are text: no picture."""
    return [path for path in tracked(root) if b"\0" not in path.read_bytes()]


def main(words):
    try:
        changed = stamp(ROOT, *words[:1])
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        return f"run.py links: {error}"
    for path in changed:
        print(path.relative_to(ROOT))
    print(f"{len(changed)} files changed" if changed else "every file has the address already")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
