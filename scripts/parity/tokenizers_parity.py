"""Compares Retort's tokenizers with PyPI `tokenizers` and `sentencepiece`, ids and texts, on awkward and random strings.

Usage: python3 tokenizers_parity.py DRIVER [--strings N] [--only NAME] [DATA]

DRIVER: the executable TokenizationDriver.  DATA: a folder of foreign tokenizers (default: ../shared/data of the package).
Compared are the tokenizers of DATA, and one of each well-known family's form, trained here on the package's own documents.
"""

import argparse
import importlib.util
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from nasty import strings

ROOT = pathlib.Path(__file__).resolve().parents[2]
N = normalizers
P = pre_tokenizers
GPT4 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|NUMBERS| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
CASED = (r"[^\r\n\p{L}\p{N}]?" + UPPER + "*" + LOWER + "+TAIL|" + r"[^\r\n\p{L}\p{N}]?" + UPPER + "+" + LOWER + "*TAIL"
         r"|NUMBERS| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN35 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
DEEPSEEK3 = ("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*"
             "|\\s*[\r\n]+|\\s+(?!\\S)|\\s+")
DEEPSEEK_LETTERS = "\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\u1f7dᾀ-ᾴᾶ-ᾼ\u1fbeῂ-ῄῆ-ῌῐ-\u1fd3ῖ-\u1fdbῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\u2126ℨ\u212a-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+"


def split(pattern, behavior="isolated", invert=False):
    return P.Split(Regex(pattern), behavior, invert)


def long_texts(data, seed=2):
    """Texts of many pieces, where a tokenizer that cuts before it merges may cut wrongly: the awkward strings one after another, and prose."""
    generator = random.Random(seed)
    awkward = strings(400, seed=3)
    joined = []
    for separator in ["", " ", "\n"]:
        generator.shuffle(awkward)
        joined.append(separator.join(awkward))
    prose = [data / "tinyshakespeare" / "input.txt", data / "wikitext2-valid" / "valid.txt"]
    return joined + [path.read_bytes()[:100_000].decode(errors="ignore") for path in prose if path.exists()]


def texts():
    for path in sorted(ROOT.glob("docs/**/*.md")) + [ROOT / "README.md"]:
        yield from (line for line in path.read_text().splitlines(keepends=True) if "<" not in line)
    for text in strings(400, seed=1):
        if "<" not in text:  # a special token's text is no piece
            yield text


#: Tokens of each vocabulary trained here.
SIZE = 900
ALPHABET = P.ByteLevel.alphabet()


def byte_level(*parts, normalizer=None, prefix=False, pattern=False, ignore_merges=False, bos=None, tokens=()):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    if normalizer:
        tokenizer.normalizer = normalizer
    level = P.ByteLevel(add_prefix_space=prefix, use_regex=pattern)
    tokenizer.pre_tokenizer = P.Sequence([*parts, level]) if parts else level
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<s>", "</s>"]
    tokenizer.train_from_iterator(
        texts(), trainers.BpeTrainer(vocab_size=SIZE, special_tokens=special, initial_alphabet=ALPHABET, show_progress=False))
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in tokens])
    if bos:
        tokenizer.post_processor = processors.Sequence([
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(single=f"{bos} $A", special_tokens=[(bos, tokenizer.token_to_id(bos))])])
    return tokenizer


def sentencepiece_bpe(normalizer, pre_tokenizer, decoder, user=()):
    special = ["<pad>", "<unk>", "<s>", "</s>"]
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(
        (line[:60] for line in texts()),
        trainers.BpeTrainer(vocab_size=SIZE, special_tokens=special + bytes_, limit_alphabet=120, show_progress=False))
    document = json.loads(tokenizer.to_str())
    document["added_tokens"] = [token for token in document["added_tokens"] if token["content"] not in bytes_]
    tokenizer = Tokenizer.from_str(json.dumps(document))
    tokenizer.decoder = decoder
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in user])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 2)])
    return tokenizer


def unigram(normalizer, pre_tokenizer, decoder, fallback=False, tail="</s>"):
    tokenizer = Tokenizer(models.Unigram())
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    special = ["<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(
        texts(), trainers.UnigramTrainer(vocab_size=max(SIZE, 800), special_tokens=special, unk_token="<unk>", show_progress=False))
    document = json.loads(tokenizer.to_str())
    if fallback:
        document["model"]["vocab"] += [[f"<0x{byte:02X}>", 0.0] for byte in range(256)]
        document["model"]["byte_fallback"] = True
    tokenizer = Tokenizer.from_str(json.dumps(document))
    tokenizer.decoder = decoder
    if tail:
        tokenizer.post_processor = processors.TemplateProcessing(single=f"$A {tail}", special_tokens=[(tail, 1)])
    return tokenizer


def affixed():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", continuing_subword_prefix="##", end_of_word_suffix="</w>"))
    tokenizer.normalizer = N.Sequence([N.NFD(), N.StripAccents(), N.Lowercase()])
    tokenizer.pre_tokenizer = P.Whitespace()
    tokenizer.train_from_iterator(texts(), trainers.BpeTrainer(
        vocab_size=SIZE, special_tokens=["<unk>", "<s>"], continuing_subword_prefix="##", end_of_word_suffix="</w>", show_progress=False))
    tokenizer.decoder = decoders.BPEDecoder()
    return tokenizer


def llama_decoder(strip=True):
    return decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()] + ([decoders.Strip(" ", 1, 0)] if strip else []))


def charsmap(work, **options):
    """The character map of SentencePiece's default rules, or of those that `options` names, from a model trained here."""
    from sentencepiece import sentencepiece_model_pb2
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(spm(work, "mapped", "unigram", **options).read_bytes())
    return model.normalizer_spec.precompiled_charsmap


def spm(work, name, kind, **options):
    path = work / f"{name}.model"
    if not path.exists():
        lines = [text.replace("\n", " ").replace("\r", " ").replace("\0", " ") for text in texts()]
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines), model_prefix=str(work / name), model_type=kind, vocab_size=max(SIZE, 800) + 100, minloglevel=2,
            hard_vocab_limit=False, **options)
    return path


def families(work, **rules):
    """One tokenizer of each form: NAME -> function. `rules` are those of the character map."""
    metaspace = lambda scheme, cut=True: P.Metaspace(prepend_scheme=scheme, split=cut)
    word_decoder = decoders.Metaspace(prepend_scheme="always")
    maps = lambda: N.Precompiled(charsmap(work, **rules))
    cjk, kana = "[一-龥ࠀ-一가-퟿]+", "[一-龥぀-ゟ゠-ヿ]+"
    made = {
        "gpt2": lambda: byte_level(pattern=True), "opt": lambda: byte_level(pattern=True, bos="</s>"),
        "roberta": lambda: byte_level(pattern=True, prefix=True),
        "llama3": lambda: byte_level(split(GPT4.replace("NUMBERS", r"\p{N}{1,3}")), ignore_merges=True, bos="<s>"),
        "qwen2": lambda: byte_level(split(GPT4.replace("NUMBERS", r"\p{N}")), normalizer=N.NFC(), tokens=["<|im_start|>", "<|im_end|>"]),
        "qwen3.5": lambda: byte_level(split(QWEN35), normalizer=N.NFC()),
        "gpt4-removed": lambda: byte_level(split(GPT4.replace("NUMBERS", r"\p{N}{1,3}"), "removed", True)),
        "gpt4o": lambda: byte_level(split(CASED.replace("TAIL", "(?i:'s|'t|'re|'ve|'m|'ll|'d)?").replace("NUMBERS", r"\p{N}{1,3}"))),
        "tekken": lambda: byte_level(split(CASED.replace("TAIL", "").replace("NUMBERS", r"\p{N}")), ignore_merges=True),
        "tiktoken": lambda: byte_level(split(r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+")),
        "starcoder": lambda: byte_level(P.Digits(individual_digits=True), pattern=True),
        "digits": lambda: byte_level(P.Digits(individual_digits=False), pattern=True),
        "falcon": lambda: falcon(),
        "bloom": lambda: byte_level(split(" ?[^(\\s|[.,!?…。，、।۔،])]+")), "poro": lambda: byte_level(split(" ?[^(\\s|.,!?…。，、।۔،)]+")),
        "deepseek-llm": lambda: byte_level(split("[\r\n]"), split(DEEPSEEK_LETTERS), split(r"\s?[!-/:-~！-／：-～‘-‟　-。]+"), split(r"\s+$"), split(cjk), P.Digits(True)),
        "deepseek-coder": lambda: byte_level(split("[\r\n]"), split(r"\s?\p{L}+"), split(r"\s?\p{P}+"), split(cjk), P.Digits(True)),
        "deepseek-v3": lambda: byte_level(split(r"\p{N}{1,3}"), split(kana), split(DEEPSEEK3)),
        "llama2": lambda: sentencepiece_bpe(N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")]), None, llama_decoder()),
        "llama2-metaspace": lambda: sentencepiece_bpe(None, metaspace("first", False), llama_decoder()),
        "mistral3": lambda: sentencepiece_bpe(None, metaspace("always", False), llama_decoder(), user=["[INST]", "[/INST]"]),
        "gemma": lambda: sentencepiece_bpe(N.Replace(" ", "▁"), P.Split(" ", "merged_with_previous"), llama_decoder(False), user=["\n", "\n\n", "▁▁", "<tool>"]),
        "t5": lambda: unigram(maps(), P.Sequence([P.WhitespaceSplit(), metaspace("always")]), word_decoder),
        "t5-new": lambda: unigram(N.Sequence([maps(), N.Strip(False, True), N.Replace(Regex(" {2,}"), "▁")]), metaspace("always"), word_decoder),
        "xlnet": lambda: unigram(N.Sequence([N.Replace("``", '"'), N.Replace("''", '"'), N.NFKD(), N.StripAccents(), N.Lowercase(), maps(), N.Replace(Regex(" {2,}"), " ")]), metaspace("always"), word_decoder),
        "albert-nmt": lambda: unigram(N.Sequence([N.Nmt(), N.NFKC(), N.Replace(Regex(" {2,}"), " ")]), metaspace("first"), word_decoder, tail=None),
        "unigram-bytes": lambda: unigram(N.Replace(" ", "▁"), None, llama_decoder(False), fallback=True, tail=None),
        "affixed": affixed,
        "byte-normalizer": lambda: byte_normalizer(),
        "bert-uncased": lambda: normalized(N.BertNormalizer()), "bert-cased": lambda: normalized(N.BertNormalizer(lowercase=False)),
        "bert-accents": lambda: normalized(N.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)),
        "whitespace": lambda: other(P.Whitespace()), "bert": lambda: other(P.BertPreTokenizer()), "delimiter": lambda: other(P.CharDelimiterSplit("e")),
        "metaspace-never": lambda: other(metaspace("never"), decoders.Metaspace(prepend_scheme="never")),
    }
    for behavior in ["isolated", "removed", "merged_with_previous", "merged_with_next", "contiguous"]:
        made[f"punctuation-{behavior}"] = lambda b=behavior: other(P.Punctuation(b))
        made[f"split-{behavior}"] = lambda b=behavior: other(P.Split("e", b))
        made[f"split-inverted-{behavior}"] = lambda b=behavior: other(split(r"\s+", b, True))
        made[f"gpt2-{behavior}"] = lambda b=behavior: other(split(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", b))
    return made


def falcon():
    three = split("[0-9][0-9][0-9]")
    tokenizer = byte_level(pattern=True)
    tokenizer.pre_tokenizer = P.Sequence([P.Punctuation("contiguous"), P.ByteLevel(add_prefix_space=False), P.Digits(False), three])
    return tokenizer


def normalized(normalizer):
    tokenizer = byte_level(pattern=True)
    tokenizer.normalizer = normalizer
    return tokenizer


def byte_normalizer():
    tokenizer = byte_level(pattern=True)
    tokenizer.normalizer = N.Sequence([N.Strip(), N.ByteLevel()])
    tokenizer.pre_tokenizer = P.Split("Ġ", "merged_with_next")
    return tokenizer


def other(pre_tokenizer, decoder=None):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(texts(), trainers.BpeTrainer(vocab_size=SIZE - 200, special_tokens=["<unk>", "<s>"], limit_alphabet=90, show_progress=False))
    tokenizer.add_tokens([AddedToken("<mask>", lstrip=True, normalized=False, special=True), AddedToken("<tail>", rstrip=True, normalized=False),
                          AddedToken("word", single_word=True)])
    if decoder:
        tokenizer.decoder = decoder
    return tokenizer


def golden():
    """The module that makes the committed expected values: it knows how to build the tokenizers of folders."""
    path = ROOT / "Tests" / "TokenizationTests" / "Golden" / "generate.py"
    spec = importlib.util.spec_from_file_location("generate", path)
    module = importlib.util.module_from_spec(spec)
    sys.argv, arguments = [str(path)], sys.argv
    spec.loader.exec_module(module)
    sys.argv = arguments
    return module


class Driver:
    """The executable, one line a question."""

    def __init__(self, executable, tokenizer):
        self.process = subprocess.Popen([executable, str(tokenizer)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def ask(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"error": "the driver ended"}

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def compare(driver, reference, cases, special_ids):
    """Counts where ids or texts differ; shows the first three."""
    wrong = []
    for text in cases:
        for special in [True, False]:
            expected = reference.encode(text, add_special_tokens=special).ids
            got = driver.ask({"encode": text, "special": special}).get("ids")
            if got != expected:
                wrong.append(f"encode {text!r}: {got} for {expected}")
        kept = [i for i in expected if i not in special_ids]
        if driver.ask({"decode": expected, "skip": True}).get("text") != reference.decode(kept, skip_special_tokens=False):
            wrong.append(f"decode {expected}: {driver.ask({'decode': expected, 'skip': True})} for {reference.decode(kept, skip_special_tokens=False)!r}")
    return wrong


def compare_sentencepiece(driver, path, cases):
    reference = sentencepiece.SentencePieceProcessor(model_file=str(path))
    control = [reference.id_to_piece(i) for i in range(reference.get_piece_size()) if reference.is_control(i) or reference.is_unknown(i)]
    wrong = []
    # Prose by lines: sums over a whole book are float32 in SentencePiece, and ties then hang on the last bit.
    for text in (line for text in cases for line in (text.split("\n") if len(text) > 50_000 else [text])):
        if "\0" in text or any(piece in text for piece in control):
            continue  # control pieces are read here; SentencePiece does not
        expected = reference.encode(text)
        got = driver.ask({"encode": text, "special": False}).get("ids")
        if got != expected:
            wrong.append(f"encode {text!r}: {got} for {expected}")
        elif reference.unk_id() not in expected:
            back = driver.ask({"decode": expected}).get("text")
            if back != reference.decode(expected):
                wrong.append(f"decode {expected}: {back!r} for {reference.decode(expected)!r}")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("data", nargs="?", default=str(ROOT.parent / "shared" / "data"))
    parser.add_argument("--strings", type=int, default=400)
    parser.add_argument("--only")
    arguments = parser.parse_args()
    data, failed = pathlib.Path(arguments.data), 0
    cases = strings(arguments.strings) + long_texts(data)

    def report(name, wrong, count):
        nonlocal failed
        failed += bool(wrong)
        print(f"{name}: {count} strings, {len(wrong)} differ", flush=True)
        for line in wrong[:3]:
            print("   ", line[:600])

    def check(name, location, reference):
        driver = Driver(arguments.driver, location)
        # An added token found in normalized text is decoded to its normalized form by `tokenizers`; left out, like the special ones.
        special = {i for i, token in reference.get_added_tokens_decoder().items() if token.special}
        wrong = compare(driver, reference, cases, special)
        driver.close()
        report(name, wrong, len(cases))

    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        if data.exists():
            module = golden()
            module.DATA = data
            for path in module.FOREIGN:
                if not arguments.only or arguments.only in path:
                    check(path, data / path, module.foreign_tokenizer(path))
        for name, make in families(work).items():
            if not arguments.only or arguments.only == name:
                location = work / f"{name}.json"
                location.write_text(make().to_str())
                check(name, location, Tokenizer.from_file(str(location)))
        models_ = {
            "spm-unigram": lambda: spm(work, "plain", "unigram"),
            "spm-unigram-bytes": lambda: spm(work, "unigram-bytes", "unigram", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False),
            "spm-unigram-user": lambda: spm(work, "unigram-user", "unigram", user_defined_symbols=["<tool>", "letter", "▁▁"], add_dummy_prefix=False),
            "spm-bpe": lambda: spm(work, "bpe", "bpe"),
            "spm-bpe-bytes": lambda: spm(work, "bpe-bytes", "bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, character_coverage=0.99),
            "spm-bpe-user": lambda: spm(work, "bpe-user", "bpe", user_defined_symbols=["<tool>", "letter", "1234"], normalization_rule_name="nfkc_cf"),
        }
        for name in ["tokenizer-llama2/tokenizer.model", "tokenizer-mistral/tokenizer.model.v1", "tokenizer-mistral/mistral_instruct_tokenizer_240323.model.v3",
                     "tokenizer-cases/test_model.model", "babyllama-tok105/tok105.model"]:
            if (data / name).exists():
                models_[name] = lambda name=name: data / name
        novel = data / "tokenizer-cases" / "botchan.txt"
        lines = novel.read_text().splitlines() if novel.exists() else []
        for name, make in models_.items():
            if not arguments.only or arguments.only == name:
                inner = work / f"folder-{name.replace('/', '-')}"
                inner.mkdir()
                (inner / "tokenizer.model").write_bytes(make().read_bytes())
                driver = Driver(arguments.driver, inner)
                wrong = compare_sentencepiece(driver, make(), cases + lines)
                driver.close()
                report(name, wrong, len(cases) + len(lines))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
