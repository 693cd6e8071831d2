"""Convert a model's weights for the programs of record.py, into $WORK/all-MiniLM-L6-v2.

Once, by hand, in an environment of its own with CPU torch, transformers, onnx, onnxruntime, gguf
and ctranslate2:  WORK=/tmp/strangers python tools/strangers/prepare.py FOLDER
FOLDER is the model, as `helpers.model_dir()` names it. No converter of llama.cpp is on PyPI, so
`to_gguf` writes the file as theirs does.
"""
import shutil
import sys

import ctranslate2
import gguf
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.float16 import convert_float_to_float16
from record import MODEL
from transformers import AutoModel

SPECIAL = {"padding": "[PAD]", "unknown": "[UNK]", "cls": "[CLS]", "seperator": "[SEP]",
           "mask": "[MASK]"}                        # spelt so in GGUF


def prepare(folder):
    """The weights as ONNX, also in fp16 and int8, as GGUF and for CTranslate2, all in MODEL."""
    shutil.copytree(folder, MODEL, dirs_exist_ok=True)
    (MODEL / "onnx").mkdir(exist_ok=True)
    exact, int8 = MODEL / "onnx" / "model.onnx", MODEL / "onnx" / "model_quantized.onnx"
    names, ids = ["input_ids", "attention_mask", "token_type_ids"], torch.ones(2, 9).long()
    model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()

    class Hidden(torch.nn.Module):                              # one tensor out, as the files have
        def __init__(self):
            super().__init__()
            self.bert = model

        def forward(self, ids, mask, segments):
            seen = torch.where(mask[:, None, None] > 0, 0., torch.finfo(torch.float32).min)
            return self.bert(ids, seen, segments, return_dict=False)[0]

    torch.onnx.export(
        Hidden(), (ids, ids, 0 * ids), exact, input_names=names, output_names=["last_hidden_state"],
        dynamic_axes={name: {0: "batch", 1: "tokens"} for name in [*names, "last_hidden_state"]},
        opset_version=17, dynamo=False)
    shutil.copy(exact, MODEL)                                   # where fastembed and Chroma look
    quantize_dynamic(exact, int8, weight_type=QuantType.QInt8)  # ONNX Runtime's own defaults
    half = convert_float_to_float16(onnx.load(exact), keep_io_types=True)
    onnx.save(half, MODEL / "onnx" / "model_fp16.onnx")
    ctranslate2.converters.TransformersConverter(str(folder)).convert(
        str(MODEL / "ct2"), force=True)
    for kind in "F32", "Q8_0":
        to_gguf(model, MODEL / f"{kind}.gguf", kind)


def to_gguf(model, path, kind):
    """BERT's weights under llama.cpp's names; matrices as `kind`, the rest as float32."""
    config, writer = model.config, gguf.GGUFWriter(path, "bert")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_head_count(config.num_attention_heads)
    writer.add_layer_norm_eps(config.layer_norm_eps)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    add_words(writer, config.type_vocab_size)
    add_tensors(writer, model, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_words(writer, segments):
    """The vocabulary, as llama.cpp wants it: a mark before what begins a word, "##" left out."""
    words = (MODEL / "vocab.txt").read_text("utf-8").splitlines()
    special = [word.startswith("[") and word.endswith("]") and len(word) > 2 for word in words]
    writer.add_tokenizer_model("bert")
    writer.add_token_list([word if is_special else word[2:] if word.startswith("##") else "▁" + word
                           for word, is_special in zip(words, special, strict=True)])
    writer.add_token_types([gguf.TokenType.CONTROL if one else gguf.TokenType.NORMAL
                            for one in special])
    writer.add_token_type_count(segments)
    for name, word in SPECIAL.items():
        writer.add_uint32(f"tokenizer.ggml.{name}_token_id", words.index(word))


def add_tensors(writer, model, kind):
    """The weights under llama.cpp's names."""
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, model.config.num_hidden_layers)
    wanted = gguf.GGMLQuantizationType[kind]
    for name, tensor in model.state_dict().items():
        known = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if known and "pooler" not in name:
            matrix = tensor.dim() == 2 and "position" not in name and "token_type" not in name
            stored = wanted if matrix else gguf.GGMLQuantizationType.F32
            writer.add_tensor(known, gguf.quants.quantize(tensor.numpy(), stored), raw_dtype=stored)


if __name__ == "__main__":
    prepare(sys.argv[1]) if sys.argv[1:] else sys.exit(__doc__)
