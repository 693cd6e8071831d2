"""Measure `helpers.Encoder` beside the other programs that embed text.

Each part that ran replaces its numbers in benchmarks/results.json, and benchmarks/README.md is
written anew from all of them.
"""
import argparse
import pathlib
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import parts  # noqa: E402
import peers  # noqa: E402
import report  # noqa: E402
from methods import named  # noqa: E402
from processes import Run  # noqa: E402


def main(words: list[str]) -> None:
    """Measure the parts named in the words of the command line."""
    options = argparse.ArgumentParser(prog="run.py bench", description=__doc__)
    options.add_argument("parts", nargs="*", metavar="part", choices=("all", *report.PARTS),
                         default="all", help=", ".join(report.PARTS) + "; without one: all")
    options.add_argument("--quick", action="store_true", help="few texts and rounds; prints only")
    chosen = options.parse_args(words)
    from helpers import model_dir
    from run import cpu_torch
    model = model_dir("all-MiniLM-L6-v2")
    missing = peers.set_up(model, cpu_torch())
    with tempfile.TemporaryDirectory() as files:
        run = Run(model, files, missing, chosen.quick)
        done = measure(run, report.PARTS if "all" in chosen.parts else chosen.parts)
    print(report.text(done if chosen.quick else report.keep(done)))
    if chosen.quick:
        print("This was --quick: few texts and rounds. The goals are for a full run on a machine "
              "that does nothing else.")


def measure(run: Run, names) -> dict:
    """{part: its numbers, what failed and why, how long it took, on what machine}."""
    done = {}
    try:
        for name in names:
            start = time.perf_counter()
            numbers = getattr(parts, name)(run)
            failed = {method: run.failed[method] for method in named(name, run.quick)
                      if method in run.failed}
            done[name] = {**numbers, "failed": failed, "took": time.perf_counter() - start,
                          "machine": report.machine()}
    finally:
        run.close()
    return done


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
