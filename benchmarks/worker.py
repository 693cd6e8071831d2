"""The process in which one method lives: it loads, then answers each line of JSON with one, until its input ends."""
import json
import os
import pathlib
import sys
import time

CHANNEL = os.fdopen(os.dup(1), "w")         # answers go here; what libraries print goes to the log


def main(name, place):
    os.dup2(2, 1)
    try:
        from methods import METHODS
        encode, query = METHODS[name].load(place)
    except BaseException as error:          # a library may also exit
        return answer(failed=reason(error))
    answer(ready=True)
    for line in sys.stdin:
        job = json.loads(line)
        try:
            answer(**{"run": run, "query": ask, "about": about}[job.pop("do")](encode, query, **job))
        except Exception as error:
            answer(failed=reason(error))


def run(encode, query, corpus, batch=None, save=None):
    """Encode the texts in a file; -> seconds. `save`: where the vectors go, after the clock has stopped."""
    texts = json.loads(pathlib.Path(corpus).read_text("utf-8"))
    start = time.perf_counter()
    vectors = encode(texts, batch)
    seconds = time.perf_counter() - start
    if save:
        import numpy as np
        np.save(save, np.asarray(vectors, dtype=np.float32))
    return {"seconds": seconds}


def ask(encode, query, text, calls=1):
    """One text, again and again; -> seconds of each call, and the last result."""
    seconds = []
    for _ in range(calls):
        start = time.perf_counter()
        vector = query(text)
        seconds.append(time.perf_counter() - start)
    return {"seconds": seconds, "result": vector if isinstance(vector, dict) else [float(x) for x in vector]}


def about(encode, query):
    """Threads that torch uses here, and the versions of what was loaded."""
    from importlib.metadata import packages_distributions, version
    names = ("torch", "transformers", "tokenizers", "sentence_transformers", "langchain_huggingface", "onnxruntime",
             "openvino", "optimum", "fastembed", "FlagEmbedding", "numpy")
    homes = packages_distributions()
    loaded = {name: version(homes[name][-1]) for name in names if name in sys.modules and name in homes}
    return {"threads": sys.modules["torch"].get_num_threads() if "torch" in sys.modules else None, "versions": loaded}


def reason(error):
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"


def answer(**words):
    CHANNEL.write(json.dumps(words) + "\n")
    CHANNEL.flush()


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
