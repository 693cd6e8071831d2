"""The process of one method: it loads, then answers each line of JSON with one, until they end."""
import gc
import importlib.metadata
import json
import os
import sys
import time
import traceback

PACKAGES = ("torch", "transformers", "tokenizers", "sentence_transformers", "langchain_huggingface",
            "onnxruntime", "openvino", "optimum", "ctranslate2", "fastembed", "FlagEmbedding",
            "numpy")


def main(name: str, place: dict) -> None:
    """Answers go where standard output went; what libraries print goes to the log."""
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(words):
        print(json.dumps(words), file=channel, flush=True)
    try:
        from methods import METHODS
        encode, query = METHODS[name].load(place, **METHODS[name].options)
    except BaseException as error:          # a library may also exit
        return answer({"failed": "".join(traceback.format_exception_only(error))})
    answer({"ready": True})
    for line in sys.stdin:
        job = json.loads(line)
        try:
            answer(JOBS[job.pop("do")](encode, query, **job))
        except Exception as error:
            answer({"failed": "".join(traceback.format_exception_only(error))})


def run(encode, query, texts: list[str], batch: int | None = None, save: str | None = None) -> dict:
    """Encode texts: -> seconds. `save`: the file for the vectors, once the clock has stopped."""
    start = time.perf_counter()
    vectors = encode(texts, batch)
    seconds = time.perf_counter() - start
    if save:
        import numpy as np
        np.save(save, np.asarray(vectors, dtype=np.float32))
    return {"seconds": [seconds]}


def ask(encode, query, text: str, calls: int = 1) -> dict:
    """Put one text through, again and again: -> seconds of each call, and what the limit says."""
    seconds = []
    for _ in range(calls):
        start = time.perf_counter()
        result = query(text)
        seconds.append(time.perf_counter() - start)
    return {"seconds": seconds, "rates": result if isinstance(result, dict) else None}


def memory(encode, query, texts: list[str]) -> dict:
    """MB (10⁶ bytes) that encoding texts takes above the loaded model and the result."""
    from memory import Peak
    encode(texts[:100], None)               # what is made once, at first use, is part of the model
    gc.collect()                            # or memory that is let go meanwhile hides what is taken
    with Peak() as peak:
        before = peak.process.memory_info().rss
        made = encode(texts, None)
    rows, size = (made, 0) if isinstance(made, int) else (len(made), made.nbytes)
    if rows != len(texts):
        raise ValueError(f"{rows} vectors for {len(texts)} texts")
    return {"loaded": before / 1e6, "result": size / 1e6, "extra": (peak.rss - before - size) / 1e6}


def about(encode, query) -> dict:
    """The threads that torch uses here, and the versions of what was loaded."""
    homes = importlib.metadata.packages_distributions()
    loaded = {name: importlib.metadata.version(homes[name][-1]) for name in PACKAGES
              if name in sys.modules and name in homes}
    torch = sys.modules.get("torch")
    return {"threads": torch and torch.get_num_threads(), "versions": loaded}


JOBS = {"run": run, "query": ask, "memory": memory, "about": about}

if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
