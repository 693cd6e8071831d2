"""A transformer of any architecture and on any device, by the library: batches padded to their longest text."""
import torch
from torch.nn.utils.rnn import pad_sequence

from helpers.loading import load_transformer
from helpers.pooling import POOLINGS


class Padded:
    """`Padded(model).pooled(rows, ["cls"])`: what helpers.packed does, for what it does not know."""

    def __init__(self, model):
        self.model, self.hidden_size = model, model.config.hidden_size

    @torch.inference_mode()
    def pooled(self, rows, poolings):
        """Pooled vectors of a batch: rows of ids -> (B, len(poolings)·D) float32 on the CPU.

        Pads go to the right, whatever the tokenizer's files say, so that no model's positions move.
        """
        pad, device = self.model.config.pad_token_id or 0, self.model.device
        ids = pad_sequence([torch.as_tensor(row) for row in rows], batch_first=True, padding_value=pad)    # (B, T)
        mask = (torch.arange(ids.shape[1]) < torch.tensor([len(row) for row in rows])[:, None]).long()    # (B, T)
        ids, mask = ids.to(device), mask.to(device)
        hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state                         # (B, T, D)
        return torch.cat([POOLINGS[name](hidden, mask) for name in poolings], dim=-1).cpu()


def load_model(folder, device, dtype):
    """The transformer in a folder, for inference: -> a transformers model. Raises ModelFolderError if weights are missing."""
    from transformers.utils import logging
    bar, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()                                  # loading takes a blink; the bar would stay
    logging.set_verbosity_error()                                   # what matters of its report is an error of ours
    try:
        return load_transformer(folder, dtype, device)
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()
