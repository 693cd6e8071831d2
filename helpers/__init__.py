"""What stands behind the notebooks. Names load when first used, so `import helpers` is cheap."""
import importlib

_HOME = {
    "model_dir": "models",
    "published": "models",
    "Encoder": "encoder",
    "EncoderEmbeddings": "embeddings",
    "cls_pool": "pooling",
    "mean_pool": "pooling",
    "max_pool": "pooling",
    "last_pool": "pooling",
    "normalize": "pooling",
    "same": "proof",
    "finding": "proof",
    "as_published": "proof",
    "read_heads": "three_vectors",
    "dropped_ids": "three_vectors",
    "lexical_weights": "three_vectors",
    "lexical_score": "three_vectors",
    "token_vectors": "three_vectors",
    "late_interaction": "three_vectors",
    "mix_scores": "three_vectors",
    "diagnose": "search",
    "trace": "stages",
}
__all__ = list(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'helpers' has no attribute {name!r}; it has {', '.join(_HOME)}")
    return getattr(importlib.import_module(f"helpers.{_HOME[name]}"), name)


def __dir__():
    return sorted({*globals(), *_HOME})
