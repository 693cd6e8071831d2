"""Measure the encoder beside other programs, or the page live/: benchmarks/, with their words."""
import pathlib
import runpy
import sys

BENCHMARKS = pathlib.Path(__file__).resolve().parents[1] / "benchmarks"

if __name__ == "__main__":
    sys.path[0] = str(BENCHMARKS)                       # its files import each other
    name = "live.py" if sys.argv[1:] == ["live"] else "bench.py"
    runpy.run_path(str(BENCHMARKS / name), run_name="__main__")
