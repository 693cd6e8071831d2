"""Measure the encoder beside other programs: benchmarks/bench.py, with its words."""
import pathlib
import runpy
import sys

BENCHMARKS = pathlib.Path(__file__).resolve().parents[1] / "benchmarks"

if __name__ == "__main__":
    sys.path[0] = str(BENCHMARKS)                       # its files import each other
    runpy.run_path(str(BENCHMARKS / "bench.py"), run_name="__main__")
