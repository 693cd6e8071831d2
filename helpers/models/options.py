"""What the option files in a model's folder may say: each key is followed, ignored or refused."""
import pathlib

from helpers.models.files import OTHERWISE, ModelFolderError, read_json

FOLLOWED = "followed"       # by read_recipe
IGNORED = "ignored"         # it cannot change a vector
# Else: the values that mean "as always". Any other value, and any other key, is refused.
NOTHING = (None, {}, [])
TEXT_ALONE = {"text": {"method": "forward", "method_output_name": "last_hidden_state"}}
SENTENCE = (None, "sentence_embedding")

TRANSFORMER = {
    **dict.fromkeys(("max_seq_length", "do_lower_case"), FOLLOWED),
    **dict.fromkeys(("unpad_inputs", "query_length", "document_length", "backend"), IGNORED),
    **dict.fromkeys(("model_args", "model_kwargs", "tokenizer_args", "processor_kwargs",
                     "config_args", "config_kwargs", "processing_kwargs", "query_expansion",
                     "tokenizer_name_or_path"), NOTHING),
    "transformer_task": ("feature-extraction",), "module_output_name": ("token_embeddings",),
    "modality_config": (TEXT_ALONE,)}
FLAGS = {       # of older files -> the pooling's name here, in the order of their results
    "pooling_mode_cls_token": "cls", "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean", "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len",
    "pooling_mode_weightedmean_tokens": "weighted_mean", "pooling_mode_lasttoken": "last"}
POOLING = {
    **dict.fromkeys(("pooling_mode", "include_prompt", *FLAGS), FOLLOWED),
    "embedding_dimension": IGNORED, "word_embedding_dimension": IGNORED}
DENSE = {
    **dict.fromkeys(("in_features", "out_features", "bias", "activation_function"), FOLLOWED),
    "module_input_name": SENTENCE, "module_output_name": SENTENCE, "use_residual": (None, False)}
NORMALIZE = {"module_input_name": SENTENCE, "module_output_name": SENTENCE}
MODEL = {
    **dict.fromkeys(("prompts", "default_prompt_name", "truncate_dim"), FOLLOWED),
    **dict.fromkeys(("__version__", "similarity_fn_name", "requirements"), IGNORED),
    "model_type": (None, "SentenceTransformer")}
MODULE = {**dict.fromkeys(("type", "path"), FOLLOWED),
          **dict.fromkeys(("idx", "name", "kwargs"), IGNORED)}


def read(path: pathlib.Path, known: dict, needed: bool = False) -> dict:
    """The content of an option file, {} if it may be absent and is; else a ModelFolderError."""
    content = read_json(path) if needed or path.is_file() else {}
    check(path, content, known)
    return content


def check(path: pathlib.Path, content: dict, known: dict) -> None:
    """Raise ModelFolderError naming file and key for what is neither known nor the default."""
    for key, value in content.items():
        rule = known.get(key, ())
        if rule not in (FOLLOWED, IGNORED) and value not in rule:
            raise ModelFolderError(f"{path} asks for {key} = {value!r:.60}, which is not supported "
                                   f"here. {OTHERWISE}")
