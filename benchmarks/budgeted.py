"""ONNX Runtime, fed as well as we know how: ids from the model's tokenizer, sorted, 2,048 tokens with padding to a batch."""
import pathlib

BUDGET = 2048


def load(graph, folder, length):
    """-> (encode(texts, batch), query(text)); the session has ONNX Runtime's own settings."""
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    names = {node.name for node in session.get_inputs()}
    tokenizer = Tokenizer.from_file(str(pathlib.Path(folder, "tokenizer.json")))
    tokenizer.no_padding()
    tokenizer.enable_truncation(length)

    def forward(rows):
        """Ids of texts, the longest last -> (B, D), unit vectors."""
        ids, mask = np.zeros((2, len(rows), len(rows[-1])), dtype=np.int64)                     # (B, T) each
        for i, row in enumerate(rows):
            ids[i, :len(row)], mask[i, :len(row)] = row, 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = session.run(None, {name: given[name] for name in names})[0]                    # (B, T, D)
        total = (hidden * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)        # (B, D)
        return total / np.linalg.norm(total, axis=1, keepdims=True)

    def encode(texts, batch=None):
        rows = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts)]
        order, done = sorted(range(len(rows)), key=lambda i: len(rows[i])), []
        for chosen in batches(order, [len(rows[i]) for i in order]):
            done.append(forward([rows[i] for i in chosen]))
        vectors = np.empty((len(rows), done[0].shape[1]), dtype=np.float32)
        vectors[order] = np.concatenate(done)
        return vectors
    return encode, lambda text: encode([text])[0]


def batches(order, lengths):
    """Cut `order`, whose texts have these ascending `lengths`, where texts times longest would pass BUDGET."""
    start = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or (end + 1 - start) * lengths[end] > BUDGET:
            yield order[start:end]
            start = end
