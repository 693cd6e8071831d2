"""LangChain's vector of `hello world!` beside the one built by hand: the project in one table."""
import os
import sys
import time

QUIET = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
         "TRANSFORMERS_VERBOSITY": "error"}


def main(text="hello world!"):
    start = time.perf_counter()
    from helpers import model_dir
    from helpers.models.plain import plain_copy
    folder, without = plain_copy(model_dir())           # a wrong one is said at once

    import torch
    from langchain_huggingface import HuggingFaceEmbeddings
    from transformers import AutoTokenizer

    from helpers.encoder.weights import load_model
    from helpers.models.find import identify
    from helpers.models.folder import read_recipe
    from helpers.pooling import POOLINGS, normalize

    embeddings = HuggingFaceEmbeddings(model_name=folder, model_kwargs={"device": "cpu"})
    black_box = embeddings.embed_query(text)

    recipe = read_recipe(folder)
    given = text.lower() if recipe.lower_case else text
    features = AutoTokenizer.from_pretrained(folder)(given, return_tensors="pt")
    model = load_model(folder, "cpu", torch.float32)
    with torch.inference_mode():
        hidden = model(**features).last_hidden_state                                # (1, T, D)
    mask = features["attention_mask"]                                               # (1, T)
    pooled = torch.cat([POOLINGS[name](hidden, mask) for name in recipe.pooling], dim=-1)
    by_hand = (normalize(pooled) if recipe.normalize else pooled)[0]                # (D,)

    off = (by_hand - torch.tensor(black_box)).abs().max().item()
    print(f"\n  model      {identify(folder) or folder}\n  text       {text}\n")
    if without:
        print(f"  left out   {', '.join(without)}\n")
    for name, vector in (("black box", black_box), ("by hand", by_hand.tolist())):
        first = " ".join(f"{number:9.6f}" for number in vector[:5])
        print(f"  {name:<10} {first}  ... {len(vector)} numbers")
    print(f"\n  max |Δ|    {off:.1e}    {time.perf_counter() - start:.0f} s\n")
    if off > 1e-6:
        raise SystemExit("The two differ by more than 1e-6: something is wrong with this "
                         "installation.")


if __name__ == "__main__":
    os.environ.update(QUIET)
    try:
        main()
    except (OSError, MemoryError) as error:
        sys.exit(str(error))
