"""The XGBoost cases: native boosters in JSON and UBJSON, and the scikit-learn wrappers in pickles."""

import numpy as np
import xgboost as xgb
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.feature_selection import SelectFromModel
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, PowerTransformer, QuantileTransformer, StandardScaler

from data import classes, houses, logistic, numbers, price, squared, target

SMALL = dict(max_depth=3, eta=0.3, nthread=1, seed=0)


def cases(v):
    """Yields (name, fitted model, X, options of treehouse.save)."""
    groups = (objectives, boosters, categories, wrappers, pipelines, binary)
    for group in groups if v >= (1, 5) else (binary, old):
        for case in group(v):
            name, model, X, *options = case
            yield name, model, X, options[0] if options else {}


def train(X, y, rounds=4, matrix=None, **parameters):
    data = xgb.DMatrix(X, y, nthread=1, **(matrix or {}))
    return xgb.train({**SMALL, **parameters}, data, rounds, verbose_eval=False)


def files(v, name, booster, X, **options):
    """The same booster in each format there is."""
    yield f"{name}-json", booster, X, dict(format="json", **options)
    if v >= (1, 6):
        yield f"{name}-ubj", booster, X, dict(format="ubj", **options)


def either(v, name, booster, X, **options):
    """In one of the formats, so that the cases share both."""
    ubj = v >= (1, 6) and len(name) % 2
    yield name, booster, X, dict(format="ubj" if ubj else "json", **options)


def objectives(v):
    X = numbers(missing=0.1)
    y = target(X)
    positive = np.exp(y / 3)
    share = 1 / (1 + np.exp(-y))
    two, three = classes(X, [0, 1]), classes(X, [0, 1, 2])
    plain = [
        ("reg:squarederror", y), ("reg:squaredlogerror", positive), ("reg:logistic", share), ("reg:pseudohubererror", y),
        ("binary:logistic", two), ("binary:logitraw", two), ("binary:hinge", two), ("count:poisson", np.floor(positive * 3)),
        ("survival:cox", positive), ("reg:gamma", positive), ("reg:tweedie", positive),
    ]  # fmt: skip
    if v >= (1, 7):
        plain.append(("reg:absoluteerror", y))
    for objective, label in plain:
        name = objective.replace(":", "-")
        yield from either(v, f"objective-{name}", train(X, label, objective=objective), X)
    if v >= (2, 0):
        quantiles = train(X, y, objective="reg:quantileerror", quantile_alpha=np.array([0.2, 0.8]))
        yield from either(v, "objective-reg-quantileerror-two", quantiles, X)
        yield from either(v, "objective-reg-quantileerror", train(X, y, objective="reg:quantileerror", quantile_alpha=0.3), X)
    if v >= (3, 4):
        expectiles = train(X, y, objective="reg:expectileerror", expectile_alpha=np.array([0.2, 0.5, 0.9]))
        yield from either(v, "objective-reg-expectileerror-three", expectiles, X)
        yield from either(v, "objective-reg-expectileerror", train(X, y, objective="reg:expectileerror", expectile_alpha=0.3), X)
    for objective in ("multi:softmax", "multi:softprob"):
        booster = train(X, three, objective=objective, num_class=3)
        yield from either(v, f"objective-{objective.replace(':', '-')}", booster, X)
    aft = xgb.DMatrix(X, nthread=1)
    aft.set_float_info("label_lower_bound", positive)
    aft.set_float_info("label_upper_bound", positive + 1)
    yield from either(v, "objective-survival-aft", xgb.train({**SMALL, "objective": "survival:aft"}, aft, 4), X)
    for objective in ("rank:pairwise", "rank:ndcg", "rank:map"):
        ranked = xgb.DMatrix(X, two, nthread=1)
        ranked.set_group([20] * 6)
        booster = xgb.train({**SMALL, "objective": objective}, ranked, 4)
        yield from either(v, f"objective-{objective.replace(':', '-')}", booster, X)


def boosters(v):
    X, N = numbers(), numbers(missing=0.15)
    y = target(N)
    two, three = classes(N, [0, 1]), classes(N, [0, 1, 2])
    frame = houses()[["income", "age", "rooms"]]
    yield from files(v, "booster-named", train(frame, price(houses())), frame)
    for method in ("exact", "hist", "approx"):
        yield from either(v, f"booster-{method}", train(N, y, tree_method=method), N)
    yield from files(v, "booster-forest", train(N, y, 2, num_parallel_tree=3, subsample=0.7), N)
    yield from either(v, "booster-forest-three", train(N, three, 2, num_parallel_tree=2, objective="multi:softprob", num_class=3), N)
    dart = dict(booster="dart", rate_drop=0.4, one_drop=1)
    yield from files(v, "booster-dart", train(N, y, 6, **dart), N)
    yield from either(v, "booster-dart-three", train(N, three, 4, objective="multi:softprob", num_class=3, **dart), N)
    yield from files(v, "booster-linear", train(N, y, booster="gblinear", updater="coord_descent"), N)
    linear = dict(booster="gblinear", updater="coord_descent")
    yield from either(v, "booster-linear-three", train(X, three, objective="multi:softprob", num_class=3, **linear), X)
    yield from either(v, "booster-linear-logistic", train(X, two, objective="binary:logistic", **linear), X)
    yield from files(v, "booster-base-score", train(N, y + 100, base_score=97.3), N)
    yield from either(v, "booster-base-score-zero", train(N, y, base_score=0.0), N)
    yield from either(v, "booster-base-score-own", train(N, y + 100), N)
    yield from either(v, "booster-base-score-logistic", train(N, two, objective="binary:logistic", base_score=0.1), N)
    yield from either(v, "booster-base-score-tiny", train(N, two, objective="binary:logistic", base_score=1e-7), N)
    yield from either(v, "booster-base-score-poisson", train(N, np.exp(y / 2), objective="count:poisson", base_score=3.7), N)
    yield from either(v, "booster-lossguide", train(N, y, grow_policy="lossguide", max_leaves=9, max_depth=0, tree_method="hist"), N)
    yield from either(v, "booster-monotone", train(N, y, monotone_constraints="(1,0,0,0,-1)"), N)
    yield from either(v, "booster-one-leaf", train(N, y, gamma=1e9), N)
    yield from either(v, "booster-zero-rounds", train(N, y, 0), N, rows=8)
    watched = xgb.DMatrix(N, y, nthread=1)
    stopped = xgb.train(
        {**SMALL, "eta": 1.5}, watched, 8, evals=[(xgb.DMatrix(X, target(X, 5)), "other")], early_stopping_rounds=2, verbose_eval=False
    )
    yield from either(v, "booster-stopped", stopped, N)
    if v >= (1, 6):
        yield from either(v, "booster-two-outputs", train(N, np.c_[y, -y]), N)
    if v >= (2, 0):
        both = train(N, np.c_[y, -y], multi_strategy="multi_output_tree", tree_method="hist")
        yield from either(v, "booster-vector-leaves", both, N)
    if v >= (3, 1):
        yield from either(v, "booster-base-score-vector", train(N, np.c_[y, y + 5]), N)
    if v in ((1, 5), (3, 4)):
        wide = numbers(features=300)
        yield from either(v, "booster-wide", train(wide, target(wide), 3), wide, rows=8)
    yield from either(v, "booster-deep", train(N, y, 2, max_depth=12, min_child_weight=0), N)


def categories(v):
    """Category splits. Until 3.0 a booster knows codes, from 3.1 on the categories."""
    if v < (1, 6):
        return  # its CPU training has none
    frame = houses().drop(columns=["garden"]).astype({"ocean": "category", "state": "category"})
    frame.loc[3:9, "ocean"] = np.nan
    y = price(frame)
    hist = dict(tree_method="hist")
    matrix = dict(enable_categorical=True)
    few = dict(max_cat_to_onehot=1)
    yield from files(v, "category-sets", train(frame, y, matrix=matrix, **hist, **few), frame)
    yield from either(v, "category-one-hot", train(frame, y, matrix=matrix, max_cat_to_onehot=10, **hist), frame)
    if v >= (3, 4):  # older versions cut such names in the wrong places when they save
        german = frame.assign(ocean=frame["ocean"].cat.rename_categories({"ISLAND": "Inselgröße €"}))
        yield from either(v, "category-unicode", train(german, y, matrix=matrix, **hist, **few), german)
    many = numbers(features=3)
    many[:, 1] = np.random.default_rng(2).integers(0, 70, len(many))
    types = dict(enable_categorical=True, feature_types=["q", "c", "q"])
    booster = train(many, target(many) + many[:, 1] % 5, 4, matrix=types, **hist, **few)
    yield from files(v, "category-codes", booster, many)
    if v >= (3, 1):
        frame["rooms"] = frame["rooms"].astype("category")
        frame["age"] = frame["age"].fillna(0).astype(np.int32).astype("category")
        yield from either(v, "category-integers", train(frame, y, matrix=matrix, **hist, **few), frame)


def wrappers(v):
    N = numbers(missing=0.15)
    y = target(N)
    small = dict(n_estimators=4, max_depth=3, random_state=0)
    two, three = classes(N, [0, 1]), classes(N, [0, 1, 2])
    yield "wrapper-regressor", xgb.XGBRegressor(**small).fit(N, y), N
    yield "wrapper-regressor-poisson", xgb.XGBRegressor(objective="count:poisson", **small).fit(N, np.exp(y / 3)), N
    yield "wrapper-classifier", xgb.XGBClassifier(**small).fit(N, two), N
    yield "wrapper-classifier-three", xgb.XGBClassifier(**small).fit(N, three), N
    yield "wrapper-own-objective", xgb.XGBRegressor(objective=squared, **small).fit(N, y), N
    yield "wrapper-own-objective-classifier", xgb.XGBClassifier(objective=logistic, **small).fit(N, two), N
    softmax = xgb.XGBClassifier(objective="multi:softmax", **small).fit(N, three)
    yield "wrapper-classifier-softmax", softmax, N
    yield "wrapper-classifier-dart", xgb.XGBClassifier(booster="dart", rate_drop=0.5, **small).fit(N, two), N
    longer = xgb.XGBRegressor(booster="dart", rate_drop=0.4, n_estimators=20, max_depth=2, random_state=0)
    yield "wrapper-dart", longer.fit(N, y * 7 + 3), N
    yield "wrapper-linear", xgb.XGBRegressor(booster="gblinear", n_estimators=4).fit(numbers(), y), numbers()
    yield "wrapper-forest", xgb.XGBRFRegressor(**small).fit(N, y), N
    yield "wrapper-forest-classifier", xgb.XGBRFClassifier(**small).fit(N, three), N
    yield "wrapper-ranker", xgb.XGBRanker(**small).fit(N, two, group=[20] * 6), N
    marked = np.nan_to_num(N, nan=-99.0)
    yield "wrapper-missing", xgb.XGBRegressor(missing=-99.0, **small).fit(marked, y), marked
    zero = np.nan_to_num(N, nan=0.0)
    yield "wrapper-missing-zero", xgb.XGBRegressor(missing=0.0, **small).fit(zero, y), zero
    yield "wrapper-base-score", xgb.XGBClassifier(base_score=0.2, **small).fit(N, two), N
    other = [(numbers(seed=3), target(numbers(seed=3)))]
    eager = dict(small, n_estimators=9, learning_rate=1.5)
    if v >= (1, 6):
        stopped = xgb.XGBRegressor(early_stopping_rounds=2, **eager).fit(N, y, eval_set=other, verbose=False)
        yield "wrapper-two-outputs", xgb.XGBRegressor(**small).fit(N, np.c_[y, -y]), N
    else:
        stopped = xgb.XGBRegressor(**eager).fit(N, y, eval_set=other, early_stopping_rounds=2, verbose=False)
    yield "wrapper-stopped", stopped, N
    # What save_model writes of a wrapper says that it is one.
    native = dict(format="json")
    yield "wrapper-saved-classifier", xgb.XGBClassifier(**small).fit(N, two), N, native
    yield "wrapper-saved-three", xgb.XGBClassifier(**small).fit(N, three), N, native
    yield "wrapper-saved-regressor", xgb.XGBRegressor(**small).fit(N, y), N, native
    yield "wrapper-saved-stopped", stopped, N, native
    frame = houses()
    named = frame[["income", "age", "rooms", "garden"]]
    yield "wrapper-named", xgb.XGBRegressor(**small).fit(named, price(frame)), named


def pipelines(v):
    frame = houses()
    y = price(frame)
    small = dict(n_estimators=4, max_depth=3, random_state=0)
    hot = OneHotEncoder(handle_unknown="ignore")
    numeric = ["income", "age", "rooms"]

    def on(model, *transformers, target=y, **options):
        return Pipeline([("prepare", ColumnTransformer(list(transformers), **options)), ("model", model)]).fit(frame, target)

    plain, coded = ("n", "passthrough", numeric), ("c", hot, ["ocean", "state"])
    R, C = xgb.XGBRegressor, xgb.XGBClassifier
    yield "pipeline-dense", on(R(**small), plain, coded, sparse_threshold=0), frame
    # The zeros of a sparse matrix are missing values to XGBoost.
    yield "pipeline-sparse", on(R(**small), plain, coded, sparse_threshold=1.0), frame
    yield "pipeline-sparse-only", on(R(**small), coded, ("d", hot, ["rooms"])), frame
    counted = frame["rooms"].to_numpy() % 2
    yield "pipeline-sparse-classifier", on(C(**small), plain, coded, target=counted, sparse_threshold=1.0), frame
    scaled = ("n", make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), numeric)
    yield "pipeline-sparse-scaled", on(R(**small), scaled, coded, sparse_threshold=1.0), frame
    ordinal = ("o", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan), ["ocean", "state"])
    yield "pipeline-ordinal", on(R(**small), plain, ordinal), frame
    marked = R(missing=0.0, **small)
    yield "pipeline-missing-zero", on(marked, plain, ordinal), frame
    target_ = TransformedTargetRegressor(R(**small), func=np.log1p, inverse_func=np.expm1)
    yield "pipeline-target", on(target_, plain, coded, sparse_threshold=0), frame
    if v in ((1, 5), (2, 1), (3, 2)):  # of numpy 1 and 2, which compute powers of float32 differently
        even, few = np.exp(y / 4) - 2, dict(rows=10, described=False)
        for name, transformer in (
            ("power", PowerTransformer()),
            ("power-box-cox", PowerTransformer("box-cox")),
            ("quantile", QuantileTransformer(n_quantiles=20)),
            ("quantile-normal", QuantileTransformer(n_quantiles=20, output_distribution="normal")),
        ):
            model = TransformedTargetRegressor(R(**small), transformer=transformer)
            yield f"pipeline-target-{name}", on(model, plain, coded, sparse_threshold=0, target=even + 2 * ("box" in name)), frame, few
        model = on(TransformedTargetRegressor(R(**small), transformer=PowerTransformer(standardize=False)), plain, sparse_threshold=0)
        yield "pipeline-target-power-plain", model, frame, dict(format="pickle", **few)
        if v >= (3, 2):  # nothing in this file tells which numpy
            model = model.named_steps["model"].fit(frame[numeric], y)
            yield "refused-target-power", model, frame, dict(refused="float32 predictions, in a file that does not tell")
        wide = numbers(features=8)
        for name, selector, answer in (
            ("gain", SelectFromModel(R(**small)), target(wide)),
            ("weight", SelectFromModel(C(importance_type="weight", **small), threshold="0.8*mean"), classes(wide, [0, 1, 2])),
            ("median", SelectFromModel(R(importance_type="total_gain", **small), threshold="median"), target(wide)),
            ("most", SelectFromModel(xgb.XGBRFRegressor(**small), max_features=3, threshold=-np.inf), target(wide)),
        ):
            yield f"pipeline-selected-{name}", make_pipeline(selector, R(**small)).fit(wide, answer), wide, few
        if v >= (3, 2):  # every feature is as important as another
            equal = make_pipeline(SelectFromModel(R(importance_type="weight", n_estimators=1, max_depth=1)), R(**small)).fit(wide[:, :1], target(wide))
            yield "refused-selected-cover", make_pipeline(SelectFromModel(R(importance_type="cover", **small)), R(**small)).fit(wide, target(wide)), wide, dict(refused="importance_type=cover")
            tied = make_pipeline(SelectFromModel(R(importance_type="weight", **small), max_features=2, threshold=-np.inf), R(**small)).fit(wide, target(wide))
            yield "refused-selected-tied", tied, wide, dict(refused="max_features, and importances that are next to one another")
            yield "refused-selected-equal", equal, wide, dict(refused="importances that are next to the threshold")
    N = numbers(missing=0.15)
    three = make_pipeline(StandardScaler(), C(**small)).fit(N, classes(N, [0, 1, 2]))
    yield "pipeline-classifier", three, N


def binary(v):
    """The binary format, in versions that write it, and Boosters in pickles."""
    N = numbers(missing=0.15)
    y = target(N)
    two, three = classes(N, [0, 1]), classes(N, [0, 1, 2])
    dart = dict(booster="dart", rate_drop=0.4, one_drop=1)
    wide = dict(objective="multi:softprob", num_class=3)
    yield "pickled-booster", train(N, two, objective="binary:logistic", base_score=0.3), N, dict(format="pickle")
    if v < (1, 0):  # its predict leaves trees out at random
        yield "refused-dart", train(N, y, 6, **dart), N, dict(refused="before 1.0")
    else:
        yield "pickled-dart", train(N, y * 7 + 3, 6, **dart), N, dict(format="joblib")
    if v >= (2, 1):
        return
    for name, booster in {
        "squared": train(N, y + 40, 12),
        "logistic": train(N, two, objective="binary:logistic", base_score=0.3),
        "poisson": train(N, np.floor(np.exp(y / 3)), objective="count:poisson"),
        "three": train(N, three, **wide),
        "dart": train(N, y * 7 + 3, 9, **dart),
        "forest": train(N, y, 2, num_parallel_tree=3, subsample=0.7),
        "one-leaf": train(N, y, gamma=1e9),
        "linear": train(numbers(), y, booster="gblinear", updater="coord_descent"),
    }.items():
        if name == "dart" and v < (1, 0):
            continue
        yield f"binary-{name}", booster, N if name != "linear" else numbers(), dict(format="binary")


def old(v):
    """Versions before 1.5: the objectives and boosters again, and the wrappers."""
    N = numbers(missing=0.15)
    y = target(N)
    two, three = classes(N, [0, 1]), classes(N, [0, 1, 2])
    positive = np.exp(y / 3)
    native = dict(format="json" if v >= (1, 0) else "binary")
    objectives = {
        "reg:squarederror": y, "reg:logistic": 1 / (1 + np.exp(-y)), "binary:logitraw": two, "binary:hinge": two, "reg:linear": y,
        "survival:cox": positive, "reg:gamma": positive, "reg:tweedie": positive,
    }  # fmt: skip
    for objective, label in objectives.items():
        if v not in ((1, 2), (1, 3)) or objective == "binary:logitraw":
            yield f"objective-{objective.replace(':', '-')}", train(N, label, objective=objective), N, native
    for objective in ("multi:softmax", "multi:softprob") if v not in ((1, 2), (1, 3)) else ():
        yield f"objective-{objective.replace(':', '-')}", train(N, three, objective=objective, num_class=3), N, native
    ranked = xgb.DMatrix(N, two, nthread=1)
    ranked.set_group([20] * 6)
    yield "objective-rank-pairwise", xgb.train({**SMALL, "objective": "rank:pairwise"}, ranked, 4), N, native
    frame = houses()
    named = frame[["income", "age", "rooms"]]
    if v >= (1, 0):
        yield "booster-named", train(named, price(frame)), named, native
        yield "booster-dart", train(N, y * 7 + 3, 9, booster="dart", rate_drop=0.4, one_drop=1), N, native
        yield "booster-long", train(N, y + 40, 12), N, native
        yield "booster-linear", train(numbers(), y, booster="gblinear", updater="coord_descent"), numbers(), native
    small = dict(n_estimators=4, max_depth=3, random_state=0)
    squared = dict(small, objective="reg:squarederror")
    yield "wrapper-regressor", xgb.XGBRegressor(**squared).fit(N, y), N
    yield "wrapper-classifier", xgb.XGBClassifier(**small).fit(N, two), N
    yield "wrapper-classifier-text", xgb.XGBClassifier(**small).fit(N, classes(N, ["a", "b", "c"])), N
    eager = dict(squared, n_estimators=9, learning_rate=1.5)
    watch = dict(eval_set=[(numbers(seed=3), target(numbers(seed=3)))], early_stopping_rounds=2, verbose=False)
    yield "wrapper-stopped", xgb.XGBRegressor(**eager).fit(N, y, **watch), N
    yield "wrapper-stopped-forest", xgb.XGBRegressor(num_parallel_tree=2, subsample=0.8, **eager).fit(N, y, **watch), N
    marked = np.nan_to_num(N, nan=-99.0)
    yield "wrapper-missing", xgb.XGBRegressor(missing=-99.0, **squared).fit(marked, y), marked
    yield "wrapper-named", xgb.XGBRegressor(**squared).fit(named, price(frame)), named
    hot = OneHotEncoder(handle_unknown="ignore")
    dense = ColumnTransformer([("n", "passthrough", ["income", "age"]), ("c", hot, ["ocean"])], sparse_threshold=0)
    yield "pipeline-dense", Pipeline([("p", dense), ("m", xgb.XGBRegressor(**squared))]).fit(frame, price(frame)), frame
