"""What stands behind the notebooks. Names load when first used, so `import helpers` is cheap."""
import importlib
from typing import TYPE_CHECKING

_HOME = {
    "models.find": ["model_dir", "published"], "models.files": ["ModelFolderError"],
    "encoder.encoder": ["Encoder"], "encoder.langchain": ["EncoderEmbeddings"],
    "pooling": ["cls_pool", "mean_pool", "max_pool", "last_pool", "normalize"],
    "proof": ["same", "finding", "bootstrap_interval"],
    "encoder.bge_m3": ["read_heads", "dropped_ids", "lexical_weights", "lexical_score",
                       "token_vectors", "late_interaction", "mix_scores"],
    "diagnosis.search": ["diagnose"], "diagnosis.trace": ["trace"],
}
_MODULE = {name: module for module, names in _HOME.items() for name in names}
__all__ = list(_MODULE)  # pyright: ignore[reportUnsupportedDunderAll]

if TYPE_CHECKING:       # the same list once more, which editors and type checkers read
    from helpers.diagnosis.search import diagnose as diagnose
    from helpers.diagnosis.trace import trace as trace
    from helpers.encoder.bge_m3 import dropped_ids as dropped_ids
    from helpers.encoder.bge_m3 import late_interaction as late_interaction
    from helpers.encoder.bge_m3 import lexical_score as lexical_score
    from helpers.encoder.bge_m3 import lexical_weights as lexical_weights
    from helpers.encoder.bge_m3 import mix_scores as mix_scores
    from helpers.encoder.bge_m3 import read_heads as read_heads
    from helpers.encoder.bge_m3 import token_vectors as token_vectors
    from helpers.encoder.encoder import Encoder as Encoder
    from helpers.encoder.langchain import EncoderEmbeddings as EncoderEmbeddings
    from helpers.models.files import ModelFolderError as ModelFolderError
    from helpers.models.find import model_dir as model_dir
    from helpers.models.find import published as published
    from helpers.pooling import cls_pool as cls_pool
    from helpers.pooling import last_pool as last_pool
    from helpers.pooling import max_pool as max_pool
    from helpers.pooling import mean_pool as mean_pool
    from helpers.pooling import normalize as normalize
    from helpers.proof import bootstrap_interval as bootstrap_interval
    from helpers.proof import finding as finding
    from helpers.proof import same as same
else:
    def __getattr__(name):
        if name not in _MODULE:
            raise AttributeError(f"helpers has no attribute {name!r}; it has {', '.join(_MODULE)}")
        return getattr(importlib.import_module(f"helpers.{_MODULE[name]}"), name)

    def __dir__():
        return [*globals(), *_MODULE]
