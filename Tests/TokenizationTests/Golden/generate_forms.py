"""Makes forms/ and forms.json: a small tokenizer of each well-known family's form, with the ids and texts that PyPI
`tokenizers` 0.23.3 and `sentencepiece` 0.2.3 give on awkward and random strings, as CRC-32.

Usage: python3 generate_forms.py [DATA]    DATA: the folder of foreign tokenizers (default: ../shared/data of the package)

A tokenizer that is there already is kept: training breaks ties as it likes. Seed 20261121.
"""

import json
import pathlib
import sys
import tempfile
import zlib

import sentencepiece
from tokenizers import Tokenizer

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "scripts" / "parity"))
import nasty  # noqa: E402
import tokenizers_parity as parity  # noqa: E402

DATA = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parents[3] / "shared" / "data"
NAMES = [
    "gpt4o", "tekken", "qwen3.5", "tiktoken", "deepseek-llm", "deepseek-v3", "bloom", "falcon", "gemma", "t5", "xlnet", "albert-nmt", "unigram-bytes",
    "affixed", "byte-normalizer", "bert", "bert-uncased", "bert-cased", "bert-accents", "punctuation-merged_with_next", "gpt2-contiguous", "split-inverted-removed",
]
#: What the character map of the fixtures does: compatibility forms, a cluster of two, a character that goes.
RULES = "FB01\t66 69\nFF21\t41\nFF42\t62\nBD\t31 2F 32\n3000\t20\nA0\t20\n65 301\tE9\n200B\t\nAD\t\n2460\t31\n"
MODELS = [
    "tokenizer-llama2/tokenizer.model", "tokenizer-mistral/tokenizer.model.v1", "tokenizer-mistral/mistral_instruct_tokenizer_240323.model.v3",
    "tokenizer-cases/test_model.model", "babyllama-tok105/tok105.model",
]


def crc(text):
    return zlib.crc32(text.encode())


def of_tokenizer(tokenizer, strings):
    special = {i for i, token in tokenizer.get_added_tokens_decoder().items() if token.special}
    ids = [tokenizer.encode(text).ids for text in strings]
    kept = [[i for i in row if i not in special] for row in ids]
    return {"ids": [crc(str(row)) for row in ids], "decoded": [crc(tokenizer.decode(row, skip_special_tokens=False)) for row in kept]}


def of_model(path, strings, novel):
    """0 stands for a string that is not compared: control pieces, which SentencePiece reads as text, or unknown characters."""
    model = sentencepiece.SentencePieceProcessor(model_file=str(path))
    control = [model.id_to_piece(i) for i in range(model.get_piece_size()) if model.is_control(i) or model.is_unknown(i)]
    result = {"ids": [], "decoded": []}
    for text in strings:
        ids = [] if "\0" in text or any(piece in text for piece in control) else model.encode(text)
        result["ids"].append(crc(str(ids)) if ids else 0)
        result["decoded"].append(crc(model.decode(ids)) if ids and model.unk_id() not in ids else 0)
    if novel:
        result["novel"] = crc(str([i for line in novel.split("\n") for i in model.encode(line)]))
    return result


def main():
    strings = nasty.strings(60)
    (HERE / "forms").mkdir(exist_ok=True)
    result = {"strings": strings, "forms": {}, "models": {}}
    parity.SIZE = 400
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        (work / "rules.tsv").write_text(RULES)
        families = parity.families(work, normalization_rule_tsv=str(work / "rules.tsv"))
        for name in NAMES:
            file = HERE / "forms" / f"{name}.json"
            if not file.exists():
                file.write_text(json.dumps(json.loads(families[name]().to_str()), ensure_ascii=False, separators=(",", ":")) + "\n")
            result["forms"][name] = of_tokenizer(Tokenizer.from_file(str(file)), strings)
        made = {
            "spm-unigram": dict(kind="unigram", normalization_rule_tsv=str(work / "rules.tsv"), user_defined_symbols=["<tool>", "letter"]),
            "spm-bpe": dict(kind="bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, character_coverage=0.99,
                            user_defined_symbols=["<tool>", "letter"]),
        }
        for name, options in made.items():
            file = HERE / "forms" / f"{name}.model"
            if not file.exists():
                file.write_bytes(parity.spm(work, name, **options).read_bytes())
            result["models"][f"forms/{name}.model"] = of_model(file, strings, None)
    novel = (DATA / "tokenizer-cases" / "botchan.txt").read_bytes().decode() if DATA.exists() else None
    for path in MODELS:
        if DATA.exists():
            result["models"][path] = of_model(DATA / path, strings, novel)
    (HERE / "forms.json").write_text(json.dumps(result, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
