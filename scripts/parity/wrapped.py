"""Random models of several targets, of dictionaries, and of packages that wrap scikit-learn."""

from __future__ import annotations

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, RegressorChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import models as mo
from families import calm

try:
    from imblearn import ensemble as ie
    from imblearn.over_sampling import RandomOverSampler
    from imblearn.pipeline import make_pipeline as resampled_pipeline
except ImportError:  # only the newest environment has it
    ie = None
try:
    from sklearn2pmml.pipeline import PMMLPipeline
except ImportError:
    PMMLPipeline = None


def chained(rng):
    """One model a target, or each of the targets before it."""
    X = calm(rng)
    n = int(rng.integers(2, 4))
    depth = {"max_depth": int(rng.integers(1, 6)), "random_state": mo.seed(rng)}
    chain = {"order": mo.one(rng, [None, [int(k) for k in rng.permutation(n)]])}
    if mo.chance(rng, 0.4):
        model = RegressorChain(mo.one(rng, [Ridge(), DecisionTreeRegressor(**depth)]), **chain)
        return mo.fitted(rng, model, X, np.column_stack([mo.target(rng, X) for _ in range(n)]), "several targets")
    Y = np.column_stack([mo.codes(mo.labels(rng, X, two=True)) for _ in range(n)])
    one = mo.one(rng, [LogisticRegression(), DecisionTreeClassifier(**depth)])
    model = mo.one(rng, [ClassifierChain(one, **chain), MultiOutputClassifier(one)])
    return mo.fitted(rng, model, X, Y, "several targets")


def taught(rng):
    """A classifier that labels what has no label, and learns from it."""
    X = calm(rng)
    known = mo.codes(mo.labels(rng, X))
    Y = np.where(rng.random(len(known)) < 0.3, -1, known)
    one = mo.one(rng, [LogisticRegression(), DecisionTreeClassifier(max_depth=int(rng.integers(1, 6)), random_state=mo.seed(rng))])
    return mo.fitted(rng, SelfTrainingClassifier(one, threshold=float(rng.uniform(0.6, 0.95))), X, Y, "self-training")


def looked_up(rng):
    """Rows as dictionaries, some of which know less than others."""
    frame = mo.mixed(rng)
    y = mo.target(rng, frame)
    strings = [c for c in frame.columns if c[0] == "s"]
    frame[strings] = frame[strings].fillna("?")
    rows = frame.fillna(0.0).to_dict("records")
    X = [{k: v if isinstance(v, str) else float(v) for k, v in row.items()} for row in rows]
    for row in X:
        if mo.chance(rng, 0.2) and len(row) > 1:
            row.pop(mo.one(rng, list(row)))
    steps = [DictVectorizer(sparse=mo.chance(rng, 0.5), sort=mo.chance(rng, 0.5), separator=mo.one(rng, ["=", "__"]))]
    last = mo.one(rng, [Ridge(), DecisionTreeRegressor(max_depth=4, random_state=mo.seed(rng))])
    return mo.fitted(rng, make_pipeline(*steps, last), X, y, "dictionaries")


def balanced(rng):
    """Of imbalanced-learn: what it samples is gone when it predicts."""
    if ie is None:
        raise mo.Useless("imbalanced-learn is not there")
    X = calm(rng)
    tree = DecisionTreeClassifier(max_depth=int(rng.integers(1, 6)), random_state=mo.seed(rng))
    few = {"n_estimators": int(rng.integers(1, 6)), "random_state": mo.seed(rng)}
    model = mo.one(rng, [
        ie.BalancedBaggingClassifier(tree, **few), ie.BalancedRandomForestClassifier(max_depth=4, sampling_strategy="all", replacement=True, bootstrap=False, **few),
        ie.EasyEnsembleClassifier(**few), ie.RUSBoostClassifier(tree, **few),
        resampled_pipeline(RandomOverSampler(random_state=0), StandardScaler(), mo.one(rng, [tree, LogisticRegression()])),
    ])  # fmt: skip
    return mo.fitted(rng, model, X, mo.labels(rng, X), "imbalanced-learn")


def exported(rng):
    if PMMLPipeline is None:
        raise mo.Useless("sklearn2pmml is not there")
    X = calm(rng)
    model = mo.one(rng, [LogisticRegression(), DecisionTreeClassifier(max_depth=4, random_state=mo.seed(rng))])
    return mo.fitted(rng, PMMLPipeline([("scale", StandardScaler()), ("model", model)]), X, mo.labels(rng, X), "PMML pipelines")


ALL = [chained, taught, looked_up, *([balanced] if ie else []), *([exported] if PMMLPipeline else [])]
