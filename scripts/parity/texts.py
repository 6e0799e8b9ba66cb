"""A random model of texts."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

import models as mo

WORDS = [
    *"the a of and to house HOUSE garden sea view no not is x é Zürich naïve coöperate 東京 タワー don't İstanbul ΟΔΟΣ under_score".split(),
    *"3.5% word2vec ½ ² ③ <b>bold</b> e-mail a.b.c #tag @who https://x.y/z".split(),
    "\t", "\n\n", "\u00a0", "\u2003 ", "\x1c", "  ", "\u0301", "🏠", "\u200d", "ß", "ﬁ", "Ǆ", "Σ", "ΑΣ.",
]  # fmt: skip

#: Of Python's regular expressions, as tutorials have them and as they can be.
PATTERNS = [
    r"[a-zA-Z]{3,}", r"(?u)\b[a-z]{2,}\b", r"[^ ]+", r"[^\s,.]+", r"[\w'-]+", r"\b[^\d\W]+\b", r"(?i)\b[a-z]\w*\b", r"\w+|[^\w\s]", r"(\w+)", r"\d+(?:\.\d+)?%?|\w+",
    r"(?u)\b\w{2,20}\b", r"[a-zà-ÿ]+", r"\w+(?:[-']\w+)*", r"(?i)(?:the|a)\s+(\w+)", r"\B\w", r".", r"\W+",
]  # fmt: skip


def documents(rng, n):
    return ["".join(w + mo.one(rng, [" ", " ", " ", ",", ""]) for w in rng.choice(WORDS, rng.integers(0, 25))) for _ in range(n)]


def vectorizer(rng):
    least = int(rng.integers(1, 4))
    options = {"ngram_range": (least, least + int(rng.integers(0, 3))), "lowercase": mo.chance(rng, 0.7)}
    options |= {"analyzer": mo.one(rng, ["word", "word", "char", "char_wb"]), "binary": mo.chance(rng, 0.3)}
    if options["analyzer"] == "word":
        options["stop_words"] = mo.one(rng, [None, "english", ["the", "no"]])
        options["token_pattern"] = mo.one(rng, [r"(?u)\b\w\w+\b", r"(?u)\b\w+\b", r"\w{2,}", r"\S+", mo.one(rng, PATTERNS)])
    options["strip_accents"] = mo.one(rng, [None, None, "ascii", "unicode"])
    norm = mo.one(rng, ["l1", "l2", None])
    weights = {"norm": norm, "sublinear_tf": mo.chance(rng, 0.4), "use_idf": mo.chance(rng, 0.7), "smooth_idf": mo.chance(rng, 0.7)}
    few = {"max_features": int(rng.integers(3, 120)), "min_df": int(rng.integers(1, 3))}
    return mo.one(rng, [
        CountVectorizer(**options, **few, dtype=mo.one(rng, [np.int64, np.int64, np.float64, np.int32])),
        TfidfVectorizer(**options, **few, **weights),
        make_pipeline(CountVectorizer(**options, **few), TfidfTransformer(**weights)),
        HashingVectorizer(**options, n_features=int(2 ** rng.integers(2, 9)), norm=norm, alternate_sign=mo.chance(rng, 0.5)),
    ])  # fmt: skip


def text(rng):
    n = int(rng.integers(40, 120))
    X = documents(rng, n)
    classifier = mo.chance(rng, 0.5)
    number = np.asarray([len(d) + d.count("a") for d in X], dtype=np.float64)[:, None] + rng.normal(size=(n, 1))
    y = mo.labels(rng, number) if classifier else mo.target(rng, number)
    model = mo.one(rng, [mo.tree_model, mo.linear_model, mo.linear_model])(rng, classifier)
    steps = vectorizer(rng)
    if mo.chance(rng, 0.3):
        frame = pd.DataFrame({"text": pd.Series(X, dtype=object), "n": number[:, 0], "more": pd.Series(documents(rng, n), dtype=object)})
        steps = ColumnTransformer([("a", steps, "text"), ("n", StandardScaler(), ["n"]), ("b", vectorizer(rng), "more")])
        X = frame
    elif mo.chance(rng, 0.2):
        steps = make_union(steps, vectorizer(rng))
    return mo.fitted(rng, make_pipeline(steps, model), X, y, "texts")


ALL = [text]
