"""What stands behind the notebooks. Names load when first used, so `import helpers` is cheap."""
import importlib

_HOME = {
    "model_dir": "models.find",
    "published": "models.find",
    "ModelFolderError": "models.folder",
    "Encoder": "encoder.encoder",
    "EncoderEmbeddings": "encoder.langchain",
    "cls_pool": "pooling",
    "mean_pool": "pooling",
    "max_pool": "pooling",
    "last_pool": "pooling",
    "normalize": "pooling",
    "same": "proof",
    "finding": "proof",
    "as_published": "proof",
    "read_heads": "encoder.bge_m3",
    "dropped_ids": "encoder.bge_m3",
    "lexical_weights": "encoder.bge_m3",
    "lexical_score": "encoder.bge_m3",
    "token_vectors": "encoder.bge_m3",
    "late_interaction": "encoder.bge_m3",
    "mix_scores": "encoder.bge_m3",
    "diagnose": "diagnosis.search",
    "trace": "diagnosis.trace",
}
__all__ = list(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'helpers' has no attribute {name!r}; it has {', '.join(_HOME)}")
    return getattr(importlib.import_module(f"helpers.{_HOME[name]}"), name)


def __dir__():
    return sorted({*globals(), *_HOME})
