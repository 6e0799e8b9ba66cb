"""A random predictor that is made of others."""

from __future__ import annotations

import numpy as np
from sklearn import ensemble as en
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import models as mo

WRAPPED = "estimator" if mo.VERSION >= (1, 2) else "base_estimator"


def member(rng, classifier):
    """A predictor to be one of many."""
    family = mo.one(rng, [mo.tree_model, mo.linear_model, mo.gradient_model, mo.hist_model])
    model = family(rng, classifier)
    if "n_jobs" in model.get_params():
        model.set_params(n_jobs=None)
    return make_pipeline(StandardScaler(), model) if mo.chance(rng, 0.3) else model


def members(rng, classifier):
    dummy = DummyClassifier if classifier else DummyRegressor
    out = [(f"m{i}", member(rng, classifier)) for i in range(rng.integers(1, 4))]
    if mo.chance(rng, 0.2):
        out.append(("dropped", "drop"))
    if mo.chance(rng, 0.2):
        out.append(("dummy", dummy(strategy=mo.one(rng, ["prior", "most_frequent"] if classifier else ["mean", "median"]))))
    return out


def weights(rng, n):
    return mo.one(rng, [None, [float(w) for w in rng.integers(1, 6, n)], [float(w) for w in rng.uniform(0.1, 3, n)]])


def regressor(rng):
    several = members(rng, False)
    few = {"n_estimators": int(rng.integers(1, 8)), "random_state": mo.seed(rng)}
    subset = {"max_features": float(rng.uniform(0.4, 1)), "bootstrap_features": mo.chance(rng, 0.3)}
    inner = {WRAPPED: mo.tree_model(rng, False).set_params(**{}) if mo.chance(rng, 0.6) else member(rng, False)}
    return mo.one(rng, [
        en.VotingRegressor(several, weights=weights(rng, len(several))),
        en.StackingRegressor(several, mo.one(rng, [None, member(rng, False)]), passthrough=mo.chance(rng, 0.4), cv=2),
        en.BaggingRegressor(**inner, **few, **subset),
        en.AdaBoostRegressor(**inner, **few, loss=mo.one(rng, ["linear", "square", "exponential"])),
    ])  # fmt: skip


def classifier(rng):
    several = members(rng, True)
    few = {"n_estimators": int(rng.integers(1, 8)), "random_state": mo.seed(rng)}
    subset = {"max_features": float(rng.uniform(0.4, 1)), "max_samples": float(rng.uniform(0.3, 1))}
    weighted = mo.tree_model(rng, True)
    if "n_jobs" in weighted.get_params():
        weighted.set_params(n_jobs=None)
    methods = ["sigmoid", "isotonic"] + (["temperature"] if mo.VERSION >= (1, 8) else [])
    inner = {WRAPPED: member(rng, True)}
    return mo.one(rng, [
        en.VotingClassifier(several, voting=mo.one(rng, ["hard", "soft"]), weights=weights(rng, len(several))),
        en.StackingClassifier(several, mo.one(rng, [None, member(rng, True)]), passthrough=mo.chance(rng, 0.4), cv=2),
        en.BaggingClassifier(**inner, **few, **subset),
        en.AdaBoostClassifier(**{WRAPPED: weighted}, **few),
        CalibratedClassifierCV(**inner, method=mo.one(rng, methods), cv=2, ensemble=mo.chance(rng, 0.6)),
        OneVsRestClassifier(member(rng, True)),
        OneVsOneClassifier(member(rng, True)),
    ])  # fmt: skip


def committee(rng):
    """Predictors that vote, are stacked, boosted, calibrated or ask one class at a time."""
    X = np.clip(mo.numbers(rng, gaps=False), -1e6, 1e6)
    if mo.chance(rng, 0.1):
        return mo.fitted(rng, MultiOutputRegressor(member(rng, False)), X, mo.several(rng, X), "MultiOutputRegressor")
    if mo.chance(rng, 0.5):
        model, y = regressor(rng), mo.target(rng, X)
    else:
        model, y = classifier(rng), mo.labels(rng, X)
    try:
        return mo.fitted(rng, model, X, y, type(model).__name__)
    except RuntimeError as error:  # temperature scaling that finds none
        raise mo.Useless(str(error)) from error


ALL = [committee, committee]
