"""What Python makes of every character, for the test of texts: writes unicode.json beside it.

Ranges are pairs of the first and the last code point. "lower" are the characters
that change, in the order of their code points.
"""

import json
import pathlib
import re
import sys
import unicodedata

known = [c for c in map(chr, range(0x110000)) if unicodedata.category(c) not in ("Cn", "Cs")]


def ranges(keep):
    out = []
    for c in map(ord, filter(keep, known)):
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


word, space = re.compile(r"\w"), re.compile(r"\s")
capital = [c for c in known if c.lower() != c]
sigma = ["Σ", "ΑΣ", "ΑΣ Α", "ΑΣΑ", "Α.Σ", "ΑΣ.Α", "ΑΣ'", "Α\u00adΣ\u0301", "1Σ", "ΑΣ1", "ΣΣ", "\u02b0Σ", "ⒶΣ", "ΑΣ\u2019Α", "aΣ:b", "aΣ·b", "a՟Σ"]
pathlib.Path(__file__).with_name("unicode.json").write_text(json.dumps({
    "python": sys.version.split()[0], "unicode": unicodedata.unidata_version, "known": ranges(lambda c: True),
    "word": ranges(word.match), "space": ranges(space.match), "from": "".join(capital), "lower": [c.lower() for c in capital],
    "sigma": [[s, s.lower()] for s in sigma],
}, separators=(",", ":"), ensure_ascii=False) + "\n")  # fmt: skip
