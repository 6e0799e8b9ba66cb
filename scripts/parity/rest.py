"""Random models of classes that take more than a draw among their like: searches, thresholds, what needs labels or gaps."""

from __future__ import annotations

import numpy as np
from sklearn import ensemble as en
from sklearn import linear_model as li
from sklearn import model_selection as ms
from sklearn import preprocessing as pr
from sklearn import random_projection as rp
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import FastICA
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.impute import MissingIndicator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline, make_union
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor

import models as mo
from families import calm


def searched(rng):
    """The best of a grid, or of random draws."""
    X = calm(rng)
    classifier = mo.chance(rng, 0.5)
    depths = {"max_depth": [int(d) for d in rng.integers(1, 6, 3)]}
    model = (DecisionTreeClassifier if classifier else DecisionTreeRegressor)(random_state=mo.seed(rng))
    few = {"cv": 2, "random_state": mo.seed(rng)}
    search = mo.one(rng, [
        ms.GridSearchCV(model, depths, cv=2), ms.RandomizedSearchCV(model, depths, n_iter=2, **few),
        ms.HalvingGridSearchCV(model, depths, **few), ms.HalvingRandomSearchCV(model, depths, **few),
    ])  # fmt: skip
    return mo.fitted(rng, search, X, mo.labels(rng, X) if classifier else mo.target(rng, X), "searches")


def decided(rng):
    """A threshold of its own, or a model that is trained no more."""
    X = calm(rng)
    y = mo.labels(rng, X, two=True)
    model = mo.one(rng, [LogisticRegression(), DecisionTreeClassifier(max_depth=3, random_state=mo.seed(rng))])
    choices = []
    if mo.VERSION >= (1, 5):
        threshold = float(rng.uniform(0.2, 0.8))
        choices += [ms.FixedThresholdClassifier(model, threshold=threshold, response_method="predict_proba", pos_label=np.unique(y)[1]), ms.TunedThresholdClassifierCV(model, cv=2, scoring="accuracy")]
    if mo.VERSION >= (1, 6):
        from sklearn.frozen import FrozenEstimator

        choices.append(FrozenEstimator(model.fit(X, y)))
    if not choices:
        raise mo.Useless("this version has neither")
    return mo.fitted(rng, mo.one(rng, choices), X, y, "thresholds")


def marked(rng):
    """What is missing, beside what is there."""
    X = np.asarray(mo.numbers(rng))[:, :8]
    X = np.clip(np.where(rng.random(X.shape) < 0.2, np.nan, X), -1e6, 1e6)
    y = mo.target(rng, X)
    fill = mo.SimpleImputer(strategy=mo.one(rng, ["mean", "median", "most_frequent"]))
    steps = make_union(make_pipeline(fill, mo.one(rng, [pr.StandardScaler(), pr.RobustScaler()])), MissingIndicator(features=mo.one(rng, ["all", "missing-only"]), error_on_new=False))
    last = mo.one(rng, [Ridge(), DecisionTreeRegressor(max_depth=4, random_state=mo.seed(rng)), en.HistGradientBoostingRegressor(max_iter=4)])
    return mo.fitted(rng, make_pipeline(steps, last), X, y, "missing indicators")


def targeted(rng):
    """Categories by what is mean of the target."""
    if mo.VERSION < (1, 3):
        raise mo.Useless("this version has no TargetEncoder")
    frame = mo.mixed(rng)
    classifier = mo.chance(rng, 0.5)
    y = mo.labels(rng, frame, two=mo.VERSION < (1, 4)) if classifier else mo.target(rng, frame)
    strings = [c for c in frame.columns if c[0] == "s"]
    frame[strings] = frame[strings].fillna("?")
    encoder = pr.TargetEncoder(smooth=mo.one(rng, ["auto", 3.0]), cv=2, random_state=mo.seed(rng))
    steps = ColumnTransformer([("t", encoder, strings), ("n", mo.SimpleImputer(), [c for c in frame.columns if c[0] == "n"])])
    last = LogisticRegression(max_iter=300) if classifier else Ridge()
    return mo.fitted(rng, make_pipeline(steps, pr.StandardScaler(), last), frame, y, "target encoders")


def turned(rng):
    X = calm(rng)
    k = int(rng.integers(1, X.shape[1] + 1))
    step = mo.one(rng, [
        FastICA(k, whiten="unit-variance", random_state=mo.seed(rng)),
        rp.GaussianRandomProjection(k, random_state=mo.seed(rng)),
    ])  # fmt: skip
    return mo.fitted(rng, make_pipeline(step, Ridge()), X, mo.target(rng, X), "projections")


def chosen_linear(rng):
    """Linear models that choose their own strength."""
    X = calm(rng)
    y = mo.target(rng, X)
    Y = np.c_[y, -y + X[:, 0]]
    alphas = [float(10.0**k) for k in rng.integers(-3, 2, 3)]
    if mo.chance(rng, 0.25):
        model = mo.one(rng, [li.LogisticRegressionCV(Cs=3, cv=2, max_iter=300), li.RidgeClassifierCV(alphas)])
        return mo.fitted(rng, model, X, mo.labels(rng, X), "linear classifiers")
    few = {"cv": 2, "random_state": mo.seed(rng)}
    model, y = mo.one(rng, [
        (li.RidgeCV(alphas), y), (li.LassoCV(alphas=alphas, **few), y), (li.ElasticNetCV(alphas=alphas, **few), y), (li.LarsCV(cv=2), y),
        (li.LassoLarsCV(cv=2), y), (li.LassoLarsIC(criterion=mo.one(rng, ["aic", "bic"])), y), (li.OrthogonalMatchingPursuitCV(cv=2), y),
        (li.MultiTaskElasticNet(alphas[0]), Y), (li.MultiTaskElasticNetCV(alphas=alphas, **few), Y), (li.MultiTaskLassoCV(alphas=alphas, **few), Y),
        (li.PassiveAggressiveRegressor(random_state=0), np.tanh(y)), (li.TheilSenRegressor(random_state=0, max_subpopulation=200), y),
    ])  # fmt: skip
    return mo.fitted(rng, model, X, y, "linear regressors")


def lonely(rng):
    """What stands at the end by itself."""
    X = calm(rng)
    if mo.chance(rng, 0.4):
        model = mo.one(rng, [DummyClassifier(strategy=mo.one(rng, ["prior", "most_frequent"])), ExtraTreeClassifier(max_depth=int(rng.integers(1, 8)), random_state=mo.seed(rng))])
        return mo.fitted(rng, counted(model), X, mo.labels(rng, X), "dummies and trees")
    y = mo.target(rng, X)
    model, y = mo.one(rng, [
        (DummyRegressor(strategy=mo.one(rng, ["mean", "median"])), y), (ExtraTreeRegressor(max_depth=int(rng.integers(1, 8)), random_state=mo.seed(rng)), y),
        (li.SGDOneClassSVM(random_state=0), None),
        (mo.transformed(rng, Ridge()), np.abs(y)),
        (mo.transformed(rng, DecisionTreeRegressor(max_depth=4, random_state=mo.seed(rng))), np.abs(y)),
    ])  # fmt: skip
    return mo.fitted(rng, counted(model), X, y, "dummies and trees")


def counted(model):
    """Behind a step that counts the columns, which older dummies do not."""
    return make_pipeline(pr.StandardScaler(), model) if mo.VERSION < (1, 6) else model


ALL = [searched, decided, marked, targeted, turned, chosen_linear, lonely]
