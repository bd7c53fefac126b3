"""Strings that tokenizers trip over: awkward ones by hand, random ones by seed."""

import random

AWKWARD = [
    "", " ", "  ", "   ", "a", " a", "a ", "  a  b   c    ", "\n", "\n\n", "\r\n", "\r", " \n \n ", "a\r\nb\r\n\r\n c", "\t\ttabs\t \tmixed ",
    "Hello, world!", "It's they're I'll we've I'd I'm 'S 'RE IT'S DON'T WE'LL 'ſ 'ſs", "''s'' 'll'l l'l o'Reilly", "naïve café",
    "nai\u0308ve cafe\u0301", "e\u0301\u0301\u0327 \u0301 q\u0307\u0323 \u0345", "ﬁne ﬀ ½ ² Ⅷ ٣٤٥ ১২৩ ௧ ①⑳ ㊿", "Å Å \u212b Ω \u2126 ǅ ẞß ŉ",
    "🙂", "👩‍👩‍👧‍👦 👍🏽 🇩🇪🇫🇷🇩 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 #️⃣", "a🙂b 🙂🙂", "日本語の文字 漢字かな交じり、全角！？ＡＢＣ１２３", "한국어 \u1112\u1161\u11ab \u1112\u1161 각",
    "עברית שָׁלוֹם العربية ٱلسَّلَامُ ภาษาไทย ก็ที่ नमस्ते क्षि", "1 12 123 1234 12345 123456 1234567 12345678901234567890", "3.14159 1,000,000 0x1F 10^-3 1e-9",
    "a\u00a0b\u2009c\u3000d\u200be\ufefff\u180eg\u2060h", "a" * 300, "letter" * 40, " " * 70 + "x", "x" + " " * 70, "\n" * 40 + "x", " \n" * 20,
    "=" * 90, "-_-" * 20, "<s>", "a<s>b", "<s> a </s> b<s><s>", " <s>", "▁", "▁▁", "▁<s>▁", " ▁ ▁a▁ b", "the▁mark ▁▁ itself▁", "<unk> a<unk>b <pad>",
    "x<|end|>y", "<|end|><|end|>", "<|en<|end|>d|>", "<|endoftext|>a<|endoftext|> b", "<|im_start|>user\nhi<|im_end|>\n", "[INST] a [/INST]",
    "<mask>", "a <mask> b", "a   <mask>   b", "<mask> <mask>", "<tail>   b", "word wordy sword word, word_ 'word' wordword", "<tool>t</tool>",
    "<TOOL> <Tool>", "<0x0A> <0xZZ> <0x00>", "\u0000\u0001\u007f\u0080\u009f", "\x1b[31mred\x1b[0m", "{% raw %}", "\U0001d518\U0001d52b 𐍈 𠀀 𞤀𐐷",
    "MiXeD CaSe İI HTTPServerError camelCaseWord XMLHttpRequest2Go iOS ÀÉîÕ日本A", "\u2028\u2029\u0085\u000b\u000c.", "\ufffd\ufffd \uffff \U0010ffff",
    "``quoted'' ''more`` \"plain\"", "http://example.org/a/b//c?d=e&f#g\n/\r\n//x", "def f(x):\n    if x == 42:\n\t\treturn [x, 1234567]\n\n\n", "!?!?...…,,; ;; (a) [b] {c}|d|",
    "Zoë's ﬁancé’s “naïve” résumé—don’t", "٠١٢٣ ۴۵ ߁ ໑ ๑๒๓ 𝟘𝟙", "½¼¾ⅷⅨ〇〡", "a\u0300\u0301\u0302\u0303\u0304\u0305b", "\u200d\u200d x\u200dy", "﷽ ﷺ",
    "ʼn ĳ Ǆ ﬅ ㎢ ㌀ ｶﾞ ｶ\uff9e", "ᾳ ᾼ Σσς ΌΣΟΣ", "a\u0338=\u0338 <\u0338", "ỿ Ꟶ ꟶ ᲀ Ა ა", "$100 €5 ¥¢ ₿ + − × ÷ ≠ ∑", "__init__ _a_ a_b-c.d", "\t \t\n\t",
]
POOLS = [
    "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "aAbBcC", "0123456789", "     ", " \t\n\r\u00a0\u2003\u3000\u0085\u2028", "\n\n\r\n /",
    ".,;:!?'\"()[]{}<>|/\\@#$%^&*-_=+~`", "'s't're've'm'll'd'S'LL", "àéîõüçñßøåæœÀÉÎ", "\u0300\u0301\u0308\u0327\u0323\u0483\u20dd", "αβγδεζηθλμΩΣάΐ",
    "абвгдежзийёЖЙ", "日本語漢字東京学生々〆", "한국어가나다\u1112\u1161\u11ab", "🙂👍🎉❤\ufe0f\u200d🏽🇩🇪", "אבגדהשׁ مرحبا", "ก็ที่ไทย", "½²Ⅷ٣৪①１２", "ＡＢｃ！？。、・ー",
    "▁▁ ", "\u0000\u0007\u001b\u007f\u0090\u200b\ufeff", "कि क्षत्रिय", "ǅǈʰˈªº", "ﬁﬂ㎏㍿ﾊﾟ",
]
WORDS = [
    "letter", "there", " the", "<|end|>", "<s>", "</s>", "<mask>", "<tail>", "word", "<tool>", "▁", "'re", "1234", "\r\n", "<unk>", "<|endoftext|>",
    "<|im_start|>", "[INST]", "<0x41>", "HTTPServer", "camelCase", "don't", "DON'T", "    ", "://", "e\u0301",
]


def random_text(rng):
    parts = []
    for _ in range(rng.randint(1, 12)):
        if rng.random() < 0.25:
            parts.append(rng.choice(WORDS))
        elif rng.random() < 0.08:  # any code point at all but surrogates
            parts.append(chr(rng.choice([rng.randrange(0x20, 0xD800), rng.randrange(0xE000, 0x30000)])))
        else:
            pool = rng.choice(POOLS)
            parts.append("".join(rng.choice(pool) for _ in range(rng.randint(1, 7))))
    return "".join(parts)


def strings(count, seed=20261121):
    rng = random.Random(seed)
    return AWKWARD + [random_text(rng) for _ in range(count)]
