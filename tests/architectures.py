"""Small random models of every architecture that is taken, saved as sentence-transformers does."""
import json

import torch
import transformers as T
from safetensors.torch import save_file
from sentence_transformers.models import LayerNorm
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

WORDS = ["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]", "hello", "world", "the", "bank", "river",
         "query", "passage", ":", "!", ".", ",", "?", *"abcdefghijklmnopqrstuvwxyz",
         *(f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz"), *"你好世界向量模型"]
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
         "intermediate_size": 64, "initializer_range": 0.3}
CAUSAL = {**SIZES, "num_key_value_heads": 2, "head_dim": 8}


def wordpiece(order="cls A sep"):
    """BERT's kind of tokenizer, with special tokens where an architecture has them."""
    vocabulary = {word: i for i, word in enumerate(WORDS)}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    single = {"cls A sep": "[CLS] $A [SEP]", "A sep": "$A [SEP]",
              "A sep cls": "$A:0 [SEP]:0 [CLS]:2"}
    made.post_processor = processors.TemplateProcessing(
        single=single[order], special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return made


KINDS = {       # name -> config, tokenizer's order, padding side, pooling
    "bert": (T.BertConfig(**SIZES, max_position_embeddings=512), {}),
    "roberta": (T.RobertaConfig(**SIZES, max_position_embeddings=514), {}),
    "xlm-roberta": (T.XLMRobertaConfig(**SIZES, max_position_embeddings=514), {}),
    "mpnet": (T.MPNetConfig(**SIZES, max_position_embeddings=514), {}),
    "distilbert": (T.DistilBertConfig(dim=32, n_layers=2, n_heads=4, hidden_dim=64,
                                      initializer_range=0.3, max_position_embeddings=512), {}),
    "albert": (T.AlbertConfig(**SIZES, embedding_size=16, max_position_embeddings=512), {}),
    "electra": (T.ElectraConfig(**SIZES, embedding_size=16, max_position_embeddings=512), {}),
    "deberta-v2": (T.DebertaV2Config(
        **SIZES, max_position_embeddings=512, relative_attention=True, position_biased_input=False,
        pos_att_type=["p2c", "c2p"], position_buckets=16, norm_rel_ebd="layer_norm"), {}),
    "modernbert": (T.ModernBertConfig(**SIZES, max_position_embeddings=512, local_attention=8,
                                      cls_token_id=2, sep_token_id=3), {}),
    "nomic_bert": (T.NomicBertConfig(**SIZES, max_position_embeddings=512), {}),
    "xlnet": (T.XLNetConfig(d_model=32, n_layer=2, n_head=4, d_inner=64, initializer_range=0.3),
              {"order": "A sep cls", "side": "left"}),
    "t5": (T.T5Config(d_model=32, num_layers=2, num_heads=4, d_kv=8, d_ff=64,
                      decoder_start_token_id=0), {"order": "A sep"}),
    "qwen3": (T.Qwen3Config(**CAUSAL), {"order": "A sep", "side": "left", "pooling": "lasttoken"}),
    "gemma3_text": (T.Gemma3TextConfig(**CAUSAL, query_pre_attn_scalar=8, sliding_window=8,
                                       layer_types=["sliding_attention", "full_attention"]),
                    {"order": "A sep", "side": "left", "pooling": "lasttoken"}),
}


def build(folder, kind, **files):
    """Write a random model of this kind into `folder`: -> its path. `files`: see `write`."""
    config, about = KINDS[kind]
    config = type(config).from_dict(config.to_dict())
    config.vocab_size, config.pad_token_id = len(WORDS), 1     # MPNet's is fixed
    config.bos_token_id, config.eos_token_id = 2, 3
    folder.mkdir(parents=True)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        model = T.T5EncoderModel(config) if kind == "t5" else T.AutoModel.from_config(config)
        for table in model.parameters():            # T5's and others' own starts are too small
            if table.dim() > 1:
                torch.nn.init.normal_(table, std=0.3)
    model.save_pretrained(folder)
    side = about.get("side", "right")
    T.PreTrainedTokenizerFast(
        tokenizer_object=wordpiece(order=about.get("order", "cls A sep")), pad_token="[PAD]",
        cls_token="[CLS]", sep_token="[SEP]", unk_token="[UNK]", mask_token="[MASK]",
        padding_side=side, model_max_length=512,
        model_input_names=["input_ids", "attention_mask",
                           *(["token_type_ids"] if kind in ("xlnet", "bert") else [])],
    ).save_pretrained(folder)
    write(folder, **{"pooling": {"pooling_mode": about.get("pooling", "mean")}, **files})
    return folder


def write(folder, pooling, transformer=None, model=None, after=("Normalize",)):
    """The files of sentence-transformers. `after`: modules after pooling, Dense as its sizes."""
    kinds = [("", "Transformer"), ("1_Pooling", "Pooling")]
    named = [step if isinstance(step, str) else "Dense" for step in after]
    kinds += [(f"{i}_{name}", name) for i, name in enumerate(named, 2)]
    put(folder / "modules.json", [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds)])
    put(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": 32, **pooling})
    put(folder / "sentence_bert_config.json", transformer or {"max_seq_length": 32})
    if model:
        put(folder / "config_sentence_transformers.json", model)
    for (path, _), step in zip(kinds[2:], after, strict=True):
        if step == "LayerNorm":
            norm = LayerNorm(32)
            torch.nn.init.normal_(norm.norm.weight)
            (folder / path).mkdir()
            norm.save(str(folder / path))
        if step == "Dropout":
            put(folder / path / "config.json", {"dropout": 0.5})
        if isinstance(step, dict):
            dense(folder / path, **step)


def dense(folder, size, out, activation="Identity", bias=False):
    """A Dense module with random weights."""
    kind = "linear" if activation == "Identity" else "activation"
    put(folder / "config.json", {
        "in_features": size, "out_features": out, "bias": bias,
        "activation_function": f"torch.nn.modules.{kind}.{activation}"})
    layer = torch.nn.Linear(size, out, bias=bias)
    save_file({f"linear.{name}": table for name, table in layer.state_dict().items()},
              folder / "model.safetensors")


def put(path, content):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content), "utf-8")
