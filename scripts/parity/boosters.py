"""Random models of XGBoost, LightGBM and CatBoost, by themselves and in their wrappers."""

from __future__ import annotations

import lightgbm as lgb
import models as mo
import numpy as np
import pandas as pd
import xgboost as xgb
from models import LIGHTGBM, WORDS, XGBOOST, Choice, Useless, cb, chance, codes, labels, mixed, numbers, one, seed, several, target


def categorized(rng, known=WORDS, allowed=True):
    """A frame without strings, or with strings as pandas categories."""
    if not allowed or chance(rng, 0.6):
        return numbers(rng), False
    frame = mixed(rng, known)
    return frame.astype({c: "category" for c in frame.columns if c[0] == "s"}), True


def xgboost(rng):
    # XGBoost before 3.4 cuts category names by characters, not bytes, when it saves them.
    X, categories = categorized(rng, [w for w in WORDS if w.isascii()], XGBOOST >= (1, 7))
    X = X.clip(-1e30, 1e30) if not categories else X
    y = target(rng, X)
    options = {"max_depth": int(rng.integers(1, 8)), "learning_rate": float(rng.uniform(0.05, 1)), "seed": seed(rng)}
    options |= {"tree_method": "hist" if categories else one(rng, ["hist", "exact", "approx"])}
    options |= {"subsample": one(rng, [1.0, 0.6]), "max_cat_to_onehot": one(rng, [1, 4, 100])}
    options |= one(rng, [{}, {}, {"booster": "dart", "rate_drop": 0.3}, {"num_parallel_tree": 3}, {"base_score": 0.3}, {} if categories else {"booster": "gblinear"}])
    if options.get("booster") == "dart" and XGBOOST < (1, 0):
        raise Useless("dart of before 1.0 leaves trees out when it predicts")
    if options.get("booster") == "gblinear":
        options = {k: options[k] for k in ("booster", "learning_rate", "seed")} | {"updater": "coord_descent"}
    rounds = int(rng.integers(1, 25))
    if mo.WANTED.startswith("XGB") or not mo.WANTED and chance(rng, 0.3):
        cls = one(rng, [xgb.XGBClassifier, xgb.XGBRegressor, xgb.XGBClassifier, xgb.XGBRegressor, xgb.XGBRFClassifier, xgb.XGBRFRegressor, xgb.XGBRanker])
        options["random_state"] = options.pop("seed")
        if cls in (xgb.XGBRFClassifier, xgb.XGBRFRegressor):
            options = {k: v for k, v in options.items() if k in ("max_depth", "random_state", "tree_method")}
        elif XGBOOST < (1, 5):
            options = {k: v for k, v in options.items() if k != "max_cat_to_onehot"}
        if categories:
            options["enable_categorical"] = True
        model = cls(n_estimators=rounds, **options)
        if cls is xgb.XGBRanker:
            model.fit(X, codes(labels(rng, X, True)), group=[len(X) - len(X) // 2, len(X) // 2])
        else:
            model.fit(X, codes(labels(rng, X)) if cls in (xgb.XGBClassifier, xgb.XGBRFClassifier) else y)
        return Choice(model, X, str(options), "XGBoost wrappers")
    positive = np.abs(y) / np.abs(y).max() + 0.01
    objective, label = one(rng, [
        ("reg:squarederror", y), ("binary:logistic", codes(labels(rng, X, True))), ("binary:logitraw", codes(labels(rng, X, True))),
        ("multi:softprob", codes(labels(rng, X))), ("multi:softmax", codes(labels(rng, X))), ("count:poisson", positive),
        ("reg:gamma", positive), ("reg:tweedie", positive), ("reg:logistic", positive / 2), ("reg:absoluteerror", y),
        ("binary:hinge", codes(labels(rng, X, True))), ("reg:pseudohubererror", y), ("reg:squarederror", np.c_[y, -y]),
        ("reg:quantileerror", y), ("rank:pairwise", codes(labels(rng, X, True))), ("rank:ndcg", codes(labels(rng, X, True))),
        ("rank:map", codes(labels(rng, X, True))), ("reg:squaredlogerror", positive), ("reg:linear" if XGBOOST < (1, 0) else "reg:squarederror", y),
        ("survival:cox", positive), ("survival:aft", positive), ("vector leaves", np.c_[y, -y, y * 2]),
        ("reg:expectileerror" if XGBOOST >= (3, 4) else "reg:squarederror", y),
    ])  # fmt: skip
    trees = options.get("booster") != "gblinear"
    if objective == "reg:quantileerror":
        options["quantile_alpha"] = one(rng, [0.3, [0.1, 0.5, 0.9]])
    if objective == "reg:expectileerror":
        options["expectile_alpha"] = one(rng, [0.3, [0.1, 0.5, 0.9]])
    if objective == "vector leaves":
        objective = "reg:squarederror"
        if trees and not categories and options.get("booster") != "dart":
            options |= {"multi_strategy": "multi_output_tree", "tree_method": "hist"}
    if objective.startswith("multi"):
        options["num_class"] = int(label.max()) + 1
    if objective != "reg:squarederror":
        options["objective"] = objective
    data = xgb.DMatrix(X, label, **({"enable_categorical": True} if categories else {}))
    if objective.startswith("rank"):
        data.set_group([len(X) - len(X) // 2, len(X) // 2])
    if objective == "survival:aft":
        data.set_float_info("label_lower_bound", positive)
        data.set_float_info("label_upper_bound", positive + 1)
    model = xgb.train(options, data, rounds)
    # The binary format has no splits by categories.
    formats = ["pickle", *(["json"] if XGBOOST >= (1, 0) else []), *(["ubj"] if XGBOOST >= (1, 6) else []), *(["binary"] if XGBOOST < (2, 1) and not categories else [])]
    return Choice(model, X, str(options), "XGBoost boosters", {"format": one(rng, formats)})


def lightgbm(rng):
    X, categories = categorized(rng, allowed=LIGHTGBM >= (3, 0))
    if isinstance(X, pd.DataFrame):
        X.columns = [c.replace(" ", "_") for c in X.columns]
    y = target(rng, X)
    options = {"num_leaves": int(rng.integers(2, 40)), "min_data_in_leaf": int(rng.integers(1, 20)), "verbosity": -1, "seed": seed(rng)}
    options |= {"learning_rate": float(rng.uniform(0.05, 1)), "min_data_per_group": 5, "cat_smooth": 1.0, "num_threads": 1}
    options |= one(rng, [{}, {}, {"zero_as_missing": True}, {"use_missing": False}, {"boosting": "dart"}, {"linear_tree": True}])
    rounds = int(rng.integers(1, 25))
    if LIGHTGBM < (3, 2):
        options.pop("linear_tree", 0)
    if mo.WANTED.startswith("LGBM") or not mo.WANTED and chance(rng, 0.3):
        cls = one(rng, [lgb.LGBMClassifier, lgb.LGBMRegressor, lgb.LGBMRanker])
        options.pop("linear_tree", 0)
        if cls is lgb.LGBMRegressor and chance(rng, 0.3):  # a Booster's raw score of a forest is not offered
            options |= {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}
        model = cls(n_estimators=rounds, **options)
        if cls is lgb.LGBMRanker:
            model.fit(X, codes(labels(rng, X, True)), group=[len(X) - len(X) // 2, len(X) // 2])
        else:
            model.fit(X, labels(rng, X) if cls is lgb.LGBMClassifier else y)
        return Choice(model, X, str(options), "LightGBM wrappers")
    positive = np.abs(y) / np.abs(y).max() + 0.01
    objective, label = one(rng, [
        ("regression", y), ("regression_l1", y), ("huber", y), ("quantile", y), ("poisson", positive), ("gamma", positive),
        ("tweedie", positive), ("binary", codes(labels(rng, X, True))), ("cross_entropy", positive / 2),
        ("multiclass", codes(labels(rng, X))), ("multiclassova", codes(labels(rng, X))), ("fair", y), ("mape", y),
        ("cross_entropy_lambda", positive / 2), ("lambdarank", codes(labels(rng, X, True))), ("rank_xendcg", codes(labels(rng, X, True))),
        ("custom", y),
    ])  # fmt: skip
    data = {"group": [len(X) - len(X) // 2, len(X) // 2]} if "rank" in objective else {}
    if objective.startswith("multiclass"):
        options["num_class"] = int(label.max()) + 1
    options["objective"] = objective
    more = {}
    if objective == "custom":
        own = lambda scores, data: (scores - data.get_label(), np.ones(len(scores)))  # noqa: E731
        options["objective"] = own if LIGHTGBM >= (4, 0) else "none"
        more = {} if LIGHTGBM >= (4, 0) else {"fobj": own}
    model = lgb.train(options, lgb.Dataset(X, label, **data), rounds, **more)
    if objective == "custom":
        model.params.pop("objective", 0)  # no pickle holds it
    return Choice(model, X, str(options), "LightGBM boosters", {"format": one(rng, ["txt", "txt", "pickle"])})


REGRESSIONS = ["RMSE", "MAE", "Quantile:alpha=0.7", "LogCosh", "Poisson", "Tweedie:variance_power=1.3", "RMSEWithUncertainty", "MultiRMSE"]


def catboost(rng):
    """With categories in any way, or without; oblivious trees and others."""
    if cb is None:
        raise Useless("there is no CatBoost")
    categories = chance(rng, 0.6)
    X = mixed(rng) if categories else numbers(rng)
    options = {"iterations": int(rng.integers(1, 25)), "depth": int(rng.integers(1, 8)), "random_seed": seed(rng), "thread_count": 1}
    options |= {"verbose": 0, "allow_writing_files": False, "nan_mode": one(rng, ["Min", "Max"]), "border_count": one(rng, [254, 32, 5, 700])}
    policy = one(rng, ["SymmetricTree", "SymmetricTree", "SymmetricTree", "Lossguide", "Depthwise"])
    options["grow_policy"] = policy
    if categories:
        names = [c for c in X.columns if c[0] == "s" or c == "i0" and chance(rng, 0.5)]
        for name in names:
            X[name] = X[name].fillna("?")
        options |= {"cat_features": names, "one_hot_max_size": one(rng, [2, 2, 5, 30]), "max_ctr_complexity": int(rng.integers(1, 4))}
        kinds = ["Borders", "Buckets", "BinarizedTargetMeanValue", "Counter"]
        if chance(rng, 0.5):
            options["simple_ctr"] = [str(kind) for kind in rng.permutation(kinds)[: rng.integers(1, 4)]]
        if chance(rng, 0.5):
            options["combinations_ctr"] = [one(rng, kinds) + one(rng, ["", ":Prior=0.3/1"])]
    cls = one(rng, [cb.CatBoostClassifier] * 5 + [cb.CatBoostRegressor] * 5 + [cb.CatBoostRanker, cb.CatBoost])
    more = {}
    if cls is cb.CatBoostRanker:
        y, more = codes(labels(rng, X, True)), {"group_id": np.arange(len(X)) // 10}
        model = cls(loss_function=one(rng, ["YetiRank", "QueryRMSE"]), **options)
    elif cls is cb.CatBoostClassifier:
        y = labels(rng, X)
        two = len(np.unique(y)) == 2
        loss = one(rng, ["Logloss"]) if two else one(rng, ["MultiClass", "MultiClassOneVsAll"])
        model = cb.CatBoostClassifier(loss_function=loss, **options)
    else:
        loss = one(rng, REGRESSIONS)
        y = several(rng, X) if loss == "MultiRMSE" else target(rng, X)
        y = np.abs(y) / np.abs(y).max() if loss[0] in "PT" else y
        model = cls({"loss_function": loss, **options}) if cls is cb.CatBoost else cls(loss_function=loss, **options)
    saved = one(rng, [{}, {"format": "cbm"}, {"format": "cbm"}, {"format": "json"}, {"format": "pickle"}])
    if mo.WANTED == cls.__name__ or cls is cb.CatBoost:  # a file does not say which class it is
        saved = {"format": "pickle"}
    model.fit(X, y, **more)
    return Choice(model, X, f"{type(model).__name__}({model.get_params()})"[:400], "CatBoost", saved)
