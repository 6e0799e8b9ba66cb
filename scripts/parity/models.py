"""A random model on random data: everything is decided by one random generator."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import Any

try:
    import catboost as cb
except ModuleNotFoundError:  # of the oldest versions there is none
    cb = None
import lightgbm as lgb
import numpy as np
import pandas as pd
import sklearn
import xgboost as xgb
from sklearn import ensemble as en
from sklearn import linear_model as li
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, OrdinalEncoder, PowerTransformer, QuantileTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

WORDS = "INLAND,NEAR BAY,<1H OCEAN,ISLAND,a,A,ä,zürich,東京,x y,\"quoted\",0,1,-1,1.5,true,None,nan".split(",")

# What older versions call otherwise, or do not have.
VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
SPARSE = "sparse_output" if VERSION >= (1, 2) else "sparse"
RARE = {"min_frequency": 9} if VERSION >= (1, 3) else {}
XGBOOST = tuple(int(part) for part in xgb.__version__.split(".")[:2])
SKOPS = [{"format": "skops"}]
try:
    import skops.io

    SKOPS_VERSION = tuple(int(part) for part in skops.__version__.split(".")[:2])
    if "compression" in inspect.signature(skops.io.dump).parameters:
        SKOPS.append({"format": "skops", "compress": True})
except ModuleNotFoundError:
    SKOPS = []
LIGHTGBM = tuple(int(part) for part in lgb.__version__.split(".")[:2])

WANTED = ""  # the class, objective or format that a draw is to have; see wanted.py


class Useless(Exception):
    """A choice that no library can train: too few classes left, all values missing…"""


@dataclass
class Choice:
    model: Any
    X: Any
    what: str  # for people
    kind: str  # to count
    options: dict[str, Any] = field(default_factory=dict)  # of treehouse.save


def versions() -> str:
    more = f", catboost {cb.__version__}" if cb else ""
    return f"scikit-learn {sklearn.__version__}, xgboost {xgb.__version__}, lightgbm {lgb.__version__}{more}, numpy {np.__version__}"


def choose(rng: np.random.Generator, want: str = "") -> Choice:
    """A random model, or one that has a part of the catalog."""
    global WANTED
    import wanted  # which needs this module itself

    kinds, WANTED = wanted.kinds(want)
    errors = (ValueError, TypeError, AttributeError, IndexError, RuntimeError, xgb.core.XGBoostError, lgb.basic.LightGBMError, *((cb.CatBoostError,) if cb else ()))
    why = ""
    for _ in range(40 if want else 1):
        kind = kinds[rng.integers(len(kinds))]
        try:
            choice = kind(rng)
        except Useless as error:
            why = f"{kind.__name__}: {error}"
            continue
        except errors as error:
            if VERSION >= (1, 9) and isinstance(error, (AttributeError, IndexError)):
                raise
            why = f"{kind.__name__}: {error}"
            continue
        if "format" not in choice.options:
            choice.options.update(one(rng, [
                {}, {}, {}, *SKOPS, {"compress": 3}, {"compress": ("xz", 1)}, {"compress": ("lz4", 1)}, {"format": "pickle"},
                {"format": "pickle", "protocol": int(rng.integers(0, 6))}, {"protocol": int(rng.integers(2, 6))},
            ]))  # fmt: skip
        return choice
    raise Useless(why)


def classes(model) -> set[str]:
    """The names of the classes that a model is made of."""
    parts = [model, *(model.get_params(deep=True).values() if hasattr(model, "get_params") else [])]
    return {type(part).__name__ for part in parts}


# --- data -------------------------------------------------------------------


def one(rng, options):
    """One of them at random; of those that have what is wanted, if any has."""
    options = [o for o in options if liked(o)] or options
    return options[rng.integers(len(options))]


def liked(option) -> bool:
    if WANTED == "":
        return False
    if isinstance(option, tuple) and option:
        return liked(option[0])
    if isinstance(option, dict):
        return option.get("format", "joblib") == WANTED
    if isinstance(option, str):
        return option == WANTED
    return WANTED in (type(option).__name__, getattr(option, "__name__", ""))


def chance(rng, p):
    return bool(rng.random() < p)


def number(rng, n):
    """A column of numbers of a random kind."""
    kind = rng.integers(8)
    x = rng.normal(size=n)
    if kind == 0:
        x = np.round(x, 1)  # many equal values
    elif kind == 1:
        x = np.exp(2 * x)
    elif kind == 2:
        x = rng.integers(-3, 12, n).astype(np.float64)
    elif kind == 3:
        x = x * 10.0 ** rng.integers(-12, 12)
    elif kind == 4:
        x = np.where(rng.random(n) < 0.6, 0.0, x)
    elif kind == 5:
        x = x.astype(np.float32).astype(np.float64)
    elif kind == 6:
        x = rng.standard_cauchy(n)
    return x


def numbers(rng, gaps=True, n=None):
    """A frame, or an array, of numbers only."""
    n = n or int(rng.integers(40, 400))
    width = int(rng.integers(1, 9)) if chance(rng, 0.95) else int(rng.integers(50, 200))
    X = np.column_stack([number(rng, n) for _ in range(width)])
    if gaps and chance(rng, 0.6):
        X[rng.random(X.shape) < rng.uniform(0, 0.4)] = np.nan
    if chance(rng, 0.5):
        return pd.DataFrame(X, columns=[f"{one(rng, ['c', 'Länge', 'a b'])} {i}" for i in range(width)])
    return X


def mixed(rng, known=WORDS):
    """A frame with columns of every kind; the names say which: n…, s…, b…, i…"""
    n = int(rng.integers(60, 400))
    columns: dict[str, Any] = {f"n{i}": number(rng, n) for i in range(rng.integers(1, 5))}
    for i in range(rng.integers(1, 4)):
        words = [str(w) for w in rng.permutation(known)[: rng.integers(2, len(known))]]
        share = rng.dirichlet(np.ones(len(words)) * one(rng, [0.2, 1, 5]))
        columns[f"s{i}"] = pd.Series(rng.choice(words, n, p=share), dtype=object)
    if chance(rng, 0.5):
        columns["b0"] = rng.random(n) < 0.3
    if chance(rng, 0.5):
        columns["i0"] = rng.integers(0, 9, n)
    frame = pd.DataFrame(columns)
    for name in frame.columns:
        if name[0] == "n" and chance(rng, 0.5):
            frame.loc[rng.random(n) < 0.15, name] = np.nan
        if name[0] == "s" and chance(rng, 0.25):
            frame[name] = frame[name].astype(object)
            frame.loc[rng.random(n) < 0.1, name] = one(rng, [None, np.nan])
    return frame[[str(c) for c in rng.permutation(frame.columns)]]


def target(rng, X):
    """A target that depends on some columns."""
    if isinstance(X, pd.DataFrame):
        X = np.column_stack([pd.factorize(c)[0] if c.dtype.kind not in "fib" else c.to_numpy(np.float64) for _, c in X.items()])
    Z = np.argsort(np.argsort(np.nan_to_num(X), axis=0), axis=0) / len(X)
    y = Z @ rng.normal(size=Z.shape[1]) + np.sin(9 * Z[:, 0]) + 0.1 * rng.normal(size=len(X))
    return y * 10.0 ** rng.integers(-2, 4) + one(rng, [0.0, 0.0, 100.0, -7.5])


def labels(rng, X, two=False):
    y = target(rng, X)
    kinds = [[0, 1], [3, -7], ["no", "yes"], [False, True], [1.0, 2.0]]
    if not two:
        kinds += [[0, 1, 2], ["a", "B", "ç"], [10, 20, 30, 40, 50]]
    known = np.asarray(one(rng, kinds))
    cuts = np.sort(rng.uniform(0.15, 0.85, len(known) - 1))
    y = known[np.searchsorted(cuts, np.argsort(np.argsort(y)) / len(y))]
    if len(np.unique(y)) < len(known):
        raise Useless("a class is empty")
    return y


def codes(y):
    return np.unique(y, return_inverse=True)[1]


def seed(rng):
    return int(rng.integers(1 << 30))


# --- scikit-learn -----------------------------------------------------------


def tree_options(rng):
    options = one(rng, [{"max_leaf_nodes": int(rng.integers(2, 40))}, {"max_depth": int(rng.integers(1, 9))}, {"min_samples_leaf": 3}])
    return {**options, "max_features": one(rng, [None, 0.5, "sqrt"]), "random_state": seed(rng)}


def tree_model(rng, classifier):
    options = tree_options(rng)
    if classifier:
        cls = one(rng, [DecisionTreeClassifier, en.RandomForestClassifier, en.ExtraTreesClassifier])
    else:
        cls = one(rng, [DecisionTreeRegressor, en.RandomForestRegressor, en.ExtraTreesRegressor])
    if cls not in (DecisionTreeClassifier, DecisionTreeRegressor):
        options |= {"n_estimators": int(rng.integers(1, 30)), "n_jobs": one(rng, [None, 2])}
    if classifier:
        options |= {"criterion": one(rng, ["gini", "entropy", "log_loss"]), "class_weight": one(rng, [None, "balanced"])}
        return cls(**options)
    options["criterion"] = one(rng, ["squared_error", "friedman_mse"] if cls is DecisionTreeRegressor else ["squared_error"])
    return cls(**options)


def linear_model(rng, classifier):
    intercept = {"fit_intercept": chance(rng, 0.8)}
    if classifier:
        return li.LogisticRegression(C=10.0 ** rng.integers(-3, 4), max_iter=200, **intercept)
    alpha = 10.0 ** rng.integers(-4, 2)
    return one(rng, [
        li.LinearRegression(**intercept), li.Ridge(alpha, **intercept), li.Lasso(alpha, **intercept), li.ElasticNet(alpha, **intercept),
    ])  # fmt: skip


def gradient_model(rng, classifier, two=False):
    options = {"n_estimators": int(rng.integers(1, 25)), "learning_rate": float(rng.uniform(0.01, 1)), **tree_options(rng)}
    options["init"] = one(rng, [None, None, None, "zero"])
    if classifier:
        return en.GradientBoostingClassifier(loss=one(rng, ["log_loss", "exponential"]) if two else "log_loss", **options)
    return en.GradientBoostingRegressor(loss=one(rng, ["squared_error", "absolute_error", "huber", "quantile"]), **options)


def hist_model(rng, classifier):
    options = {"max_iter": int(rng.integers(1, 25)), "learning_rate": float(rng.uniform(0.01, 1)), "random_state": seed(rng)}
    options |= {"max_leaf_nodes": int(rng.integers(2, 31)), "min_samples_leaf": int(rng.integers(1, 20)), "max_bins": one(rng, [255, 8])}
    if classifier:
        return en.HistGradientBoostingClassifier(**options)
    return en.HistGradientBoostingRegressor(loss=one(rng, ["squared_error", "absolute_error", "quantile"]), quantile=0.7, **options)


def fitted(rng, model, X, y, kind):
    if WANTED[:1].isupper() and WANTED not in classes(model):
        raise Useless(f"it has no {WANTED}")
    if chance(rng, 0.05) and type(model).__name__ != "FrozenEstimator":  # which a search makes None of
        model = GridSearchCV(model, {}, cv=2)
    model.fit(X, y)
    if "TransformedTargetRegressor" in classes(model):
        values = model.predict(X)  # refused where the power of the target is so steep that the regressor says infinity
        if values.dtype == np.float32 and np.std(y) < 0.1 * np.abs(np.mean(y)):
            raise Useless("the power of so narrow a target may be beyond float32")
    return Choice(model, X, str(model)[:400], kind)


def several(rng, X):
    """Two or three targets."""
    return np.column_stack([target(rng, X) for _ in range(rng.integers(2, 4))])


def forest(rng):
    X = numbers(rng)
    classifier = chance(rng, 0.5)
    y = labels(rng, X) if classifier else several(rng, X) if chance(rng, 0.2) else target(rng, X)
    if np.isnan(np.asarray(X)).any():
        model = tree_model(rng, classifier)
        return fitted(rng, model, np.clip(X, -1e30, 1e30), y, "forests and trees")
    return fitted(rng, tree_model(rng, classifier), X, y, "forests and trees")


def linear(rng):
    X = numbers(rng, gaps=False)
    classifier = chance(rng, 0.5)
    y = labels(rng, X) if classifier else several(rng, X) if chance(rng, 0.2) else target(rng, X)
    model = linear_model(rng, classifier)
    if chance(rng, 0.7):
        model = make_pipeline(one(rng, [StandardScaler(), MinMaxScaler(clip=chance(rng, 0.5))]), model)
    if not classifier and y.ndim == 1 and chance(rng, 0.3):
        model = transformed(rng, model)
        y = np.abs(y)
    return fitted(rng, model, X, y, "linear models")


def boosting(rng):
    X = numbers(rng, gaps=False)
    classifier = chance(rng, 0.5)
    two = chance(rng, 0.5)
    y = labels(rng, X, two) if classifier else target(rng, X)
    return fitted(rng, gradient_model(rng, classifier, two), X, y, "gradient boosting")


def hist(rng):
    X = numbers(rng)
    classifier = chance(rng, 0.5)
    y = labels(rng, X) if classifier else target(rng, X)
    model = hist_model(rng, classifier)
    if chance(rng, 0.3):
        A = np.array(X)
        model.set_params(categorical_features=[0], max_bins=255)
        A[:, 0] = np.where(np.isnan(A[:, 0]), np.nan, np.abs(np.floor(np.nan_to_num(np.clip(A[:, 0], -50, 50)))))
        X = A
    elif chance(rng, 0.3):
        X = mixed(rng)
        strings = [c for c in X.columns if c[0] == "s"]
        model.set_params(max_bins=255)
        X = X.astype({c: "category" for c in strings})
        y = labels(rng, X) if classifier else target(rng, X)
    return fitted(rng, model, X, y, "hist gradient boosting")


def transformed(rng, model):
    last = model.steps[-1][1] if isinstance(model, Pipeline) else model
    single = isinstance(last, xgb.XGBModel)  # only what standardizes tells its numpy, which float32 hangs on
    quantiles = dict(n_quantiles=int(rng.integers(1, 300)), output_distribution=one(rng, ["uniform", "normal", "normal"]))
    power = PowerTransformer(one(rng, ["yeo-johnson", "box-cox"]), standardize=single or chance(rng, 0.5))
    return one(rng, [
        TransformedTargetRegressor(model, transformer=power),
        TransformedTargetRegressor(model, transformer=make_pipeline(*([PowerTransformer(), MinMaxScaler()] if single else [StandardScaler(), PowerTransformer()]))),
        TransformedTargetRegressor(model, transformer=QuantileTransformer(**quantiles)),
        TransformedTargetRegressor(model, func=np.log1p, inverse_func=np.expm1),
        TransformedTargetRegressor(model, func=np.sqrt, inverse_func=np.square),
        TransformedTargetRegressor(model, transformer=StandardScaler()),
        TransformedTargetRegressor(model, transformer=MinMaxScaler()),
    ])  # fmt: skip


def prepare(rng, frame):
    """A ColumnTransformer that leaves numbers only."""
    strings = [c for c in frame.columns if c[0] == "s"]
    rest = [c for c in frame.columns if c[0] != "s"]
    groups = int(rng.integers(1, len(strings) + 1))
    ignore = chance(rng, 0.6)
    encoders = [
        OneHotEncoder(handle_unknown="ignore" if ignore else "error", **{SPARSE: chance(rng, 0.5)}),
        OneHotEncoder(handle_unknown="ignore", drop=one(rng, ["first", "if_binary", None])),
        OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=int(rng.integers(2, 30)), **{SPARSE: chance(rng, 0.5)}),
        OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=int(rng.integers(2, 6))),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2, **RARE),
        OrdinalEncoder(encoded_missing_value=-1),
    ]
    # Not tanh or cbrt: whether a value is left or right of a tree's threshold hangs
    # on their last bit, in which numpy's and Go's differ.
    scalers = [StandardScaler(), MinMaxScaler(), "passthrough", MinMaxScaler((-1, 1), clip=True), FunctionTransformer(one(rng, [np.square, np.sqrt]))]
    fill = SimpleImputer(strategy=one(rng, ["mean", "median", "most_frequent", "constant"]), add_indicator=chance(rng, 0.3))
    parts = []
    for i in range(groups):
        parts.append((f"strings{i}", one(rng, encoders), strings[i::groups]))
    cut = int(rng.integers(0, len(rest) + 1)) if chance(rng, 0.3) else len(rest)
    parts.append(("numbers", Pipeline([("fill", fill), ("scale", one(rng, scalers))]), rest[:cut]))
    remainder = one(rng, ["drop", SimpleImputer()]) if cut < len(rest) else "drop"
    order = rng.permutation(len(parts))
    return ColumnTransformer([parts[i] for i in order], remainder=remainder, sparse_threshold=one(rng, [0.0, 0.3, 1.0]))


def pipeline(rng):
    frame = mixed(rng)
    classifier = chance(rng, 0.4)
    y = labels(rng, frame) if classifier else target(rng, frame)
    rounds, rs = int(rng.integers(1, 25)), seed(rng)
    boosters = one(rng, ["xgb", "lgb", "sklearn", "sklearn"])
    if boosters == "xgb":
        y = codes(y) if classifier else y
        cls = xgb.XGBClassifier if classifier else xgb.XGBRegressor
        model = cls(n_estimators=rounds, max_depth=int(rng.integers(1, 7)), random_state=rs, missing=one(rng, [np.nan, np.nan, 0.0]))
    elif boosters == "lgb":
        cls = lgb.LGBMClassifier if classifier else lgb.LGBMRegressor
        model = cls(n_estimators=rounds, num_leaves=int(rng.integers(2, 31)), random_state=rs, verbose=-1)
    else:
        family = one(rng, [tree_model, linear_model, gradient_model, hist_model])
        model = family(rng, classifier)
    steps = Pipeline([("prepare", prepare(rng, frame)), ("model", model)])
    if not classifier and chance(rng, 0.15):
        steps, y = transformed(rng, steps), np.abs(y)
    if boosters == "sklearn" and isinstance(model, (en.HistGradientBoostingClassifier, en.HistGradientBoostingRegressor)):
        steps = steps.set_params(**({"prepare__sparse_threshold": 0} if isinstance(steps, Pipeline) else {}))
    return fitted(rng, steps, frame, y, f"pipelines to {boosters}")
