"""Measure `helpers.Encoder` beside the other programs that embed text: python3 run.py bench [--quick] [parts]

Parts: throughput, query, cold, memory, growth, dtype; without a word: all. Each part that ran replaces its numbers in
benchmarks/results.json, and benchmarks/README.md is written anew from all of them. --quick: few texts and rounds,
prints only. --rounds N: of throughput, 5 unless said otherwise.
"""
import argparse
import json
import pathlib
import random
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import parts  # noqa: E402
import peers  # noqa: E402
import pool  # noqa: E402
import texts  # noqa: E402

PARTS = ("throughput", "query", "cold", "memory", "growth", "dtype", "gpu")


class Run:
    """What the parts share: the workers, the texts (as files, which workers read), the sizes."""

    def __init__(self, folder, place, missing, quick=False, rounds=5, corpora=None):
        self.folder, self.place, self.quick = folder, pathlib.Path(place), quick
        self.rounds = 2 if quick else rounds
        self.chance = random.Random(0)
        self.config = json.loads(pathlib.Path(folder, "config.json").read_text("utf-8"))
        models = {name: str(peers.HOME / "models" / name) for name in peers.EXPORTS}
        self.pool = pool.Pool({"model": folder, **models}, missing)
        self.corpora = corpora or texts.corpora(folder, quick)
        self.corpora["some"], self.corpora["warm"] = self.corpora["mixed"][:40 if quick else 250], self.corpora["mixed"][:16]
        for name, given in self.corpora.items():
            self.write(name, given)

    plain, surroundings = staticmethod(pool.plain), staticmethod(pool.surroundings)

    def path(self, name):
        return str(self.place / f"{name}.json")

    def write(self, name, given):
        pathlib.Path(self.path(name)).write_text(json.dumps(given), "utf-8")

    def encode(self, name, corpus, batch=None, save=None):
        return self.pool.ask(name, do="run", corpus=self.path(corpus), batch=batch, save=save)

    def shuffled(self, names):
        return self.chance.sample(names, len(names))

    def alone(self, name, failed, weigh):
        """(seconds to the first vector, peak MB after 300 mixed texts if `weigh`) of a new process; Nones if it fails."""
        worker = self.pool.fresh(name)
        try:
            worker.wait()
            worker.ask(do="query", text=texts.query(self.folder))
            seconds = time.perf_counter() - worker.began
            if not weigh:
                return seconds, None
            worker.ask(do="run", corpus=self.path("peak"))
            return seconds, worker.peak()
        except pool.Failed as error:
            failed[name] = str(error)
            return None, None
        finally:
            worker.close()

    @staticmethod
    def say(words):
        print(f"\r{words[:100]:<100}", end="", file=sys.stderr, flush=True)


def main(words):
    options = argparse.ArgumentParser(prog="run.py bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="part")
    options.add_argument("--quick", action="store_true")
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args(words)
    import report

    import run
    from helpers import model_dir
    folder = model_dir("all-MiniLM-L6-v2")
    missing = peers.set_up(folder, run.cpu_torch())
    with tempfile.TemporaryDirectory() as place:
        done = measure(Run(folder, place, missing, chosen.quick, chosen.rounds), chosen.parts or PARTS)
    if not chosen.quick:
        done = report.keep(done)
    print(report.text(done))
    if chosen.quick:
        print("This was --quick: few texts and rounds. The goals are for a full run on a machine that does nothing else.")


def measure(run, names):
    """{part: its numbers, with when, how long and on what}."""
    import report
    done = {}
    try:
        for name in names:
            start = time.perf_counter()
            numbers = getattr(parts, name)(run)
            run.say("")
            done[name] = {**numbers, "took": time.perf_counter() - start, "machine": report.machine()}
    finally:
        run.pool.close()
    return done


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
