"""`python3 -m helpers diagnose --model DIR --text "…" vector.json`: why is my vector different?

The vector is read from a file or from standard input: .npy, numbers, JSON, a server's whole answer.
Exit status: 0 the difference was found (or there is none), 1 it was not, 2 the input is no use.
"""
import argparse
import os
import pathlib
import sys
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error")


def main(words: list[str] | None = None) -> int:
    """Run the command; -> exit status."""
    parser = argparse.ArgumentParser(prog="python3 -m helpers", description=__doc__)
    command = parser.add_subparsers(dest="command", required=True).add_parser(
        "diagnose", help="say which step another program did differently")
    command.add_argument("--model", metavar="DIR", help="a folder or name; else EMBED_MODEL")
    command.add_argument("--text", required=True, help="the text that the vector is of")
    command.add_argument("vector", nargs="?", default="-", help="a file; without: standard input")
    for stream in (sys.stdout, sys.stderr):     # a report holds |Δ|, a terminal may be cp1252
        stream.reconfigure(encoding="utf-8", errors="replace")
    options = parser.parse_args(words)
    try:
        vector = read(options.vector)
        from helpers import diagnose, model_dir  # now: torch takes seconds to load
        answer = diagnose(vector, options.text, model_dir(options.model))
    except (OSError, ValueError, TypeError, MemoryError) as error:
        print(f"python3 -m helpers: {error}", file=sys.stderr)
        return 2
    print(answer)
    return 0 if answer.found else 1


def read(name: str) -> Any:
    """What a file or standard input ("-") holds: an array, lists or an answer; else ValueError."""
    if name.endswith(".npy"):
        import numpy as np
        try:
            return np.load(name, allow_pickle=False)
        except (ValueError, EOFError):
            raise ValueError(f"{name} is not a .npy file of numbers") from None
    data = sys.stdin.buffer.read() if name == "-" else pathlib.Path(name).read_bytes()
    powershell = data.startswith((b"\xff\xfe", b"\xfe\xff"))        # whose `>` writes UTF-16
    text = data.decode("utf-16" if powershell else "utf-8-sig", errors="replace")
    from helpers.diagnosis.vectors import read_text
    try:
        return read_text(text)
    except ValueError as error:
        what = "is neither JSON nor numbers of one vector" if "float" in str(error) else error
        raise ValueError(f"{'standard input' if name == '-' else name}: {what}") from None


if __name__ == "__main__":
    sys.exit(main())
