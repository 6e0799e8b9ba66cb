"""Make the test models of this folder with the LightGBM that is installed.

    python make.py                   writes this version's models beside itself
    python make.py DIR COUNT SEED    writes COUNT random ones to DIR instead

A model NAME.txt has NAME.golden.json beside it: rows, and what LightGBM itself
returns for them. null is NaN (or a missing text), infinities are texts.
"""

import json
import math
import os
import sys
import warnings

import lightgbm as lgb
import numpy as np

warnings.filterwarnings("ignore")
VERSION = tuple(int(p) for p in lgb.__version__.split(".")[:2])


def plain(v):
    """A value as JSON holds it."""
    if isinstance(v, (np.ndarray, list)):
        return [plain(x) for x in v]
    if v is None or isinstance(v, str):
        return v
    if isinstance(v, (bool, np.bool_)):
        return bool(v)
    if isinstance(v, (int, np.integer)):
        return int(v)
    v = float(v)
    if math.isnan(v):
        return None
    if math.isinf(v):
        return "Infinity" if v > 0 else "-Infinity"
    return v


def matrix(a, rows):
    return plain(np.asarray(a).reshape(rows, -1))


def thresholds(text):
    """The thresholds of every feature."""
    found = {}
    features = []
    for line in text.split("\n"):
        key, _, value = line.partition("=")
        if key == "split_feature":
            features = [int(x) for x in value.split()]
        if key == "threshold":
            for f, t in zip(features, value.split()):
                found.setdefault(f, []).append(float(t))
    return found


def rows_for(text, X, categorical, rng, count):
    """Rows where a wrong reader would go wrong: values on thresholds and next
    to them, signed zeros, what LightGBM takes for zero, missing, infinite."""
    n = X.shape[1]
    edges = thresholds(text)
    special = [0.0, -0.0, np.nan, np.nan, 1e-36, -1e-36, 1e-35, -1e-35, float(np.float32(1e-35)), -float(np.float32(1e-35)), 1.1e-35, -1.1e-35,
               5e-324, 1e300, -1e300, np.inf, -np.inf]
    cats = [0, 1, 2, 3, 31, 32, 33, -1, -0.5, 0.5, 1.99, 100, 2.0**31 - 1, 2.0**31, 2.0**32 + 1, 1e10, -1e10, np.nan, np.inf, -np.inf]
    out = [X[0], np.full(n, np.nan), np.zeros(n), -np.zeros(n), np.full(n, np.inf), np.full(n, -np.inf)]
    while len(out) < count:
        row = X[int(rng.integers(len(X)))].astype(float).copy()
        for f in range(n):
            r = rng.random()
            if f in categorical:
                if r < 0.6:
                    row[f] = cats[int(rng.integers(len(cats)))]
            elif r < 0.4 and edges.get(f):
                t = edges[f][int(rng.integers(len(edges[f])))]
                row[f] = [t, np.nextafter(t, -np.inf), np.nextafter(t, np.inf)][int(rng.integers(3))]
            elif r < 0.65:
                row[f] = special[int(rng.integers(len(special)))]
        out.append(row)
    return np.array(out, dtype=float)


def write(folder, name, text, rows, golden, **more):
    with open(os.path.join(folder, name + ".txt"), "w", newline="\n") as f:
        f.write(text)
    doc = {"model": name + ".txt", **more, "rows": plain(rows), **golden}
    with open(os.path.join(folder, name + ".golden.json"), "w") as f:
        json.dump(doc, f)
        f.write("\n")


def native(folder, name, text, rows, averaged=False, frame=None):
    """A Booster read from its text."""
    bst = lgb.Booster(model_str=text)
    given = rows if frame is None else frame
    golden = {"values": matrix(bst.predict(given, num_threads=1), len(given))}
    if not averaged:
        golden["scores"] = matrix(bst.predict(given, raw_score=True, num_threads=1), len(given))
    write(folder, name, text, rows, golden)


def frame_rows(df):
    return [[None if x is None or x != x else x for x in r] for r in df.astype(object).values.tolist()]


def data(rng, n=300, f=4, missing=True, categorical=0, wide=40):
    X = rng.normal(size=(n, f))
    X[:, 0] = np.round(X[:, 0], 1)
    if f > 2:
        X[:, 1] = np.where(rng.random(n) < 0.4, 0.0, X[:, 1])
    if missing:
        X[rng.random((n, f)) < 0.1] = np.nan
    for c in range(categorical):
        X[:, f - 1 - c] = rng.integers(0, wide if c == 0 else 3, n)
    z = np.nan_to_num(X)
    return X, z[:, 0] * 2 - z[:, 1] + np.sin(3 * z[:, -1]) + rng.normal(size=n) * 0.3


OBJECTIVES = {
    "regression": lambda s: s,
    "regression_l1": lambda s: s,
    "huber": lambda s: s,
    "fair": lambda s: s,
    "quantile": lambda s: s,
    "mape": lambda s: np.abs(s) + 1,
    "poisson": lambda s: np.floor(np.abs(s)),
    "gamma": lambda s: np.abs(s) + 0.1,
    "tweedie": lambda s: np.abs(s),
    "binary": lambda s: (s > 0) * 1,
    "cross_entropy": lambda s: 1 / (1 + np.exp(-s)),
    "cross_entropy_lambda": lambda s: 1 / (1 + np.exp(-s)),
    "multiclass": lambda s: np.digitize(s, [-1, 1]),
    "multiclassova": lambda s: np.digitize(s, [-1, 1]),
    "lambdarank": lambda s: np.digitize(s, [-1, 1]),
    "rank_xendcg": lambda s: np.digitize(s, [-1, 1]),
}


def train(objective, X, s, params=None, rounds=3, categorical=()):
    p = {"objective": objective, "num_leaves": 5, "min_data_in_leaf": 5, "verbose": -1, "num_threads": 1, **(params or {})}
    if objective.startswith("multi"):
        p["num_class"] = 3
    d = lgb.Dataset(X, OBJECTIVES[objective](s), categorical_feature=list(categorical) or "auto", params=p)
    if "rank" in objective:
        d.set_group([len(s) // 2, len(s) - len(s) // 2])
    return lgb.train(p, d, rounds)


def custom(X, s):
    def gradient(pred, d):
        return pred - d.get_label(), np.ones_like(pred)

    p = {"num_leaves": 4, "verbose": -1, "num_threads": 1}
    if VERSION >= (4, 0):
        return lgb.train({**p, "objective": gradient_plain(gradient)}, lgb.Dataset(X, s), 2)
    return lgb.train(p, lgb.Dataset(X, s), 2, fobj=gradient)


def gradient_plain(f):
    return lambda pred, d: f(pred, d)


def shorten(text):
    """The text without the parameters that the reader skips."""
    keep = []
    inside = False
    for line in text.split("\n"):
        inside = inside or line == "parameters:"
        if not inside or line in ("parameters:", "", "end of parameters") or line.startswith(("[categorical", "[linear", "pandas")):
            keep.append(line)
    return "\n".join(keep)


def fixed(folder):
    tag = "v" + "".join(str(p) for p in VERSION)
    last = VERSION >= (4, 5)
    rng = np.random.default_rng(0)
    X, s = data(rng)
    Xc, sc = data(rng, n=600, categorical=2)
    cat = {"min_data_per_group": 1, "cat_smooth": 1, "max_cat_to_onehot": 2}
    cases = {o: train(o, X, s) for o in (OBJECTIVES if last else ["regression", "binary", "multiclass"])}
    cases.update({
        "sqrt": train("regression", X, s, {"reg_sqrt": True}),
        "sigmoid": train("binary", X, s, {"sigmoid": 0.7}),
        "zero": train("regression", X, s, {"zero_as_missing": True}),
        "nomissing": train("regression", X, s, {"use_missing": False}),
        "forest": train("binary", X, s, {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}),
        "dart": train("regression", X, s, {"boosting": "dart", "drop_rate": 0.5}, 6),
        "linear": train("regression", X, s, {"linear_tree": True}, 4),
        "category": train("regression", Xc, sc, cat, categorical=[2, 3]),
        "stump": train("regression", X, s, {"min_data_in_leaf": 1000}),
        "custom": custom(X, s),
    })
    for name, bst in cases.items():
        text = shorten(bst.model_to_string())
        categorical = {2, 3} if name == "category" else ()
        native(folder, f"{tag}-{name}", text, rows_for(text, Xc if categorical else X, categorical, rng, 12), name == "forest")
    for name, y in [("binary", (s > 0) * 1), ("multi", np.digitize(s, [-1, 1]))]:
        wrapper(folder, f"{tag}-{name}-classifier", lgb.LGBMClassifier(n_estimators=3, num_leaves=4, n_jobs=1, verbose=-1).fit(X, y), X, rng, 12)
    import pandas as pd

    df = pd.DataFrame({"a": X[:, 0], "town": pd.Categorical(rng.choice(["Köln", "b", "a,c"], len(X)), categories=["b", "Köln", "a,c"]),
                       "n": pd.Categorical(rng.choice([5, 7, 9], len(X)))})
    y = s + (df.town == "b") * 3 - (df.n == 7) * 2
    bst = lgb.train({"objective": "regression", "num_leaves": 6, "verbose": -1, "num_threads": 1, **cat}, lgb.Dataset(df, y), 4)
    part = df.iloc[:20].copy()
    part["town"] = pd.Categorical(["Ulm" if i == 2 else None if i == 3 else v for i, v in enumerate(part.town)], categories=["Ulm", "Köln", "a,c", "b"])
    part["n"] = pd.Categorical([8 if i == 4 else v for i, v in enumerate(part.n)])
    native(folder, f"{tag}-frame", shorten(bst.model_to_string()), frame_rows(part), frame=part)


def wrapper(folder, name, m, X, rng, count):
    text = shorten(m.booster_.model_to_string())
    rows = rows_for(text, X, (), rng, count)
    # As a pickle would be: read back from its text.
    m._Booster = lgb.Booster(model_str=m.booster_.model_to_string())
    golden = {"scores": matrix(m.predict(rows, raw_score=True), len(rows)), "values": matrix(m.predict(rows), len(rows)),
              "probabilities": matrix(m.predict_proba(rows), len(rows))}
    write(folder, name, text, rows, golden, embedded=True, classes=plain(np.asarray(m.classes_)))


def random(folder, count, seed):
    for i in range(seed, seed + count):
        rng = np.random.default_rng(i)
        pick = lambda *a: a[int(rng.integers(len(a)))]
        categorical = pick(0, 0, 1, 2)
        f = pick(3, 5, 9, 30)
        X, s = data(rng, n=pick(60, 300, 2000), f=f, missing=pick(True, False), categorical=categorical, wide=pick(5, 40, 300))
        if pick(0, 0, 1):
            X *= pick(1e-34, 1e-36, 1e30)
        s = s * pick(1, 1e-3, 100) + pick(0, 5, -5)
        params = {"num_leaves": pick(2, 4, 31, 200), "learning_rate": pick(0.1, 1.0, 0.01), "min_data_in_leaf": pick(1, 5, 20), "seed": i,
                  "lambda_l2": pick(0, 1), "use_missing": pick(True, True, False), "zero_as_missing": pick(False, False, True),
                  "boost_from_average": pick(True, False), "max_bin": pick(15, 255), "extra_trees": pick(False, False, True)}
        boosting = pick("gbdt", "gbdt", "dart", "rf", "goss")
        params["boosting"] = boosting
        if boosting == "rf":
            params.update(bagging_freq=1, bagging_fraction=0.6)
        if categorical:
            params.update(min_data_per_group=pick(1, 20), cat_smooth=pick(1, 10), max_cat_to_onehot=pick(1, 4, 1000))
        elif pick(0, 0, 1):
            params["linear_tree"] = True
        if pick(0, 0, 1):
            params["reg_sqrt"] = True
        o = pick(*OBJECTIVES)
        if o == "quantile":
            params.pop("reg_sqrt", None)
        name = f"{'.'.join(map(str, VERSION))}-r{i}-{o}-{boosting}"
        try:
            cats = list(range(f - categorical, f))
            text = train(o, X, s, params, pick(1, 3, 20), cats).model_to_string()
            native(folder, name, text, rows_for(text, X, set(cats), rng, 60), boosting == "rf")
        except lgb.basic.LightGBMError as e:
            print(name, str(e)[:150])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        random(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        fixed(os.path.dirname(os.path.abspath(__file__)))
