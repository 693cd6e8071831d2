"""What the page live/ needs beside its own files: the model's numbers, and what LangChain says.

weights/ gets the embedded model's tables, float32 as its file has them, in files of at most 10 MB;
the word table in many small ones, fetched as words need them; and `manifest.json`, with the digest
of each file.
"""
import hashlib
import json
import pathlib
import shutil
import tomllib

import numpy as np
from langchain_huggingface import HuggingFaceEmbeddings
from safetensors.numpy import load_file
from wasmtime import wat2wasm

from helpers import Encoder, model_dir
from helpers.data import load
from helpers.pooling import POOLINGS

HERE = pathlib.Path(__file__).resolve().parent / "live"
PROJECT = tomllib.loads((HERE.parents[1] / "pyproject.toml").read_text("utf-8"))
OWNER, NAME = PROJECT["tool"]["inside-embeddings"]["repository"].split("/")[-2:]
ADDRESS = f"https://{OWNER}.github.io/{NAME}/live/"         # where it is published
MODEL, LAYERS, LIMIT, ROWS = "all-MiniLM-L6-v2", 6, 256, 64     # ROWS of the word table in a file
WORDS = "embeddings.word_embeddings.weight"
EXAMPLES = ["The bank raised its interest rates.", "She sat by the river.", "hello world!",
            "A tokenizer cuts unbelievably long words.", "This is great👍", "你好，世界！"]


def write(site: pathlib.Path) -> None:
    """Put the page and all it needs into the folder `live` of a built site."""
    shutil.copytree(HERE, site / "live")
    folder = pathlib.Path(model_dir(MODEL))
    contents = {**known(folder), "vocabulary.txt": vocabulary(folder),
                "four.wasm": bytes(wat2wasm((HERE / "four.wat").read_text("utf-8")))}
    tables = load_file(folder / "model.safetensors")
    layout = {}
    for name, part in encoder(tables).items():
        ends = np.cumsum([table.size for table in part.values()]).tolist()
        layout[name] = dict(zip(part, zip([0, *ends], ends, strict=False), strict=True))
        contents[name] = b"".join(table.tobytes() for table in part.values())
    for i, rows in enumerate(np.split(tables[WORDS], range(ROWS, len(tables[WORDS]), ROWS))):
        contents[f"words-{i:03}.bin"] = rows.tobytes()
    files = {name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
             for name, content in contents.items()}
    for name, content in contents.items():
        path = site / "live" / "weights" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    (site / "live" / "weights" / "manifest.json").write_text(json.dumps({
        "limit": LIMIT, "rows": ROWS, "width": tables[WORDS].shape[1],
        "encoder": sum(files[name]["bytes"] for name in layout),
        "tables": layout, "files": files}), "utf-8")


def link(site: pathlib.Path) -> None:
    """Let every link to the published page `live` lead to this site's own."""
    for path in site.rglob("*.html"):
        text, up = path.read_text("utf-8"), "../" * (len(path.relative_to(site).parts) - 1)
        if ADDRESS in text:
            path.write_text(text.replace(ADDRESS, f"{up}live/index.html"), "utf-8")


def encoder(tables: dict) -> dict[str, dict[str, np.ndarray]]:
    """The tables that every text needs: file -> {name: table}; of the words' only the others."""
    small = {name: table for name, table in tables.items()
             if name.startswith("embeddings.") and name not in (WORDS, "embeddings.position_ids")}
    layers = {f"layer-{i}.bin": {name: table for name, table in tables.items()
                                 if name.startswith(f"encoder.layer.{i}.")} for i in range(LAYERS)}
    return {"embeddings.bin": small, **layers}


def vocabulary(folder: pathlib.Path) -> bytes:
    """The pieces, one a line, in the order of their ids."""
    ids = json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    return "\n".join(sorted(ids, key=ids.get)).encode()


def known(folder: pathlib.Path) -> dict[str, bytes]:
    """The passages in each pooling, and a JSON file: examples, ruler, questions, what is found."""
    data, ruler, causes = load("retrieval.json"), load("ruler.json"), load("causes.json")
    passages, questions, right = {}, {}, np.arange(len(data["questions"]))
    for name in POOLINGS:
        model = Encoder(folder, pooling=name, normalize=True)
        passages[name], questions[name] = (model.encode(data[key]) for key in
                                           ("passages", "questions"))
    box = HuggingFaceEmbeddings(model_name=str(folder), model_kwargs={"device": "cpu"})
    base, *kinds = (np.array(box.embed_documents(list(column)))
                    for column in zip(*ruler["rows"], strict=True))
    pairs = {name: (base * kind).sum(axis=1) for name, kind in
             zip(ruler["columns"][1:], kinds, strict=True)}
    pairs["another sentence"] = (base @ base.T)[np.triu_indices(len(base), k=1)]
    said = {
        "examples": EXAMPLES, "questions": [data["questions"][i] for i in (16, 22, 8, 23)],
        "passages": data["passages"], "asked": len(right),
        "answers": {question: i for i, question in enumerate(data["questions"])},
        "found": {a: {b: int(((questions[a] @ passages[b].T).argmax(axis=1) == right).sum())
                      for b in POOLINGS} for a in POOLINGS},
        "prefixes": list(causes["prefixes"]),
        "ruler": {name: np.round(cosines, 4).tolist() for name, cosines in pairs.items()},
        "langchain": dict(zip(EXAMPLES, np.float32(box.embed_documents(EXAMPLES)).tolist(),
                              strict=True))}
    return {"known.json": json.dumps(said, ensure_ascii=False).encode(),
            **{f"passages-{name}.bin": table.astype(np.float32).tobytes()
               for name, table in passages.items()}}
