"""The exercises of notebook 01."""
from dataclasses import dataclass

import torch

from helpers.check.judge import function


def options_and_prompts(generator):
    """Options for documents, and a prompt for queries: none first, and at the end options with a
    prompt of their own.
    """
    size = int(torch.randint(1, 65, (), generator=generator))
    return [({}, "query: "), ({"batch_size": size}, "query: "),
            ({"normalize_embeddings": True, "batch_size": size}, "Question: "),
            ({"prompt": "passage: "}, "query: "),
            ({"prompt": "passage: ", "batch_size": size}, "Question: ")]


def prompt_alone(options, prompt):
    """The function that the learner repairs: nothing of the options arrives."""
    return {"prompt": prompt}


@function(
    cases=options_and_prompts,
    given=prompt_alone,
    mistakes={
        "the options arrive, the prompt does not": lambda options, prompt: dict(options),
        "the documents' own prompt wins: of two equal keys the later one stays, "
        "so put the query's prompt last":
            lambda options, prompt: {"prompt": prompt, **options},
        "the key is the text of the prompt: put quotation marks around it, \"prompt\"":
            lambda options, prompt: {**options, prompt: prompt},
        "you put a dictionary into the dictionary: its entries must stand beside the prompt, "
        "{**options, …}":
            lambda options, prompt: {"encode_kwargs": options, "prompt": prompt},
    },
    remember="`query_encode_kwargs` replaces `encode_kwargs`: "
             "what queries must share with documents has to stand in both.",
    hints=("run it on {\"batch_size\": 8}: what do documents get, what do queries get?",
           "a new dictionary with everything in options, and then the prompt: {**options, …}"),
)
def query_options(options, prompt):
    """find the bug in query_options: queries must get all that documents get, and the prompt of
    queries.
    """
    whole = dict(options)
    whole["prompt"] = prompt
    return whole


@dataclass
class StandIn:
    """In place of LangChain's object, without a model: two numbers per text, and a str taken for a
    list of letters.
    """
    seed: int

    def embed_documents(self, texts):
        """Two numbers for each text."""
        return [[float(len(text)), float(self.seed + sum(map(ord, text)))] for text in texts]


def documents(generator):
    """Objects and what people hand to them, right and wrong."""
    embeddings = StandIn(int(torch.randint(0, 100, (), generator=generator)))
    return [(embeddings, texts) for texts in
            (["a"], "a", "", [], ["a", "b c"], ("a", "b c"), "hello", "a\nb c", ["", "a", "b c"])]


def let_through(embeddings, texts):
    """The function that the learner starts from: a str passes."""
    return embeddings.embed_documents(texts)


def one_text_refused(embeddings, texts):
    """Takes the length of a list for its type."""
    if len(texts) == 1:
        raise TypeError("give a list of texts")
    return embeddings.embed_documents(texts)


def only_lists(embeddings, texts):
    """Refuses tuples, too."""
    if not isinstance(texts, list):
        raise TypeError("give a list of texts")
    return embeddings.embed_documents(texts)


def refuse(error):
    """A safe_documents that refuses a str with `error`."""
    def refusing(embeddings, texts):
        if isinstance(texts, str):
            raise error
        return embeddings.embed_documents(texts)
    return refusing


@function(
    cases=documents,
    given=let_through,
    mistakes={
        "you asked for the length: a list of one text is fine, and \"hello\" has length 5. "
        "Ask for the type":
            one_text_refused,
        "you refuse a tuple of texts too: refuse the str, nothing else": only_lists,
        "you raised a ValueError: the type is wrong, not the value, "
        "and Python's word for that is TypeError":
            refuse(ValueError("give a list of texts")),
        "your TypeError says nothing: give it a sentence that says what to do": refuse(TypeError()),
        "you made a list of the str: the caller never learns of the mistake, "
        "and gets a list where a vector was meant":
            lambda embeddings, texts: embeddings.embed_documents(
                [texts] if isinstance(texts, str) else texts),
        "you returned None for a str: the program goes on, and fails far from the mistake. "
        "Raise a TypeError":
            lambda embeddings, texts: (
                None if isinstance(texts, str) else embeddings.embed_documents(texts)),
        "you left out empty texts: they have vectors too, and vector i must belong to text i":
            lambda embeddings, texts: safe_documents.definition(
                embeddings, texts if isinstance(texts, str) else [text for text in texts if text]),
    },
    remember="A str is a list of letters to Python: whoever takes a list of texts has to ask for "
             "the type.",
    hints=("what tells \"hello\" from [\"hello\"]? not the length, "
           "and not whether one can loop over it",
           "if isinstance(texts, str): raise TypeError(\"…what to do…\"); "
           "everything else goes on as before"),
)
def safe_documents(embeddings, texts):
    """write safe_documents: like embed_documents, but a str raises a TypeError that says what to
    do.
    """
    if type(texts) is str:
        raise TypeError("texts is a str: put it in a list, or call embed_query")
    return embeddings.embed_documents(texts)
