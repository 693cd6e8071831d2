"""Wrong answers that people give in notebook 01, and the words that name the mistake."""
from helpers.check.black_box import StandIn


def prompt_forgotten(options, prompt):
    return options.copy()


def prompt_first(options, prompt):
    query = {"prompt": prompt}
    query.update(options)
    return query


def written_into_the_documents_options(options, prompt):
    options["prompt"] = prompt
    return options


def without_quotes(options, prompt):
    return options | {prompt: prompt}


def nested(options, prompt):
    return dict(prompt=prompt, encode_kwargs=options)


def by_length(embeddings, texts):
    if len(texts) == 1:
        raise TypeError("texts must be a list")
    return embeddings.embed_documents(texts)


def tuples_too(embeddings, texts):
    if type(texts) is not list:
        raise TypeError("texts must be a list of str")
    return embeddings.embed_documents(texts)


def wrong_word(embeddings, texts):
    if isinstance(texts, str):
        raise ValueError("put the text in a list")
    return embeddings.embed_documents(texts)


def speechless(embeddings, texts):
    if isinstance(texts, str):
        raise TypeError
    return embeddings.embed_documents(texts)


def helpful(embeddings, texts):
    if isinstance(texts, str):
        texts = [texts]
    return embeddings.embed_documents(texts)


def prints_only(embeddings, texts):
    if isinstance(texts, str):
        print("texts must be a list")
    else:
        return embeddings.embed_documents(texts)


def without_empty_texts(embeddings, texts):
    if isinstance(texts, str):
        raise TypeError("texts must be a list of str")
    return embeddings.embed_documents(list(filter(None, texts)))


WRONG = {
    "query_options": [
        (prompt_forgotten, "the prompt does not"),
        (prompt_first, "put the query's prompt last"),
        (written_into_the_documents_options, "changes the input"),
        (without_quotes, "quotation marks"),
        (nested, "a dictionary into the dictionary"),
    ],
    "safe_documents": [
        (by_length, "Ask for the type"),
        (tuples_too, "a tuple of texts"),
        (wrong_word, "TypeError"),
        (speechless, "says nothing"),
        (helpful, "the caller never learns"),
        (prints_only, "returned None"),
        (without_empty_texts, "left out empty texts"),
    ],
}


def more_options(generator):
    options = [{}, {"batch_size": 1}, {"prompt": ""}, {"prompt_name": "query"},
               {"precision": "int8", "prompt": "x"}]
    prompts = ("", "query: ", "prompt", "batch_size")
    return [(each, prompt) for each in options for prompt in prompts]


def more_texts(generator):
    texts = ["", "x", "hello world", [], [""], ["x"], ["a"] * 9, (), ("a",), ("a", "b"), {"a": 1},
             {"a"}, range(0)]
    return [(StandIn(7), each) for each in texts]


WIDE = {"query_options": more_options, "safe_documents": more_texts}
