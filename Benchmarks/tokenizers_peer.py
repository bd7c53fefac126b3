"""PyPI `tokenizers` as peer of `retort bench tokenize`, one thread.

Usage: tokenizers_peer.py CASE.json "one thread"      CASE.json: {"folder": a model folder or a tokenizer.json, "text": a file}
"""

import pathlib

import peer


def load(location):
    import tokenizers

    if location.is_file():
        return tokenizers.Tokenizer.from_file(str(location))
    if (location / "tokenizer.json").exists():
        return tokenizers.Tokenizer.from_file(str(location / "tokenizer.json"))
    import transformers

    return transformers.AutoTokenizer.from_pretrained(location).backend_tokenizer


def run(case, form):
    import tokenizers

    tokenizer = load(pathlib.Path(case["folder"]))
    text = pathlib.Path(case["text"]).read_bytes().decode(errors="replace")
    said = []

    def encode():
        ids = tokenizer.encode(text).ids
        values = [] if said else ids
        said.append(True)
        return len(ids), values

    peer.serve(encode, f"tokenizers {tokenizers.__version__}, {form}")


if __name__ == "__main__":
    peer.main(run)
