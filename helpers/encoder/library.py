"""What follows the transformer, by sentence-transformers' own modules, where no lesson does it."""
from pathlib import Path

import torch
from torch import Tensor

from helpers.models.files import ModelFolderError


class Library:
    """Called with token vectors and the mask it gives pooled ones: (B, T, D), (B, T) -> (B, P).

    `modules`: (class, folder inside) of each, in order; they are given `size` numbers per token.
    `prompt`: how many tokens at the beginning of each text are the prompt's.
    """

    def __init__(self, folder: Path, modules: tuple, size: int, prompt: int) -> None:
        from sentence_transformers import models  # here: its import takes seconds
        self.prompt = prompt
        try:
            self.steps = torch.nn.Sequential(*(
                getattr(models, kind).load(str(folder / place)) for kind, place in modules)).eval()
            one = self(torch.ones(1, prompt + 1, size), torch.ones(1, prompt + 1))
        except Exception as error:              # of many kinds, from several libraries
            raise ModelFolderError(f"the modules in {folder} cannot be used: {error}") from None
        self.dimension = one.shape[1]

    @torch.inference_mode()
    def __call__(self, hidden: Tensor, mask: Tensor) -> Tensor:
        features = {"token_embeddings": hidden.float(), "attention_mask": mask,
                    "prompt_length": self.prompt}
        return self.steps.to(hidden.device)(features)["sentence_embedding"]
