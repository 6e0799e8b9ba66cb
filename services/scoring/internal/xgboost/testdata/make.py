"""Make the test models of this folder with the XGBoost that is installed.

    python make.py                   writes this version's models beside itself
    python make.py DIR COUNT SEED    writes COUNT random ones to DIR instead

A model NAME.json or NAME.ubj has NAME.golden.json beside it: rows, and what
XGBoost itself returns for them. null is NaN (or a missing text), infinities
are texts.
"""

import json
import math
import os
import sys
import tempfile
import warnings

import numpy as np
import xgboost as xgb

warnings.filterwarnings("ignore")
xgb.set_config(verbosity=0)
SCRATCH = os.path.join(tempfile.mkdtemp(), "model.")
VERSION = tuple(int(p) for p in xgb.__version__.split(".")[:2])


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
    a = np.asarray(a)
    return plain(a.reshape(rows, -1))


def trees(bst):
    d = json.loads(bst.save_raw("json")) if VERSION >= (1, 6) else saved(bst)
    b = d["learner"]["gradient_booster"]
    return b.get("gbtree", b)["model"].get("trees", [])


def saved(bst):
    bst.save_model(SCRATCH + "json")
    with open(SCRATCH + "json") as f:
        return json.load(f)


def rows_for(bst, X, categorical, rng, count=12):
    """Rows where a wrong reader would go wrong: values on thresholds and next
    to them, signed zeros, subnormal, missing and infinite ones."""
    n = X.shape[1]
    edges = {}
    for t in trees(bst):
        for left, f, c in zip(t["left_children"], t["split_indices"], t["split_conditions"]):
            if left != -1 and c is not None and not math.isnan(c):
                c32 = np.float32(c)
                edges.setdefault(f, []).extend(
                    [float(c32), float(np.nextafter(c32, np.float32(-np.inf))), float(np.nextafter(c32, np.float32(np.inf))),
                     float(np.nextafter(np.float64(c32), -np.inf)), float(np.nextafter(np.float64(c32), np.inf))])
    special = [0.0, -0.0, np.nan, np.nan, 1e-45, -1e-45, 1e-310, 1e30, -1e30, 3.4e38]
    cats = [0, 1, 2, 3, 31, 32, 33, -1, -0.5, 0.5, 1.99, 100, 2.0**24, 2.0**24 - 1, 1e10, -1e10, np.nan]
    out = [X[0], np.full(n, np.nan), np.zeros(n), -np.zeros(n)]
    for f in [int(rng.integers(n)), int(rng.integers(n))]:
        for inf in (np.inf, -np.inf, 1e39):
            out.append(np.where(np.arange(n) == f, inf, X[1]))
    while len(out) < count:
        row = X[int(rng.integers(len(X)))].astype(float).copy()
        for f in range(n):
            r = rng.random()
            if f in categorical:
                if r < 0.6:
                    row[f] = cats[int(rng.integers(len(cats)))]
            elif r < 0.4 and edges.get(f):
                row[f] = edges[f][int(rng.integers(len(edges[f])))]
            elif r < 0.6:
                row[f] = special[int(rng.integers(len(special)))]
        out.append(row)
    return np.array(out, dtype=float)


def refused(f, rows):
    """What f says of each row it refuses, and the rows it takes."""
    good, bad = [], []
    for i in range(len(rows)):
        try:
            f(rows[i : i + 1])
            good.append(i)
        except xgb.core.XGBoostError:
            bad.append(i)
    return good, bad


def write(folder, name, raw, rows, golden, errors, **more):
    binary = raw[:2] == b"{L"
    with open(os.path.join(folder, name + (".ubj" if binary else ".json")), "wb") as f:
        f.write(raw)
    doc = {"model": name + (".ubj" if binary else ".json"), **more, "rows": plain(rows), **golden, "errors": plain(errors)}
    with open(os.path.join(folder, name + ".golden.json"), "w") as f:
        json.dump(doc, f, ensure_ascii=False)
        f.write("\n")


def file_bytes(bst, ubj):
    path = SCRATCH + ("ubj" if ubj else "json")
    bst.save_model(path)
    with open(path, "rb") as f:
        return f.read()


def native(folder, name, bst, X, categorical=(), ubj=False, rng=None, types=None, count=12):
    """A Booster in a file of its own."""
    rng = rng or np.random.default_rng(1)
    raw = file_bytes(bst, ubj and VERSION >= (1, 6))
    bst = xgb.Booster(model_file=SCRATCH + ("ubj" if raw[:2] == b"{L" else "json"))
    rows = rows_for(bst, X, categorical, rng, count)
    kw = {"feature_types": types} if types else {}
    if types and VERSION >= (1, 6):
        kw["enable_categorical"] = True
    data = lambda r: xgb.DMatrix(r, **kw)
    good, bad = refused(lambda r: bst.predict(data(r)), rows)
    d = data(rows[good])
    golden = {"scores": matrix(bst.predict(d, output_margin=True), len(good)), "values": matrix(bst.predict(d), len(good))}
    write(folder, name, raw, rows[good], golden, rows[bad])


def wrapper(folder, name, m, X, categorical=(), rng=None, frame=None, as_file=False, count=12):
    """A scikit-learn wrapper: its pickled booster, or the file that it saves."""
    rng = rng or np.random.default_rng(2)
    bst = m.get_booster()
    raw = bytes(bst.__getstate__()["handle"])
    if as_file:
        m.save_model(SCRATCH + "json")
        with open(SCRATCH + "json", "rb") as f:
            raw = f.read()
    rows = frame if frame is not None else rows_for(bst, X, categorical, rng, count)
    pick = (lambda r, i: r.iloc[i]) if frame is not None else (lambda r, i: r[i])
    good, bad = list(range(len(rows))), []
    if frame is None:
        good, bad = refused(m.predict, rows)
    taken = pick(rows, good)
    classes = None
    golden = {"scores": matrix(m.predict(taken, output_margin=True), len(good)), "values": matrix(m.predict(taken), len(good))}
    if isinstance(m, xgb.XGBClassifier):
        classes = plain(np.asarray(m.classes_))
        if m.objective != "binary:logitraw":
            golden["probabilities"] = matrix(m.predict_proba(taken), len(good))
    if frame is not None:
        taken, bad_rows = frame.astype(object).values.tolist(), []
        taken = [[None if x != x else x for x in r] for r in taken]
    else:
        bad_rows = rows[bad]
    write(folder, name, raw, taken, golden, bad_rows, embedded=not as_file, classes=classes)


def data(rng, n=200, f=4, missing=True, categorical=0, wide=40):
    X = rng.normal(size=(n, f))
    X[:, 0] = np.round(X[:, 0], 1)
    if f > 2:
        X[:, 1] = np.where(rng.random(n) < 0.3, 0.0, X[:, 1])
    if missing:
        X[rng.random((n, f)) < 0.1] = np.nan
    for c in range(categorical):
        X[:, f - 1 - c] = rng.integers(0, wide if c == 0 else 3, n)
    z = np.nan_to_num(X)
    signal = z[:, 0] * 2 - z[:, 1] + np.sin(3 * z[:, -1]) + rng.normal(size=n) * 0.3
    return X, signal


OBJECTIVES = {
    "reg:squarederror": lambda s: s,
    "reg:squaredlogerror": lambda s: np.abs(s),
    "reg:pseudohubererror": lambda s: s,
    "reg:logistic": lambda s: 1 / (1 + np.exp(-s)),
    "binary:logistic": lambda s: (s > 0.5) * 1,
    "binary:logitraw": lambda s: (s > 0) * 1,
    "binary:hinge": lambda s: (s > 0) * 1,
    "multi:softprob": lambda s: np.digitize(s, [-1, 1]),
    "multi:softmax": lambda s: np.digitize(s, [-1, 1]),
    "count:poisson": lambda s: np.floor(np.abs(s) * 2),
    "reg:gamma": lambda s: np.abs(s) + 0.1,
    "reg:tweedie": lambda s: np.maximum(s, 0),
    "survival:cox": lambda s: np.abs(s) + 0.1,
    "survival:aft": lambda s: np.abs(s) + 0.1,
    "rank:pairwise": lambda s: np.digitize(s, [-1, 1]),
    "rank:ndcg": lambda s: np.digitize(s, [-1, 1]),
    "rank:map": lambda s: (s > 0) * 1,
}
if VERSION >= (1, 7):
    OBJECTIVES["reg:absoluteerror"] = lambda s: s
if VERSION >= (2, 0):
    OBJECTIVES["reg:quantileerror"] = lambda s: s


def train(objective, X, signal, params=None, rounds=3, types=None):
    y = OBJECTIVES[objective](signal)
    kw = {"feature_types": types} if types else {}
    if types and VERSION >= (1, 6):
        kw["enable_categorical"] = True
    d = xgb.DMatrix(X, **kw)
    if objective == "survival:aft":
        d.set_float_info("label_lower_bound", y)
        d.set_float_info("label_upper_bound", y)
    else:
        d.set_label(y)
    if objective.startswith("rank:"):
        d.set_group([len(y) // 2, len(y) - len(y) // 2])
    p = {"objective": objective, "max_depth": 3, "tree_method": "hist", "nthread": 1, **(params or {})}
    if objective.startswith("multi:"):
        p["num_class"] = 3
    if objective == "reg:quantileerror":
        p.setdefault("quantile_alpha", [0.1, 0.5])
    return xgb.train(p, d, rounds)


def fixed(folder):
    tag = "v" + "".join(str(p) for p in VERSION)
    rng = np.random.default_rng(0)
    X, s = data(rng)
    last = VERSION >= (3, 2)
    first = VERSION < (1, 6)
    for i, o in enumerate(OBJECTIVES if last else ["binary:logistic", "count:poisson"]):
        native(folder, f"{tag}-{o.replace(':', '-')}", train(o, X, s), X, ubj=i % 2 == 1)
    native(folder, f"{tag}-forest", train("multi:softprob", X, s, {"num_parallel_tree": 2, "max_depth": 2}, 2), X)
    native(folder, f"{tag}-dart", train("reg:squarederror", X, s, {"booster": "dart", "rate_drop": 0.5}, 6), X)
    native(folder, f"{tag}-gblinear", train("binary:logistic", X, s, {"booster": "gblinear", "tree_method": "auto"}), X)
    if VERSION >= (3, 1):  # base_score is a vector: gblinear uses its first element only
        native(folder, f"{tag}-gblinear-multi", train("multi:softprob", X, s, {"booster": "gblinear", "tree_method": "auto"}), X)
    native(folder, f"{tag}-base", train("reg:logistic", X, s, {"base_score": 0.123}), X, ubj=True)
    if last:
        native(folder, f"{tag}-noround", train("reg:squarederror", X, s, rounds=0), X)
    Xc, sc = data(rng, categorical=2)
    types = ["q", "q", "c", "c"]
    if not first:
        native(folder, f"{tag}-partition", train("reg:squarederror", Xc, sc, {"max_cat_to_onehot": 1}, types=types), Xc, {2, 3}, types=types, ubj=True)
        native(folder, f"{tag}-onehot", train("reg:squarederror", Xc, sc, {"max_cat_to_onehot": 100}, types=types), Xc, {2, 3}, types=types)
    m = xgb.XGBRegressor(n_estimators=30, max_depth=2, n_jobs=1)
    early(m, X, s)
    wrapper(folder, f"{tag}-early", m, X)
    wrapper(folder, f"{tag}-dart-wrapper", xgb.XGBRegressor(n_estimators=6, max_depth=3, booster="dart", rate_drop=0.5, n_jobs=1).fit(X, s), X)
    wrapper(folder, f"{tag}-gblinear-wrapper", xgb.XGBRegressor(n_estimators=4, booster="gblinear", n_jobs=1).fit(X, s), X)
    kinds = [("binary", "binary:logistic", 2), ("multi", "multi:softprob", 3), ("hinge", "binary:hinge", 2), ("softmax", "multi:softmax", 3)]
    for name, o, k in kinds if last else kinds[:2]:
        y = np.digitize(s, [-1, 1]) if k == 3 else (s > 0) * 1
        extra = {"use_label_encoder": False} if first else {}
        c = xgb.XGBClassifier(n_estimators=2, max_depth=2, objective=o, n_jobs=1, **extra).fit(X, y)
        wrapper(folder, f"{tag}-{name}-classifier", c, X)
        if name == "binary":
            wrapper(folder, f"{tag}-{name}-classifier-file", c, X, as_file=True)
    if VERSION >= (2, 0):
        Y = np.stack([s, -s, s * s], axis=1)
        m = xgb.XGBRegressor(n_estimators=3, max_depth=3, tree_method="hist", multi_strategy="multi_output_tree", n_jobs=1).fit(X, Y)
        wrapper(folder, f"{tag}-vector", m, X)
        native(folder, f"{tag}-vector-file", m.get_booster(), X)
        wrapper(folder, f"{tag}-targets", xgb.XGBRegressor(n_estimators=3, max_depth=3, n_jobs=1).fit(X, Y), X)
    if VERSION >= (3, 1):
        import pandas as pd

        df = pd.DataFrame({"a": X[:, 0], "town": pd.Categorical(rng.choice(["Y \"1", "b", "a,c"], len(X)), categories=["b", "Y \"1", "a,c"]),
                           "n": pd.Categorical(rng.choice([5, 7, 9], len(X)))})
        m = xgb.XGBRegressor(n_estimators=3, max_depth=3, enable_categorical=True, tree_method="hist", n_jobs=1, max_cat_to_onehot=1)
        m.fit(df, s + (df.town == "b") * 3 - (df.n == 7) * 2)
        part = df.iloc[:30].copy()
        part.loc[3, "town"] = None
        part.loc[4, "n"] = None
        wrapper(folder, f"{tag}-frame", m, None, frame=part)


def early(m, X, s):
    half = len(X) // 2
    if VERSION >= (2, 0):
        m.set_params(early_stopping_rounds=2, learning_rate=1.0)
        m.fit(X[:half], s[:half], eval_set=[(X[half:], s[half:])], verbose=False)
    else:
        m.set_params(learning_rate=1.0)
        m.fit(X[:half], s[:half], eval_set=[(X[half:], s[half:])], early_stopping_rounds=2, verbose=False)


def random(folder, count, seed):
    for i in range(seed, seed + count):
        rng = np.random.default_rng(i)
        pick = lambda *a: a[int(rng.integers(len(a)))]
        categorical = pick(0, 0, 1, 2) if VERSION >= (1, 6) else 0
        f = pick(3, 5, 9, 30)
        X, s = data(rng, n=pick(30, 300, 1000), f=f, missing=pick(True, False), categorical=categorical, wide=pick(5, 40, 300))
        s = s * pick(1, 1e-3, 100) + pick(0, 5, -5)
        params = {"max_depth": pick(1, 2, 4, 8), "eta": pick(0.3, 1.0, 0.01), "base_score": pick(0.5, 0.1, 0.77), "num_parallel_tree": pick(1, 1, 2),
                  "min_child_weight": pick(0, 1, 5), "lambda": pick(0, 1), "subsample": pick(1.0, 0.5), "seed": i}
        if VERSION >= (1, 7) and rng.random() < 0.5:
            del params["base_score"]
        if categorical:
            params["max_cat_to_onehot"] = pick(1, 4, 1000)
        else:
            params["tree_method"] = pick("hist", "exact", "approx")
        booster = pick("gbtree", "gbtree", "gbtree", "dart", "gblinear") if not categorical else "gbtree"
        if booster == "dart":
            params.update(booster="dart", rate_drop=pick(0.2, 0.8), normalize_type=pick("tree", "forest"), sample_type=pick("uniform", "weighted"))
        if booster == "gblinear":
            params = {"booster": "gblinear", "eta": 0.5, "base_score": params.get("base_score", 0.5)}
        types = ["q"] * (f - categorical) + ["c"] * categorical if categorical else None
        o = pick(*OBJECTIVES)
        name = f"{'.'.join(map(str, VERSION))}-r{i}-{o.replace(':', '-')}-{booster}"
        try:
            bst = train(o, X, s, params, pick(1, 3, 20), types)
            cats = set(range(f - categorical, f)) if categorical else ()
            native(folder, name, bst, X, cats, ubj=pick(True, False), rng=rng, types=types, count=60)
            if not categorical and pick(True, False):
                kw = {k: v for k, v in params.items() if k not in ("eta", "seed", "lambda")}
                if o in ("binary:logistic", "multi:softprob", "binary:hinge", "multi:softmax"):
                    m = xgb.XGBClassifier(n_estimators=5, objective=o, n_jobs=1, **kw, **({"use_label_encoder": False} if VERSION < (1, 6) else {}))
                elif o in ("reg:squarederror", "reg:logistic", "count:poisson", "reg:gamma", "reg:tweedie"):
                    m = xgb.XGBRegressor(n_estimators=5, objective=o, n_jobs=1, **kw)
                else:
                    continue
                y = OBJECTIVES[o](s)
                if isinstance(m, xgb.XGBClassifier):
                    y = np.unique(y, return_inverse=True)[1]
                    if len(np.unique(y)) < (3 if o.startswith("multi") else 2):
                        continue
                wrapper(folder, name + "-w", m.fit(X, y), X, rng=rng, count=60)
        except (xgb.core.XGBoostError, ValueError) as e:
            print(name, str(e)[:150].replace("\n", " "))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        random(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        fixed(os.path.dirname(os.path.abspath(__file__)))
