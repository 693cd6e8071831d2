"""Put this repository's address and version, as pyproject.toml has them, into every file.

    python3 run.py links https://github.com/somebody/a-fork    sets the address there first

Launch buttons lead to the branch main. The setup cell, which installs `helpers` on Colab, names the
tag of this version: a notebook that somebody saved keeps the helpers that it was made for.
"""
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[1]
ADDRESS = re.compile(r"(?:https://|git@)github\.com[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?")
SETUP_CELL = re.compile(r'REPOSITORY = \\"(https://github\.com/[^"\\]+)\\"')    # as JSON has it


def stamp(root, address=None):
    """Put one address and one version into all texts that git tracks: -> the files that changed."""
    settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    now = settings["tool"]["inside-embeddings"]["repository"]
    first = min(root.glob("notebooks/[0-9]*.ipynb")).read_text("utf-8")
    old = "|".join(re.escape(slug(one)) for one in (now, SETUP_CELL.search(first)[1]))
    new, tag = slug(address or now), f"@v{settings['project']['version']}"
    changed = []
    for path in texts(root):
        before = path.read_text("utf-8")
        after = re.sub(rf"(?<![\w.-])(?:{old})(?![\w-])", new, before)
        after = re.sub(rf"(?<![\w.-])(?:{pages(old)})(?![\w-])", pages(new), after)
        after = re.sub(r"(?<=git\+\{REPOSITORY\})@v[\w.]+", tag, after)
        if after != before:
            path.write_text(after, "utf-8", newline="\n")
            changed.append(path)
    return changed


def slug(address):
    """The "owner/name" in an address of GitHub's; ValueError for another kind of address."""
    if not ADDRESS.fullmatch(address):
        raise ValueError(f"{address!r} is not an address like https://github.com/owner/name")
    return ADDRESS.fullmatch(address)[1]


def pages(slugs):
    """Where GitHub Pages publishes "owner/name"; of several, "a|b", each."""
    return "|".join(one.replace("/", ".github.io/") for one in slugs.split("|"))


def texts(root):
    """Every file that git tracks, pictures aside: -> list of paths."""
    listed = subprocess.run(["git", "grep", "-Ilz", ""], cwd=root, check=True, capture_output=True)
    return [root / name for name in listed.stdout.decode().split("\0") if name]


def main(words):
    try:
        changed = stamp(ROOT, *words[:1])
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        return f"run.py links: {error}"
    print(*(path.relative_to(ROOT) for path in changed), f"{len(changed)} files changed", sep="\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
