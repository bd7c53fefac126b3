"""Makes the tokenizers and the expected ids of this folder with PyPI `tokenizers` (0.23.3 made those committed).

Usage: python3 generate.py [DATA]    DATA: the folder of foreign tokenizers (default: ../shared/data of the package)

Writes fixtures/NAME.json (a tokenizer.json trained here, where it is missing), cases.json (awkward strings, random strings, ids and decoded
texts of each fixture in full) and foreign.json (CRC-32 of the ids and decoded texts for the tokenizers under DATA).
Seed 20251121.
"""

import json
import pathlib
import random
import sys
import zlib

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).resolve().parent
DATA = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parents[3] / "shared" / "data"
GPT4 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEXT = """The teacher reads a letter, then another letter, and writes the answer on the board: 3 + 4 = 7.
It's late; they're tired, we'll rest, I'd say. Don't you think the students' letters aren't there?
    if answer == 42:
        return [answer, 1234567, 3.14159]
Über den Wäldern, naïve café, garçon, Ελληνικά γράμματα, русские буквы, 東京と京都、日本語の文字。
They said the weather there was better than the weather here, and the letters gathered together.
""".splitlines(keepends=True) * 8

AWKWARD = [
    "", " ", "  ", "a", " a", "a ", "  a  b   c    ", "\n", "\n\n", " \n \n ", "a\r\nb\r\n\r\n c", "\t\ttabs\t \tmixed ",
    "Hello, world!", "It's they're I'll we've I'd I'm 'S 'RE IT'S DON'T WE'LL 'ſ", "''s'' 'll'l l'l",
    "naïve café", "nai\u0308ve cafe\u0301", "e\u0301\u0301\u0327 \u0301 q\u0307\u0323", "ﬁne ½ ² Ⅷ ٣٤٥ ১২৩ ௧", "Å Å \u212b Ω \u2126",
    "🙂", "👩‍👩‍👧‍👦 👍🏽 🇩🇪🇫🇷 ❤️", "a🙂b 🙂🙂", "日本語の文字 漢字かな交じり", "한국어 \u1112\u1161\u11ab", "עברית العربية ภาษาไทย",
    "1 12 123 1234 12345 123456 1234567", "3.14159 1,000,000 0x1F 10^-3", "a\u00a0b\u2009c\u3000d\u200be\ufefff",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    " " * 70 + "x", "=" * 50, "letterletterletterletter", "<s>", "a<s>b", "<s> a </s> b<s><s>", " <s>", "▁<s>▁",
    "x<|end|>y", "<|end|><|end|>", "<|en<|end|>d|>", "<mask>", "a <mask> b", "a   <mask>   b", "<mask> <mask>", "<tail>   b",
    "word wordy sword word, word_ 'word' wordword", "<tool>t</tool>", "<TOOL> <Tool>", "<0x0A> <0xZZ>", "\u0000\u0001\u007f",
    "{% raw %}", "\U0001d518\U0001d52b\U0001d526 𐍈 𠀀", "MiXeD CaSe İI ǅ ẞß", "\u2028\u2029\u0085\u000b\u000c.", "the▁mark ▁▁ itself▁",
]
POOLS = [
    "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", "     ", " \t\n\r\u00a0\u2003\u3000",
    ".,;:!?'\"()[]{}<>|/\\@#$%^&*-_=+~`", "'s't're've'm'll'd'S'LL", "àéîõüçñßøåæœ", "\u0300\u0301\u0308\u0327\u0323",
    "αβγδεζηθλμΩΣ", "абвгдежзийё", "日本語漢字東京学生", "한국어가나다", "🙂👍🎉❤\ufe0f\u200d🏽", "אבגדه مرحبا", "ก็ที่ไทย", "½²Ⅷ٣৪",
]
WORDS = ["letter", "there", " the", "<|end|>", "<s>", "</s>", "<mask>", "<tail>", "word", "<tool>", "▁", "'re", "1234", "\r\n"]


def random_text(rng):
    parts = []
    for _ in range(rng.randint(1, 9)):
        if rng.random() < 0.25:
            parts.append(rng.choice(WORDS))
        else:
            pool = rng.choice(POOLS)
            parts.append("".join(rng.choice(pool) for _ in range(rng.randint(1, 7))))
    return "".join(parts)


def added(tokenizer, normalized):
    tokenizer.add_tokens([
        AddedToken("<mask>", lstrip=True, special=True, normalized=False),
        AddedToken("<tail>", rstrip=True, normalized=False),
        AddedToken("word", single_word=True, normalized=normalized),
        AddedToken("<tool>", normalized=normalized),
    ])


def trained(tokenizer, size, special, alphabet=None, limit=None):
    options = {"limit_alphabet": limit} if limit else {}
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, initial_alphabet=alphabet or [], show_progress=False, **options)
    tokenizer.train_from_iterator(TEXT, trainer)
    return tokenizer


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trained(tokenizer, 400, ["<|end|>"], pre_tokenizers.ByteLevel.alphabet())
    added(tokenizer, True)
    return tokenizer


def gpt4():
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(GPT4), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trained(tokenizer, 380, ["<s>", "<|end|>"], pre_tokenizers.ByteLevel.alphabet())
    tokenizer.post_processor = processors.Sequence(
        [processors.ByteLevel(), processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])])
    return tokenizer


def digits():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=True)])
    tokenizer.decoder = decoders.ByteLevel()
    trained(tokenizer, 340, ["<s>", "</s>"], pre_tokenizers.ByteLevel.alphabet())
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))
    added(tokenizer, True)
    return tokenizer


def sentencepiece(metaspace):
    byte_tokens = [f"<0x{byte:02X}>" for byte in range(256)]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    if metaspace:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    else:
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(steps)
    trained(tokenizer, 450, ["<unk>", "<s>", "</s>"] + byte_tokens, limit=60)
    # Byte tokens are plain tokens: written anew without their being special.
    document = json.loads(tokenizer.to_str())
    document["added_tokens"] = [token for token in document["added_tokens"] if token["content"] not in byte_tokens]
    for token in document["added_tokens"]:
        token["normalized"] = not metaspace
    document["model"]["merges"] = [" ".join(merge) for merge in document["model"]["merges"]]
    tokenizer = Tokenizer.from_str(json.dumps(document))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    added(tokenizer, not metaspace)
    return tokenizer


def unknown():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    return trained(tokenizer, 150, ["<unk>", "<s>"], limit=40)


def characters():
    tokens = ["<pad>", "<s>", "</s>"] + sorted(set("abcdefghijklmnopqrstuvwxyz 0123456789+-=().,\n"))
    tokenizer = Tokenizer(models.BPE(vocab={token: index for index, token in enumerate(tokens)}, merges=[]))
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens(["<pad>", "<s>", "</s>"])
    return tokenizer


FIXTURES = {
    "byte-level": byte_level, "gpt4": gpt4, "digits": digits, "sentencepiece": lambda: sentencepiece(False),
    "metaspace": lambda: sentencepiece(True), "unknown": unknown, "characters": characters,
}
FOREIGN = [
    "tinytalk-3m/tokenizer.json", "tinystories-656k/tokenizer.json", "tokenizer-llama2/tokenizer.json",
    "tokenizer-mistral/tokenizer_v1.json", "tokenizer-neox/20B_tokenizer.json", "tokenizer-cases/tiny_bpe_tokenizer.json",
    "tokenizer-gpt2", "tokenizer-qwen2",
]


def foreign_tokenizer(path):
    """Reads tokenizer.json, or builds GPT-2's or Qwen2's from a folder of vocab.json and merges.txt."""
    if path.endswith(".json"):
        return Tokenizer.from_file(str(DATA / path))
    tokenizer = Tokenizer(models.BPE.from_file(str(DATA / path / "vocab.json"), str(DATA / path / "merges.txt")))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokens = {0: {"content": "<|endoftext|>", "special": True, "normalized": False}}
    if path == "tokenizer-qwen2":
        tokenizer.normalizer = normalizers.NFC()
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Split(Regex(GPT4.replace("{1,3}", "")), "isolated"),
             pre_tokenizers.ByteLevel(False, use_regex=False)])
        tokens = json.loads((DATA / path / "tokenizer_config.json").read_text())["added_tokens_decoder"]
    for token in tokens.values():
        tokenizer.add_tokens([AddedToken(**token)])
    return tokenizer


def crc(text):
    return zlib.crc32(text.encode())


def text_of(tokenizer, ids):
    """Decodes without special tokens.

    They are taken out here: `tokenizers` 0.23.3 leaves in those whose normalized form differs from their content.
    """
    special = {i for i, token in tokenizer.get_added_tokens_decoder().items() if token.special}
    return tokenizer.decode([i for i in ids if i not in special], skip_special_tokens=False)


def main():
    rng = random.Random(20251121)
    strings = AWKWARD + [random_text(rng) for _ in range(60)]
    cases = {"strings": strings, "fixtures": {}}
    (HERE / "fixtures").mkdir(exist_ok=True)
    for name, make in FIXTURES.items():
        file = HERE / "fixtures" / f"{name}.json"
        if not file.exists():  # Training breaks ties as it likes: a fixture is trained once.
            text = json.dumps(json.loads(make().to_str()), ensure_ascii=False, separators=(",", ":"))
            file.write_text(text + "\n")
        tokenizer = Tokenizer.from_file(str(file))
        size = tokenizer.get_vocab_size()
        # Added tokens found in normalized text are left out: `tokenizers` 0.23.3 decodes them to their normalized form.
        normalized = {i for i, token in tokenizer.get_added_tokens_decoder().items() if token.normalized}
        choice = [i for i in range(size + 2) if i not in normalized]
        sequences = [[rng.choice(choice) for _ in range(rng.randint(1, 16))] for _ in range(40)]
        cases["fixtures"][name] = {
            "vocab_size": size,
            "ids": [tokenizer.encode(string).ids for string in strings],
            "plain_ids": [crc(str(tokenizer.encode(string, add_special_tokens=False).ids)) for string in strings],
            "decoded": [text_of(tokenizer, tokenizer.encode(string).ids) for string in strings],
            "sequences": sequences,
            "texts": [tokenizer.decode(sequence, skip_special_tokens=False) for sequence in sequences],
        }
    (HERE / "cases.json").write_text(json.dumps(cases, ensure_ascii=False, separators=(",", ":")) + "\n")

    strings = AWKWARD + [random_text(rng) for _ in range(240)]
    foreign = {"strings": strings, "tokenizers": {}}
    novel = (DATA / "tokenizer-cases" / "botchan.txt").read_bytes().decode()
    for path in FOREIGN:
        tokenizer = foreign_tokenizer(path)
        encoded = [tokenizer.encode(string).ids for string in strings]
        sequences = [[rng.randrange(tokenizer.get_vocab_size()) for _ in range(10)] for _ in range(40)]
        foreign["tokenizers"][path] = {
            "ids": [crc(str(ids)) for ids in encoded],
            "novel": crc(str(tokenizer.encode(novel).ids)),
            "decoded": [crc(text_of(tokenizer, ids)) for ids in encoded],
            "sequences": sequences,
            "texts": [crc(text_of(tokenizer, sequence)) for sequence in sequences],
        }
    (HERE / "foreign.json").write_text(json.dumps(foreign, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
