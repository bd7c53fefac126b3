#!/usr/bin/env python3
"""Serves a Llama folder with a SentencePiece-like tokenizer.json as an OpenAI-compatible endpoint, by llama-cpp-python's server.

Usage: upstream-server.py FOLDER PORT [MODEL_NAME]
       upstream-server.py FOLDER --gguf FILE    writes the folder for llama.cpp's own server, and serves nothing
Needs what `scripts/venv.sh --bench` installs. It listens on 127.0.0.1 until it is stopped.
"""

import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Benchmarks"))
import llama_peer  # noqa: E402


def tokenizer_adder(folder):
    """What writes the folder's tokenizer as llama.cpp's own kind, whose scores are the ranks of the merges."""
    import gguf

    document = json.loads((folder / "tokenizer.json").read_text())
    config = json.loads((folder / "config.json").read_text())
    model = document["model"]
    if model["type"] != "BPE" or not model.get("byte_fallback"):
        raise SystemExit(f"{folder}: only byte-fallback BPE tokenizers are converted")
    ranks = {}
    for rank, merge in enumerate(model["merges"]):
        ranks.setdefault("".join(merge if isinstance(merge, list) else merge.split(" ")), rank)
    special = {token["id"]: token["content"] for token in document["added_tokens"]}
    tokens = sorted(model["vocab"].items(), key=lambda item: item[1])

    def kind(text, index):
        if text == model.get("unk_token"):
            return gguf.TokenType.UNKNOWN
        if index in special:
            return gguf.TokenType.CONTROL
        return gguf.TokenType.BYTE if text.startswith("<0x") and len(text) == 6 else gguf.TokenType.NORMAL

    def add(writer):
        writer.add_tokenizer_model("llama")
        writer.add_token_list([text for text, _ in tokens])
        writer.add_token_scores([float(-ranks.get(text, len(ranks))) for text, _ in tokens])
        writer.add_token_types([kind(text, index) for text, index in tokens])
        writer.add_bos_token_id(config["bos_token_id"])
        writer.add_eos_token_id(config["eos_token_id"])
        writer.add_unk_token_id(0)
        writer.add_add_bos_token(True)

    return add


def main():
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    if sys.argv[2] == "--gguf" and len(sys.argv) == 4:
        return llama_peer.convert(folder, "float32", pathlib.Path(sys.argv[3]), tokenizer_adder(folder))
    port = int(sys.argv[2])
    import uvicorn
    from llama_cpp.server.app import create_app
    from llama_cpp.server.settings import ModelSettings, ServerSettings

    with tempfile.TemporaryDirectory() as place:
        path = pathlib.Path(place) / "model.gguf"
        llama_peer.convert(folder, "float32", path, tokenizer_adder(folder))
        model = ModelSettings(
            model=str(path), model_alias=sys.argv[3] if len(sys.argv) == 4 else folder.name, n_ctx=512, n_threads=1,
            n_threads_batch=1, logits_all=True, verbose=False, use_mmap=False)
        app = create_app(server_settings=ServerSettings(host="127.0.0.1", port=port), model_settings=[model])
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
