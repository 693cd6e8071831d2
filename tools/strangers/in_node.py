"""transformers.js, for record.py: node runs the two scripts beside this file, in $WORK."""
import functools
import json
import os
import shutil
import subprocess
from pathlib import Path

WORK = Path(os.environ.get("WORK", "/tmp/strangers"))


def in_node(texts, script, dtype="fp32"):
    shutil.copy(Path(__file__).with_name(script), WORK)     # where node finds the package
    out = subprocess.run(["node", script, dtype], input=json.dumps(texts), cwd=WORK,
                         capture_output=True, text=True, check=True)
    return json.loads(out.stdout)


def transformers_js():
    made = {}
    for name, dtype in {"": "fp32", " fp16": "fp16", " q8": "q8"}.items():
        call = (f"(await pipeline('feature-extraction', folder, {{dtype: '{dtype}'}}))"
                "(texts, {pooling: 'mean', normalize: true})")
        made[f"transformers.js{name}"] = (
            "@huggingface/transformers", call,
            functools.partial(in_node, script="record.mjs", dtype=dtype))
    return made


def transformers_js_mended():
    script = Path(__file__).with_name("mend.mjs").read_text("utf-8")
    call = script[script.index("const tokenizer"):script.index("\nconst vectors")].strip()
    return {"transformers.js": ("@huggingface/transformers", call,
                                functools.partial(in_node, script="mend.mjs"))}
