"""The figures of published.json, computed anew on the model in a folder, by their names there."""
import pathlib

import torch
from transformers import AutoTokenizer

from helpers import Encoder, EncoderEmbeddings, cls_pool, mean_pool, normalize


class Figures:
    """One loaded copy of a model of bge-m3's layout: its encoder and its two other heads."""

    def __init__(self, folder):
        self.encoder = Encoder(folder)
        self.model = self.encoder.model
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.sparse, self.colbert = (head(pathlib.Path(folder, f"{name}_linear.pt"))
                                     for name in ("sparse", "colbert"))

    @torch.inference_mode()
    def output(self, text):
        """The transformer's output and the tokens of one text."""
        tokens = self.tokenizer(text, return_tensors="pt")
        return self.model(**tokens), tokens

    def seed(self, entry):
        """What the original walkthrough printed."""
        output, tokens = self.output(entry["text"])
        hidden, mask = output.last_hidden_state, tokens["attention_mask"]       # (1, T, D), (1, T)
        by_cls, by_mean = (normalize(pool(hidden, mask))[0] for pool in (cls_pool, mean_pool))
        as_query = EncoderEmbeddings(self.encoder).embed_query(entry["text"])
        return {"shape_last_hidden_state": list(hidden.shape),
                "embed_query_first10": as_query[:10],
                "last_hidden_state_first3_last3": ends(hidden[0]).tolist(),
                "pooler_output_first3_last3": ends(output.pooler_output[0]).tolist(),
                "cls_normalized_first3_last3": ends(by_cls).tolist(),
                "mean_normalized_first3_last3": ends(by_mean).tolist()}

    def flagembedding_tutorial(self, entry):
        """Dense vectors, lexical weights, token vectors of queries and passages; their scores."""
        queries, passages = entry["queries"], entry["passages"]
        query = queries[0]
        weights = {text: self.lexical_weights(text) for text in queries + passages}
        tokens = {text: self.token_vectors(text) for text in queries + passages}
        # (queries, passages)
        dense = (self.encoder.encode(queries) @ self.encoder.encode(passages).T).tolist()
        lexical = [lexical_score(weights[query], weights[passage]) for passage in passages]
        late = [late_interaction(tokens[query], tokens[passage]) for passage in passages]
        return {"dense": dense,
                **{f"lexical_weights_query{i}": self.by_piece(weights[text])
                   for i, text in enumerate(queries)},
                "lexical_ids_query0": list(weights[query]),
                "lexical_score_query0": lexical,
                "colbert_shapes": {"query0": list(tokens[query].shape),
                                   "passage0": list(tokens[passages[0]].shape)},
                "colbert_score_query0": late,
                "equal_thirds_query0": [sum(scores) / 3 for scores
                                        in zip(dense[0], lexical, late, strict=True)]}

    def by_piece(self, weights):
        """Weights by the text of their token: {id: weight} -> {piece: weight}."""
        return {self.tokenizer.decode([i]): weight for i, weight in weights.items()}

    def model_card(self, entry):
        """The scores of each query with each passage, and their mixtures, in the card's order."""
        pairs = [(query, passage) for query in entry["queries"] for passage in entry["passages"]]
        dense = [float(self.encoder.encode([query])[0] @ self.encoder.encode([passage])[0])
                 for query, passage in pairs]
        sparse = [lexical_score(*map(self.lexical_weights, pair)) for pair in pairs]
        colbert = [late_interaction(*map(self.token_vectors, pair)) for pair in pairs]
        d, s, c = entry["weights"]
        return {"dense": dense, "sparse": sparse, "colbert": colbert,
                "sparse+dense": [(s * y + d * x) / (s + d)
                                 for x, y in zip(dense, sparse, strict=True)],
                "colbert+sparse+dense": [(d * x + s * y + c * z) / (d + s + c)
                                         for x, y, z in zip(dense, sparse, colbert, strict=True)]}

    def lexical_weights(self, text):
        """How much each token of a text counts: -> {id: weight}, the largest of a repeated one.

        The tokens <s>, </s>, <pad> and <unk> never count; <mask> does.
        """
        output, tokens = self.output(text)
        found = torch.relu(self.sparse(output.last_hidden_state))[0, :, 0]      # (T,)
        left_out = self.tokenizer.convert_tokens_to_ids(["<s>", "</s>", "<pad>", "<unk>"])
        weights = {}
        for i, weight in zip(tokens["input_ids"][0].tolist(), found.tolist(), strict=True):
            if i not in left_out and weight > weights.get(i, 0):
                weights[i] = weight
        return weights

    def token_vectors(self, text):
        """One vector of length 1 per token, without the first: (T - 1, D)."""
        hidden = self.output(text)[0].last_hidden_state[0, 1:]                  # (T - 1, D)
        return normalize(self.colbert(hidden))

    def sentence_transformers_test(self, entry):
        """How similar a query is to passages."""
        query = self.encoder.encode([entry["query"]])[0]                        # (D,)
        return {"similarity": (self.encoder.encode(entry["passages"]) @ query).tolist()}


def head(path):
    """A linear layer stored as float16: -> one that computes in float32."""
    state = {name: tensor.float() for name, tensor in torch.load(path, weights_only=True).items()}
    layer = torch.nn.Linear(*reversed(state["weight"].shape))
    layer.load_state_dict(state)
    return layer.requires_grad_(False)


def lexical_score(query, passage):
    """The sum of the products of the weights that both have."""
    return sum(weight * passage[i] for i, weight in query.items() if i in passage)


def late_interaction(query, passage):
    """Each query token's best match in the passage, on average: (n, D), (m, D) -> float."""
    return (query @ passage.T).amax(dim=1).mean().item()


def ends(rows):
    """The first three and the last three numbers of each row: (..., D) -> (..., 6)."""
    return torch.cat([rows[..., :3], rows[..., -3:]], dim=-1)
