"""A small random model with bge-m3's architecture and files: its route, without its weights."""
import io
import itertools
import json
import pathlib

import sentencepiece
import torch
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import XLMRobertaConfig, XLMRobertaModel

SPECIAL = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "sep_token": "</s>",
           "pad_token": "<pad>", "cls_token": "<s>",
           "mask_token": {"content": "<mask>", "lstrip": True, "normalized": True,
                          "rstrip": False, "single_word": False}}
FLAGS = {"cls": "pooling_mode_cls_token", "mean": "pooling_mode_mean_tokens",
         "max": "pooling_mode_max_tokens", "mean_sqrt_len": "pooling_mode_mean_sqrt_len_tokens"}


def build_bge(folder, *, padding_side="right", pooling="cls", normalize=True, seed=0, **config):
    """Write a random model in bge-m3's form into `folder`: -> pathlib.Path.

    The same arguments give the same bytes. `pooling`: "cls", "mean", "max" or "mean_sqrt_len" (the
    flags of that time). `config`: XLMRobertaConfig's words, 2 layers of 64 numbers by default, for
    example `num_hidden_layers=4`. A larger `vocab_size` than the text gives is filled up with
    made-up pieces.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    size = _write_tokenizer(folder, padding_side, config.get("vocab_size", 0))
    _write_weights(folder, XLMRobertaConfig(**{
        "vocab_size": size, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 128, "max_position_embeddings": 8194, "type_vocab_size": 1,
        "layer_norm_eps": 1e-5, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2,
        "initializer_range": 0.2, **config}), seed)
    _write_modules(folder, pooling, normalize, config.get("hidden_size", 64))
    return folder


def _write_tokenizer(folder, padding_side, at_least):
    """sentencepiece.bpe.model, and tokenizer.json made of it as XLM-R's is: -> number of ids."""
    trained = _train_pieces()
    (folder / "sentencepiece.bpe.model").write_bytes(trained)
    proto = sentencepiece_model_pb2.ModelProto.FromString(trained)
    # XLM-R's order: four special tokens, then the trained pieces after <unk> <s> </s>, then <mask>
    pieces = [(name, 0.0) for name in ("<s>", "<pad>", "</s>", "<unk>")]
    pieces += [(piece.piece, piece.score) for piece in proto.pieces[3:]]
    pieces += [(f"▁a-made-up-piece{i}", -30.0) for i in range(len(pieces) + 1, at_least)]
    pieces += [("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False)
                                  for name, _ in pieces[:4]])
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap),
        normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)])
    tokenizer.save(str(folder / "tokenizer.json"))
    _write_json(folder / "special_tokens_map.json", SPECIAL)
    side = {} if padding_side == "right" else {"padding_side": padding_side}    # bge-m3's has none
    _write_json(folder / "tokenizer_config.json", {
        **SPECIAL, **side, "clean_up_tokenization_spaces": True, "model_max_length": 8192,
        "sp_model_kwargs": {}, "tokenizer_class": "XLMRobertaTokenizer"})
    return tokenizer.get_vocab_size()


def _train_pieces():
    """A Unigram model, up to 1,000 pieces and all letters, with XLM-R's NFKC map: -> bytes."""
    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(_text()), model_writer=trained, model_type="unigram",
        vocab_size=1000, hard_vocab_limit=False, character_coverage=1.0, num_threads=1,
        minloglevel=2)
    return trained.getvalue()


def _text():
    """Sentences in English, Chinese and code, put together from parts: pieces of many lengths."""
    who = ("the river", "a bank", "my teacher", "an embedding model", "the attention mask",
           "a tokenizer", "Berlin")
    does = ("turns text into vectors", "is far from the sea", "reads a question twice",
            "keeps money safe", "answers in numbers", "was built in 1998", "looks at every token")
    when = ("today", "in the morning", "without padding", "for everyone", "when it rains",
            "at the end")
    谁 = ("向量模型", "北京", "我的老师", "一条河", "注意力掩码", "分词器")
    做 = ("把文本变成向量", "离大海很远", "读了两遍问题", "用数字回答", "看每一个词", "保存你的钱")
    name = ("hidden", "mask", "tokens", "vectors", "batch", "length")
    call = ("sum(dim=1)", "mean()", "unsqueeze(-1)", "float()", "reshape(B, T, D)")
    english = [f"{w} {d} {t}." for w, d, t in itertools.product(who, does, when)]
    chinese = [f"{w}{d}。" for w, d in itertools.product(谁, 做)]
    code = [f"{a} = {b}.{c}  # {c}" for a, b, c in itertools.product(name, name, call)]
    greetings = ["hello world!", "Hello, World?", "你好，世界！", "print('hello world')"]
    return english + chinese * 3 + code + greetings * 3


def _write_weights(folder, config, seed):
    """config.json, the pickle of weights, and bge-m3's two other heads, in float16."""
    size = config.hidden_size
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        model = XLMRobertaModel(config)
        heads = {"sparse_linear.pt": torch.nn.Linear(size, 1),
                 "colbert_linear.pt": torch.nn.Linear(size, size)}
    torch.save(dict(model.state_dict()), folder / "pytorch_model.bin")      # a pickle, as bge-m3's
    for name, head in heads.items():
        torch.save(dict(head.half().state_dict()), folder / name)
    config.architectures, config.dtype = ["XLMRobertaModel"], torch.float32
    config.save_pretrained(folder)


def _write_modules(folder, pooling, normalize, size):
    """The files that tell sentence-transformers what follows the transformer."""
    kinds = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    _write_json(folder / "modules.json", [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds[:3 if normalize else 2])])
    flags = {flag: name == pooling for name, flag in FLAGS.items()}
    _write_json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": size, **flags})
    _write_json(folder / "sentence_bert_config.json",
                {"max_seq_length": 8192, "do_lower_case": False})
    _write_json(folder / "config_sentence_transformers.json", {"__version__": {
        "sentence_transformers": "2.2.2", "transformers": "4.33.0", "pytorch": "2.1.2"}})


def _write_json(path, content):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False), "utf-8")
