"""This working tree as somebody else has it: a repository of its own."""
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).parents[1]


def clone(folder, tag=None):
    """Copy all that git tracks into `folder` and commit it there, tagged: -> the folder."""
    for path in tracked():
        place = folder / path.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "as it stands")
    if tag:
        git(folder, "tag", tag)
    return folder


def tracked():
    """The files that git tracks and that are there: -> list of paths."""
    names = git(ROOT, "ls-files", "-z").split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def git(folder, *words):
    """Run git as nobody in particular: -> what it printed."""
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    return subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True,
                          text=True).stdout
