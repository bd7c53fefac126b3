"""Makes rouge.json with PyPI `rouge_score` 0.1.2 (NLTK 3.10.4): F, precision and recall of random pairs, and stems.

Usage: python3 generate.py        Seed 20251121.
"""

import json
import pathlib
import random

from nltk.stem.porter import PorterStemmer
from rouge_score import rouge_scorer

ROOTS = """relat condit valen hesit digit conform radic differ vil analog vietnam predic oper feud decis hope call form
sensit trip electr good reviv allow infer airlin gyroscop adjust defens irrit replac depend adopt homolog commun activ
angular effect bowdler prob ceas contr roll hopp tann fall hiss fizz fail fil plaster bl motor s agr f conflat troubl siz
happ sk pon t caress cat enjo sp fl geo theo archaeo rational general run quick lazy jump teach stud imit train abl full
log ski di li ty news inning outing canning howe proceed exceed succeed y yyy aeiou syzyg oats tr ee 1st 22 x9""".split()
SUFFIXES = """ s es ies ed ied eed ing ly y ational tional enci anci izer abli alli entli eli ousli ization ation ator alism
iveness fulness ousness aliti iviti biliti fulli logi icate ative alize iciti ical ful ness al ance ence er ic able ible
ant ement ment ent ion sion tion ou ism ate iti ous ive ize e ll lly sses ss ering ings ist ology ologi""".split() + ["", ""]
SEPARATORS = [" ", " ", " ", ", ", ".\n", "-", "'", " é ", " 東京 ", "\t", "  ", "_"]


def word(rng):
    text = rng.choice(ROOTS) + rng.choice(SUFFIXES)
    return rng.choice([text, text, text.capitalize(), text.upper()])


def text(rng, words):
    return "".join(rng.choice(words) + rng.choice(SEPARATORS) for _ in range(rng.randint(0, 14)))


def main():
    rng = random.Random(20251121)
    scorers = [rouge_scorer.RougeScorer(["rougeL"], use_stemmer=stem) for stem in (False, True)]
    pairs = []
    for _ in range(300):
        words = [word(rng) for _ in range(8)]
        reference, prediction = text(rng, words), text(rng, words)
        scores = [scorer.score(reference, prediction)["rougeL"] for scorer in scorers]
        pairs.append([reference, prediction] + [[s.precision, s.recall, s.fmeasure] for s in scores])
    stemmer = PorterStemmer()
    stems = sorted({(root + suffix) for root in ROOTS for suffix in SUFFIXES})
    stems = rng.sample(stems, 1500) + "skies dying lying tying news innings die dies flies died enjoy happily".split()
    result = {"pairs": pairs, "stems": [[w, stemmer.stem(w)] for w in stems]}
    path = pathlib.Path(__file__).resolve().parent / "rouge.json"
    path.write_text(json.dumps(result, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
