"""Run by the peers' Python: the embedded model in the forms that other programs read, made on this machine.

    python export.py onnx MODEL FOLDER          onnx/model.onnx and onnx/model_O2.onnx
    python export.py openvino MODEL FOLDER
"""
import json
import pathlib
import sys


def main(kind, model, folder):
    from sentence_transformers import SentenceTransformer, export_optimized_onnx_model
    made = SentenceTransformer(model, device="cpu", backend=kind, model_kwargs={"export": True})
    made.save_pretrained(folder)
    if kind == "onnx":
        export_optimized_onnx_model(made, "O2", folder)
    settings = pathlib.Path(folder, "tokenizer_config.json")            # fastembed reads its length from here
    words = {**json.loads(settings.read_text("utf-8")), "model_max_length": made.max_seq_length}
    words.pop("max_length", None)                                       # 128, which nothing else follows
    settings.write_text(json.dumps(words), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
