"""Memory that `helpers.Encoder` takes above the loaded model, as JSON: python extra.py encode|encode_iter MODEL TEXTS"""
import json
import pathlib
import sys

from memory import Peak


def main(way, folder, corpus):
    import psutil

    from helpers import Encoder
    texts = json.loads(pathlib.Path(corpus).read_text("utf-8"))
    encoder = Encoder(folder)
    encoder.encode(texts[:100])                             # what is made once, at first use, is part of the model
    before, peak = psutil.Process().memory_info().rss, Peak()
    if way == "encode":
        vectors = encoder.encode(texts)
        rows, size = len(vectors), vectors.nbytes
    else:
        rows, size = sum(len(block) for block in encoder.encode_iter(iter(texts))), 0
    high, _ = peak.stop()
    assert rows == len(texts), f"{rows} vectors for {len(texts)} texts"
    print(json.dumps({"loaded": before / 1e6, "result": size / 1e6, "extra": (high - before - size) / 1e6}))


if __name__ == "__main__":
    main(*sys.argv[1:])
