"""More scikit-learn cases: predictors made of others, and what surrounds them.

Like those of cases_family.py they are few rows of few columns, of some versions.
"""

import numpy as np
from sklearn import ensemble as en
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from cases_family import small, through, wanted_version
from data import classes, houses, numbers, price, target

FEW = dict(rows=8, described=False)


def cases(v):
    """Yields (name, fitted model, X, options of treehouse.save)."""
    if not wanted_version(v):
        return
    for group in (voting, stacking, bagging, boosting, calibration, versus, outputs, thresholds, dummies, encoders, texts, refused):
        for name, model, X, *options in group(v):
            yield name, model, X, {**FEW, **(options[0] if options else {})}


def tree(n=4):
    return DecisionTreeClassifier(max_leaf_nodes=n, random_state=0)


def stump(n=4):
    return DecisionTreeRegressor(max_leaf_nodes=n, random_state=0)


def over(estimator, v):
    """The keyword of a wrapped estimator, whose name changed with 1.2."""
    return {"estimator" if v >= (1, 2) else "base_estimator": estimator}


def voting(v):
    X = small()
    y = target(X)
    members = [("tree", stump()), ("ridge", Ridge()), ("other", stump(6))]
    yield "VotingRegressor", en.VotingRegressor(members).fit(X, y), X
    yield "VotingRegressor-weighted", en.VotingRegressor([*members[:2], ("no", "drop")], weights=[1, 2.5, 9]).fit(X, y), X
    members = [("tree", tree()), ("logistic", LogisticRegression()), ("other", tree(6))]
    for labels in (["no", "yes"], [3, 1, 7]):
        known = classes(X, labels)
        name = f"VotingClassifier-{len(labels)}"
        yield f"{name}-hard", en.VotingClassifier(members).fit(X, known), X
        yield f"{name}-hard-weighted", en.VotingClassifier(members, weights=[1, 2, 4]).fit(X, known), X
        yield f"{name}-soft", en.VotingClassifier(members, voting="soft").fit(X, known), X
        yield f"{name}-soft-weighted", en.VotingClassifier(members, voting="soft", weights=[0.5, 2, 1]).fit(X, known), X


def stacking(v):
    X = small()
    y = target(X)
    members = [("tree", stump()), ("ridge", Ridge())]
    yield "StackingRegressor", en.StackingRegressor(members, cv=2).fit(X, y), X
    through_all = en.StackingRegressor(members, stump(6), passthrough=True, cv=2)
    yield "StackingRegressor-passthrough", through_all.fit(X, y), X
    members = [("tree", tree()), ("logistic", make_pipeline(StandardScaler(), LogisticRegression())), ("svc", LinearSVC(dual=False))]
    for labels in (["no", "yes"], [3, 1, 7]):
        known = classes(X, labels)
        name = f"StackingClassifier-{len(labels)}"
        yield name, en.StackingClassifier(members, cv=2).fit(X, known), X
        yield f"{name}-predict", en.StackingClassifier(members, tree(6), stack_method="predict", cv=2).fit(X, known), X
        yield f"{name}-passthrough", en.StackingClassifier(members[:2], tree(6), passthrough=True, cv=2).fit(X, known), X
    frame = houses(missing=False)[["income", "age", "rooms"]]
    yield "StackingRegressor-frame", en.StackingRegressor([("ridge", Ridge())], LinearRegression(), cv=2).fit(frame, price(houses(missing=False))), frame


def bagging(v):
    X = small()
    y = target(X)
    few = dict(n_estimators=3, random_state=0)
    yield "BaggingRegressor", en.BaggingRegressor(**over(stump(), v), **few).fit(X, y), X
    yield "BaggingRegressor-features", en.BaggingRegressor(**over(Ridge(), v), max_features=2, **few).fit(X, y), X
    yield "BaggingRegressor-tree-features", en.BaggingRegressor(**over(stump(), v), max_features=2, bootstrap_features=True, **few).fit(X, y), X
    for labels in (["no", "yes"], [3, 1, 7]):
        known = classes(X, labels)
        name = f"BaggingClassifier-{len(labels)}"
        yield name, en.BaggingClassifier(**over(tree(), v), max_features=2, **few).fit(X, known), X
        yield f"{name}-logistic", en.BaggingClassifier(**over(LogisticRegression(), v), **few).fit(X, known), X
        yield f"{name}-votes", en.BaggingClassifier(**over(LinearSVC(dual=False), v), max_features=2, **few).fit(X, known), X
    rare = np.where(np.arange(len(X)) < 3, "rare", classes(X, ["a", "b"]))
    yield "BaggingClassifier-rare", en.BaggingClassifier(**over(tree(), v), max_samples=0.2, n_estimators=4, random_state=2).fit(X, rare), X


def boosting(v):
    X = small()
    y = target(X)
    few = dict(n_estimators=4, random_state=0)
    yield "AdaBoostRegressor", en.AdaBoostRegressor(**over(stump(), v), **few).fit(X, y), X
    yield "AdaBoostRegressor-ridge", en.AdaBoostRegressor(**over(Ridge(), v), loss="square", **few).fit(X, y), X
    for algorithm in ("SAMME", "SAMME.R") if v < (1, 6) else ("SAMME",):
        named = {"algorithm": algorithm} if v < (1, 6) else {}
        for labels in (["no", "yes"], [3, 1, 7]):
            boost = en.AdaBoostClassifier(**over(tree(), v), **few, **named)
            yield f"AdaBoostClassifier-{len(labels)}-{algorithm.replace('.', '-').lower()}", boost.fit(X, classes(X, labels)), X


def calibration(v):
    X = small()
    methods = ["sigmoid", "isotonic"] + (["temperature"] if v >= (1, 8) else [])
    for method in methods:
        for labels in (["no", "yes"], [3, 1, 7]):
            for kind, estimator in (("tree", tree()), ("svc", LinearSVC(dual=False))):
                name = f"CalibratedClassifierCV-{method}-{len(labels)}-{kind}"
                calibrated = CalibratedClassifierCV(**over(estimator, v), method=method, cv=2)
                yield name, calibrated.fit(X, classes(X, labels)), X
    text = classes(X, ["c", "a", "b"])
    yield "CalibratedClassifierCV-strings", CalibratedClassifierCV(**over(tree(), v), cv=2).fit(X, text), X
    single = CalibratedClassifierCV(**over(LogisticRegression(), v), ensemble=False, cv=3)
    yield "CalibratedClassifierCV-single", single.fit(X, classes(X, [0, 1])), X


def versus(v):
    X = small()
    for labels in (["no", "yes"], [3, 1, 7]):
        for kind, estimator in (("tree", tree()), ("logistic", LogisticRegression()), ("svc", LinearSVC(dual=False))):
            known = classes(X, labels)
            yield f"OneVsRestClassifier-{len(labels)}-{kind}", OneVsRestClassifier(estimator).fit(X, known), X
            yield f"OneVsOneClassifier-{len(labels)}-{kind}", OneVsOneClassifier(estimator).fit(X, known), X


def outputs(v):
    X = small()
    Y = np.c_[target(X), X[:, 0], -X[:, 1]]
    yield "MultiOutputRegressor-tree", MultiOutputRegressor(stump()).fit(X, Y), X
    yield "MultiOutputRegressor-boosting", MultiOutputRegressor(en.GradientBoostingRegressor(n_estimators=3, max_depth=2, random_state=0)).fit(X, Y), X
    yield "MultiOutputRegressor-ridge", make_pipeline(StandardScaler(), MultiOutputRegressor(Ridge())).fit(X, Y), X


def thresholds(v):
    X = small()
    if v < (1, 5):
        return
    from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

    known = classes(X, ["no", "yes"])
    yield "FixedThresholdClassifier", FixedThresholdClassifier(LogisticRegression(), threshold=0.3).fit(X, known), X
    yield "FixedThresholdClassifier-auto", FixedThresholdClassifier(LinearSVC(dual=False)).fit(X, known), X
    other = FixedThresholdClassifier(LogisticRegression(), threshold=0.4, pos_label="no", response_method="decision_function")
    yield "FixedThresholdClassifier-other", other.fit(X, known), X
    yield "FixedThresholdClassifier-tree", FixedThresholdClassifier(tree(), threshold=0.7, pos_label="no").fit(X, known), X
    yield "TunedThresholdClassifierCV", TunedThresholdClassifierCV(LogisticRegression(), cv=2).fit(X, known), X
    if v >= (1, 6):
        from sklearn.frozen import FrozenEstimator

        frozen = FrozenEstimator(LogisticRegression().fit(X, known))
        yield "FrozenEstimator", frozen.fit(X, known), X
        yield "FrozenEstimator-calibrated", CalibratedClassifierCV(frozen, method="isotonic").fit(X, known), X
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401
    from sklearn.model_selection import HalvingGridSearchCV, HalvingRandomSearchCV

    yield "HalvingGridSearchCV", HalvingGridSearchCV(Ridge(), {"alpha": [1.0, 2.0]}, cv=2, random_state=0).fit(X, target(X)), X
    random = HalvingRandomSearchCV(DecisionTreeRegressor(random_state=0), {"max_depth": [2, 3, 4]}, cv=2, random_state=0)
    yield "HalvingRandomSearchCV", random.fit(X, target(X)), X


def dummies(v):
    X = small()
    scaled = StandardScaler()
    y = target(X)
    for strategy, options in (("mean", {}), ("median", {}), ("quantile", dict(quantile=0.2)), ("constant", dict(constant=4.5))):
        yield f"DummyRegressor-{strategy}", make_pipeline(scaled, DummyRegressor(strategy=strategy, **options)).fit(X, y), X
    for strategy, options in (("prior", {}), ("most_frequent", {}), ("constant", dict(constant="b"))):
        dummy = make_pipeline(scaled, DummyClassifier(strategy=strategy, **options))
        yield f"DummyClassifier-{strategy.replace('_', '-')}", dummy.fit(X, classes(X, ["a", "b", "c", "c"])), X
    voting = en.VotingRegressor([("dummy", DummyRegressor()), ("ridge", Ridge())])
    yield "DummyRegressor-member", make_pipeline(scaled, voting).fit(X, y), X


def encoders(v):
    N = numbers(n=80, features=3, missing=0.2, seed=3)
    N[:, 2] = np.nan_to_num(N[:, 2])
    yield "MissingIndicator", through(MissingIndicator())(N), N
    yield "MissingIndicator-all", through(MissingIndicator(features="all"))(N), N
    yield "MissingIndicator-lenient", through(MissingIndicator(error_on_new=False))(N), N
    zeros = np.nan_to_num(N)
    zeros[:, 2] += 10
    yield "MissingIndicator-zero", through(MissingIndicator(missing_values=0))(zeros), zeros
    union = make_union(MissingIndicator(), MissingIndicator(features="all"))
    yield "MissingIndicator-union", through(union)(N), N
    if v >= (1, 3):
        from sklearn.preprocessing import TargetEncoder

        frame = houses()[["ocean", "state", "rooms"]]
        y = price(houses())
        yield "TargetEncoder", make_pipeline(TargetEncoder(cv=2, random_state=0), Ridge()).fit(frame, y), frame
        known = classes(np.c_[y, y], ["no", "yes"])
        yield "TargetEncoder-binary", make_pipeline(TargetEncoder(smooth=2.0, cv=2, random_state=0), tree()).fit(frame, known), frame
        if v >= (1, 4):
            known = classes(np.c_[y, y], [3, 1, 7])
            many = make_pipeline(TargetEncoder(cv=2, random_state=0), tree(8))
            yield "TargetEncoder-three", many.fit(frame, known), frame


SENTENCES = [
    "The quick brown fox jumps over the lazy dog.",
    "Prices in İstanbul rose by 3.5% — ΟΔΟΣ ΣΟΦΙΑΣ is dear!",
    "a b c d e, I am an_underscored word2vec",
    "Zürich und Köln: naïve façade, coöperate; ½ ² ③ Ⅷ",
    "東京 タワー is tall, don't you think?",
    "tabs\tand\nnew  lines\u00a0and\u2003spaces   here",
    "",
    "house house HOUSE garden, garden near the sea",
    "no view of the sea and no garden for us",
    "x",
]


def texts(v):
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer

    docs = [" ".join(SENTENCES[(i * j) % len(SENTENCES)] for j in (1, 3)[: 1 + i % 2]) for i in range(40)]
    y = np.arange(40) % 7 + np.arange(40) % 3
    known = np.asarray(["no", "yes", "maybe"])[np.arange(40) * 7 % 3]
    vectorizers = {
        "CountVectorizer": CountVectorizer(),
        "CountVectorizer-binary-pairs": CountVectorizer(binary=True, ngram_range=(1, 2), min_df=2),
        "CountVectorizer-english": CountVectorizer(stop_words="english", ngram_range=(2, 3), lowercase=False),
        "CountVectorizer-stop": CountVectorizer(stop_words=["the", "garden"], token_pattern=r"(?u)\b\w+\b", max_features=12),
        "CountVectorizer-characters": CountVectorizer(analyzer="char", ngram_range=(1, 3), max_features=60),
        "CountVectorizer-edges": CountVectorizer(analyzer="char_wb", ngram_range=(2, 5), max_features=60),
        "CountVectorizer-edges-short": CountVectorizer(analyzer="char_wb", ngram_range=(4, 4)),
        "CountVectorizer-given": CountVectorizer(vocabulary=["sea", "garden", "is", "no garden"], ngram_range=(1, 2)),
        "CountVectorizer-runs": CountVectorizer(token_pattern=r"\S+", max_features=30),
        "CountVectorizer-accents": CountVectorizer(strip_accents="unicode", token_pattern=r"[\w'-]+"),
        "CountVectorizer-sets": CountVectorizer(token_pattern=r"\b[^\W\d_]{2,}\b|[!?]|\d+(?:\.\d+)?%?", lowercase=False),
        "CountVectorizer-group": CountVectorizer(token_pattern=r"(?iu)\b[a-k](\w+?)\b", ngram_range=(1, 2), lowercase=False),
        "CountVectorizer-float32": CountVectorizer(dtype=np.float32, max_features=20),
        "TfidfVectorizer-ascii": TfidfVectorizer(strip_accents="ascii", token_pattern=r"[a-zA-Z]{3,}", sublinear_tf=True),
        "HashingVectorizer-accents": HashingVectorizer(n_features=16, strip_accents="unicode", analyzer="char_wb", ngram_range=(2, 3)),
        "TfidfVectorizer": TfidfVectorizer(),
        "TfidfVectorizer-sublinear": TfidfVectorizer(sublinear_tf=True, norm="l1", smooth_idf=False, token_pattern=r"\w{3,}"),
        "TfidfVectorizer-plain": TfidfVectorizer(use_idf=False, norm=None, ngram_range=(1, 2), max_features=20),
        "HashingVectorizer": HashingVectorizer(n_features=32),
        "HashingVectorizer-binary": HashingVectorizer(n_features=16, binary=True, norm="l1"),
        "HashingVectorizer-unsigned": HashingVectorizer(n_features=16, alternate_sign=False, norm=None, analyzer="char_wb", ngram_range=(3, 3)),
    }
    for name, vectorizer in vectorizers.items():
        yield name, make_pipeline(vectorizer, Ridge()).fit(docs, y), docs, dict(rows=14)
    counts = make_pipeline(CountVectorizer(dtype=np.float32), LogisticRegression())
    yield "CountVectorizer-float32-classes", counts.fit(docs, known), docs, dict(rows=14)
    yield "TfidfTransformer", make_pipeline(CountVectorizer(), TfidfTransformer(sublinear_tf=True), LogisticRegression()).fit(docs, known), docs, dict(rows=14)
    yield "TfidfVectorizer-tree", make_pipeline(TfidfVectorizer(max_features=20), tree(6)).fit(docs, known), docs, dict(rows=14)
    calibrated = CalibratedClassifierCV(make_pipeline(TfidfVectorizer(max_features=12), LinearSVC()), cv=2, method="sigmoid")
    yield "TfidfVectorizer-calibrated", calibrated.fit(docs, known), docs, dict(rows=14)
    frame = pd.DataFrame({"text": pd.Series(docs, dtype=object), "size": np.arange(40.0), "other": pd.Series(docs[::-1], dtype=object)})
    parts = [("text", TfidfVectorizer(max_features=9), "text"), ("other", CountVectorizer(max_features=5), "other"), ("size", StandardScaler(), ["size"])]
    yield "TfidfVectorizer-columns", make_pipeline(ColumnTransformer(parts), Ridge()).fit(frame, y), frame, dict(rows=14)
    frame = frame[["text", "size"]].assign(size=np.where(np.arange(40) % 5, 1.5, np.nan))
    gaps = ColumnTransformer([("text", CountVectorizer(max_features=9), "text"), ("size", "passthrough", ["size"])], sparse_threshold=1)
    lasso = Lasso(alpha=0.01).fit(gaps.fit_transform(frame.fillna(0)), y)
    yield "Lasso-sparse-missing", Pipeline([("gaps", gaps), ("lasso", lasso)]), frame, dict(rows=14)
    union = make_union(TfidfVectorizer(max_features=9), CountVectorizer(analyzer="char", max_features=9))
    yield "TfidfVectorizer-union", make_pipeline(union, Ridge()).fit(docs, y), docs, dict(rows=14)


def refused(v):
    X = small()
    Y = np.c_[classes(X, [0, 1]), classes(X, [1, 0, 1])]
    if v < (1, 9):
        return
    from sklearn.feature_extraction.text import CountVectorizer, strip_tags

    for name, options, text in [
        ("preprocessor", dict(preprocessor=strip_tags), "preprocessor"),
        ("dtype", dict(dtype=bool), "dtype=bool"),
        ("nothing", dict(token_pattern=r"\w*"), "could match nothing"),
        ("pattern", dict(token_pattern="[a-z]+(?=,)"), "token_pattern"),
    ]:
        docs = SENTENCES * 2
        yield f"refused-text-{name}", make_pipeline(CountVectorizer(**options), Ridge()).fit(docs, np.arange(20.0)), docs, dict(refused=text)
    labels = np.c_[X[:, 0] > 0, X[:, 1] > 0].astype(int)
    stacked = en.StackingClassifier([("forest", en.RandomForestClassifier(2, max_depth=2, n_jobs=1))], tree(), cv=2)
    yield "refused-stacked-labels", stacked.fit(X, labels), X, dict(refused="StackingClassifier with several labels a row")
    gaps = houses()[["ocean"]].mask(houses()[["ocean"]] == "ISLAND")
    yield "refused-transform-strings", SimpleImputer(strategy="most_frequent").fit(gaps), gaps, dict(refused="strings among what transform yields")
    for strategy in ("stratified", "uniform"):
        dummy = DummyClassifier(strategy=strategy).fit(X, classes(X, [0, 1]))
        yield f"refused-dummy-{strategy}", dummy, X, dict(refused=f"strategy={strategy}")
