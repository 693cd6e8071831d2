"""Small random folders of many architectures, as sentence-transformers saves them, and LangChain's
vectors of them: 2 layers of 32 numbers, tokenizers made of a few sentences."""
import functools
import json
import pathlib

import tiny
import torch
import transformers as tf
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

TEXTS = ["hello world!", "", "向量模型读了两遍问题。", "a [SEP] </s> <pad> <|end|> [MASK] b",
         "The attention mask turns text into vectors, and a bank keeps money safe.",
         " ".join(f"the river is {i} steps away," for i in range(12))]
LIMIT = 48          # tokens: the last text is longer
SIZE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 64, "initializer_range": 0.2}
TYPED = ["input_ids", "token_type_ids", "attention_mask"]
ROPE = {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}}


def wordpiece():
    """BERT's: [CLS] … [SEP], padding 0."""
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    made.train_from_iterator(tiny._text(), trainers.WordPieceTrainer(
        vocab_size=500, special_tokens=special, show_progress=False))
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return made, {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]",
                  "sep_token": "[SEP]", "mask_token": "[MASK]", "model_input_names": TYPED}


def byte_level(template="$A <|end|>", special=("<|pad|>", "<|end|>"), **words):
    """Qwen's and Gemma's: bytes, an end token, padding on the left."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(tiny._text(), trainers.BpeTrainer(
        vocab_size=500, special_tokens=list(special), show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    made.post_processor = processors.TemplateProcessing(
        single=template, special_tokens=[(name, i) for i, name in enumerate(special)])
    return made, {"pad_token": "<|pad|>", "eos_token": "<|end|>", "padding_side": "left", **words}


def unigram(special=("<s>", "<pad>", "</s>", "<unk>"), template="<s> $A </s>", **words):
    """XLM-RoBERTa's, and with other special tokens T5's and XLNet's."""
    made = Tokenizer(models.Unigram())
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.train_from_iterator(tiny._text(), trainers.UnigramTrainer(
        vocab_size=500, special_tokens=list(special), unk_token="<unk>", show_progress=False))
    made.post_processor = processors.TemplateProcessing(
        single=template, special_tokens=[(name, i) for i, name in enumerate(special)])
    return made, {"pad_token": "<pad>", "unk_token": "<unk>", "eos_token": "</s>", **words}


@functools.cache
def tokenizer(kind):
    """A tokenizer by its name: -> transformers' object around it."""
    made, words = {
        "wordpiece": wordpiece,
        "bytes": byte_level,
        "roberta": functools.partial(unigram, bos_token="<s>", cls_token="<s>", sep_token="</s>",
                                     model_input_names=TYPED[::2]),
        "t5": functools.partial(unigram, ("<pad>", "</s>", "<unk>"), "$A </s>",
                                model_input_names=TYPED[::2]),
        "xlnet": functools.partial(
            unigram, ("<pad>", "</s>", "<unk>", "<sep>", "<cls>"), "$A:0 <sep>:0 <cls>:2",
            sep_token="<sep>", cls_token="<cls>", padding_side="left", pad_token_type_id=3,
            model_input_names=TYPED),
    }[kind]()
    return tf.PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=LIMIT, **words)


# name -> its configuration, its tokenizer, the pooling that such models ask for
ARCHITECTURES = {
    "BERT": (tf.BertConfig, {}, "wordpiece", "cls"),
    "RoBERTa": (tf.RobertaConfig, {"pad_token_id": 1}, "roberta", "mean"),
    "XLM-RoBERTa": (tf.XLMRobertaConfig, {"pad_token_id": 1}, "roberta", "cls"),
    "MPNet": (tf.MPNetConfig, {"pad_token_id": 1}, "roberta", "mean"),
    "DistilBERT": (tf.DistilBertConfig, {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64},
                   "wordpiece", "mean"),
    "ALBERT": (tf.AlbertConfig, {"embedding_size": 16}, "wordpiece", "mean"),
    "ELECTRA": (tf.ElectraConfig, {"embedding_size": 16}, "wordpiece", "cls"),
    "DeBERTa": (tf.DebertaConfig, {"relative_attention": True, "position_biased_input": False,
                                   "pos_att_type": ["c2p", "p2c"]}, "wordpiece", "mean"),
    "DeBERTa-v2": (tf.DebertaV2Config, {"relative_attention": True, "position_biased_input": False,
                                        "pos_att_type": ["c2p", "p2c"]}, "wordpiece", "mean"),
    "ModernBERT": (tf.ModernBertConfig, {"local_attention": 8, "pad_token_id": 0}, "wordpiece",
                   "cls"),
    "NomicBERT": (tf.NomicBertConfig, {}, "wordpiece", "mean"),
    "GTE": (tf.GteConfig, {}, "wordpiece", "cls"),
    "XLNet": (tf.XLNetConfig, {"d_model": 32, "n_layer": 2, "n_head": 2, "d_inner": 64}, "xlnet",
              "mean"),
    "T5 (its encoder)": (tf.T5Config, {"d_model": 32, "num_layers": 2, "num_heads": 2, "d_kv": 16,
                                       "d_ff": 64, "initializer_factor": 1.0}, "t5", "mean"),
    "Qwen3": (tf.Qwen3Config, {"head_dim": 16, "num_key_value_heads": 1, **ROPE}, "bytes",
              "lasttoken"),
    "Gemma 3": (tf.Gemma3TextConfig, {"head_dim": 16, "num_key_value_heads": 1,
                                      "sliding_window": 8, "use_bidirectional_attention": True},
                "bytes", "mean"),
}


def write_json(path, content):
    """Write a JSON file, and the folder that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")


def build(name, folder):
    """Write the folder of an architecture: -> pathlib.Path. The same name gives the same bytes."""
    kind, words, tokens, pooling = ARCHITECTURES[name]
    size = {} if {"d_model", "dim"} & set(words) else SIZE
    config = kind(**{"vocab_size": 520, "pad_token_id": 0, "bos_token_id": None,
                     "eos_token_id": None, **size, **words})
    folder = pathlib.Path(folder)
    torch.manual_seed(0)
    tf.AutoModel.from_config(config).eval().save_pretrained(folder)
    tokenizer(tokens).save_pretrained(folder)
    write_modules(folder, {"pooling_mode": pooling})
    return folder


def write_modules(folder, pooling, *after, inside=""):
    """modules.json and the options of Pooling; `after`: (class, its config.json or None)."""
    kinds = [("Transformer", inside), ("Pooling", "1_Pooling")]
    kinds += [(kind, f"{i}_{kind}") for i, (kind, _) in enumerate(after, 2)]
    write_json(folder / "modules.json", [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate(kinds)])
    write_json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": 32, **pooling})
    for i, (kind, config) in enumerate(after, 2):
        if config is not None:
            write_json(folder / f"{i}_{kind}" / "config.json", config)


def langchain(folder):
    """LangChain's embeddings of a folder."""
    from langchain_huggingface import HuggingFaceEmbeddings
    return HuggingFaceEmbeddings(model_name=str(folder), model_kwargs={"device": "cpu"})
