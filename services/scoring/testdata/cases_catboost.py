"""The CatBoost cases: cbm and JSON files, objects in pickles, alone and in pipelines."""

import catboost
import numpy as np
from catboost import CatBoost, CatBoostClassifier, CatBoostRanker, CatBoostRegressor, Pool
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from data import classes, houses, numbers, price, target

NEWEST = "1.2.10"
#: The cases that older versions have, too: formats hardly changed.
OLDER = set(
    """loss-rmse loss-logloss loss-multiclass json-multiclass trees-lossguide trees-scaled missing-max category-one-hot
    ctr-regressor ctr-three ctr-mixed ctr-mixed-json object-classifier-string object-classifier-bool pipeline-categories""".split()
)
SMALL = dict(iterations=4, depth=3, verbose=0, allow_writing_files=False, thread_count=1, random_seed=0)
CBM, JSON = dict(format="cbm"), dict(format="json")


def cases(v):
    """Yields (name, fitted model, X, options of treehouse.save)."""
    for group in (losses, trees, missing, categories, statistics, objects, pipelines, refused):
        for case in group(v):
            name, model, X, *options = case
            if catboost.__version__.startswith(NEWEST) or name in OLDER:
                yield name, model, X, dict(options[0]) if options else {}


def losses(v):
    X = numbers(missing=0.1)
    y = target(X)
    positive, share = np.exp(y / 3), 1 / (1 + np.exp(-y))
    both, several = np.c_[y, y * 2 + 1], np.c_[y > 0, y > 1, y < 2].astype(int)
    two, three = classes(X, [0, 1]), classes(X, [0, 1, 2])
    for loss, label in [
        ("RMSE", y), ("MAE", y), ("Quantile:alpha=0.3", y), ("MAPE", positive), ("Poisson", positive), ("LogCosh", y),
        ("Tweedie:variance_power=1.5", positive), ("Huber:delta=1", y), ("Expectile:alpha=0.2", y), ("Lq:q=3", y),
        ("MultiRMSE", both), ("MultiQuantile:alpha=0.1,0.5,0.9", y), ("RMSEWithUncertainty", y),
    ]:  # fmt: skip
        model = CatBoostRegressor(loss_function=loss, **SMALL).fit(X, label)
        yield f"loss-{loss.split(':')[0].lower()}", model, X, CBM
    for loss, label in [
        ("Logloss", two), ("CrossEntropy", share), ("MultiClass", three), ("MultiClassOneVsAll", three),
        ("MultiLogloss", several), ("MultiCrossEntropy", several * 0.8), ("Focal:focal_alpha=0.4;focal_gamma=1", two),
    ]:  # fmt: skip
        model = CatBoostClassifier(loss_function=loss, **SMALL).fit(X, label)
        yield f"loss-{loss.split(':')[0].lower()}", model, X, CBM
        if loss in ("Logloss", "MultiClass"):
            yield f"json-{loss.lower()}", model, X, JSON
    yield "loss-yetirank", CatBoostRanker(loss_function="YetiRank", **SMALL).fit(X, two, group_id=np.arange(120) // 20), X, CBM
    aft = np.c_[positive, np.where(np.arange(120) % 3, positive, -1)]
    yield "loss-survivalaft", CatBoostRegressor(loss_function="SurvivalAft", **SMALL).fit(X, aft), X, CBM


def trees(v):
    N = numbers()
    y = target(N)
    yield "trees-json", CatBoostRegressor(**SMALL).fit(N, y), N, JSON
    deep = dict(SMALL, iterations=2, depth=9)
    yield "trees-deep", CatBoostRegressor(**deep).fit(N, y), N, CBM
    many = dict(SMALL, iterations=20, depth=5)
    yield "trees-many", CatBoostRegressor(**many).fit(N, y), N, dict(CBM, rows=60)
    yield "trees-one-split", CatBoostRegressor(**dict(SMALL, depth=1)).fit(N, y), N, CBM
    yield "trees-constant", CatBoostRegressor(allow_const_label=True, bootstrap_type="No", **SMALL).fit(N, np.full(120, 2.5)), N, CBM
    for policy in ("Lossguide", "Depthwise"):  # and as JSON below, with three classes
        model = CatBoostRegressor(grow_policy=policy, min_data_in_leaf=2, **dict(SMALL, depth=5)).fit(N, y)
        yield f"trees-{policy.lower()}", model, N, CBM
    three = classes(N, ["a", "b", "c"])
    model = CatBoostClassifier(grow_policy="Lossguide", max_leaves=6, **SMALL).fit(N, three)
    yield "trees-lossguide-three", model, N, CBM
    yield "trees-lossguide-three-json", model, N, JSON
    scaled = CatBoostRegressor(**SMALL).fit(N, y)
    scaled.set_scale_and_bias(1.7, -0.3)
    yield "trees-scaled", scaled, N, CBM
    yield "trees-scaled-json", scaled, N, JSON
    shrunk = CatBoostRegressor(**dict(SMALL, iterations=8)).fit(N, y)
    shrunk.shrink(5, 2)
    yield "trees-shrunk", shrunk, N, CBM
    fine = numbers(n=600, features=2) + np.random.default_rng(1).normal(size=(600, 2)) / 8
    yield "trees-fine", CatBoostRegressor(border_count=1000, **dict(SMALL, iterations=40, depth=4)).fit(fine, target(fine)), fine, CBM
    frame = houses(missing=False)[["income", "age", "rooms"]]
    named = CatBoostRegressor(ignored_features=["age"], **SMALL).fit(frame, price(houses()))
    yield "trees-named", named, frame, CBM
    stopped = CatBoostRegressor(**dict(SMALL, iterations=30, learning_rate=1.2))
    stopped.fit(N, y, eval_set=(numbers(seed=3), target(numbers(seed=3))), early_stopping_rounds=2)
    yield "trees-stopped", stopped, N, CBM
    threshold = CatBoostClassifier(**SMALL).fit(N, y > 0)
    threshold.set_probability_threshold(0.7)
    yield "trees-threshold", threshold, N, CBM


def missing(v):
    N = numbers(missing=0.15)
    y = target(N)
    for mode in ("Min", "Max"):
        yield f"missing-{mode.lower()}", CatBoostRegressor(nan_mode=mode, **SMALL).fit(N, y), N, CBM
    yield "missing-max-json", CatBoostRegressor(nan_mode="Max", **SMALL).fit(N, y), N, JSON
    full = numbers()
    yield "missing-forbidden", CatBoostRegressor(nan_mode="Forbidden", **SMALL).fit(full, target(full)), N, CBM
    yield "missing-none-seen", CatBoostRegressor(**SMALL).fit(full, target(full)), N, CBM


def animals(n=200, seed=0):
    """A frame of two numbers and three columns of categories, long and short."""
    rng = np.random.default_rng(seed)
    frame = houses(n, seed=seed)[["income", "age", "ocean", "state"]]
    names = ["é", "abcd", "abcdefgh", "nine byte", "seventeen bytes!!", "thirty-two bytes are these here!"]
    names += ["thirty-three bytes are these, too", "a" * 64, "b" * 65, "c" * 127, "d" * 128, "e" * 129, "f" * 300, "0", "-1", " "]
    frame["animal"] = rng.choice(names, n).astype(object)
    frame["code"] = rng.integers(-3, 12, n)
    return frame


def effect(frame):
    return price(frame.assign(rooms=frame["code"])) + frame["animal"].str.len() % 5


def categories(v):
    frame = animals()
    y = effect(frame)
    hot = dict(SMALL, one_hot_max_size=40, cat_features=["ocean", "state", "animal", "code"])
    yield "category-one-hot", CatBoostRegressor(**hot).fit(frame, y), frame, CBM
    model = CatBoostClassifier(**hot).fit(frame, np.where(y > np.median(y), "dear", "cheap"))
    yield "category-one-hot-classifier", model, frame, CBM
    yield "category-one-hot-lossguide", CatBoostRegressor(grow_policy="Lossguide", **hot).fit(frame, y), frame, CBM
    yield "category-one-hot-json", CatBoostRegressor(**dict(hot, iterations=2)).fit(frame, y), frame, JSON
    typed = frame.astype({"ocean": "category", "state": "category"})
    yield "category-pandas", CatBoostRegressor(**hot).fit(typed, y), typed, CBM


def statistics(v):
    frame = animals()
    y = effect(frame)
    named = dict(SMALL, cat_features=["ocean", "state", "animal", "code"], one_hot_max_size=2, iterations=6)
    yield "ctr-regressor", CatBoostRegressor(**named).fit(frame, y), frame, CBM
    three = np.array(["a", "b", "c"])[np.argsort(np.argsort(y)) * 3 // len(y)]
    yield "ctr-classifier", CatBoostClassifier(**named).fit(frame, y > np.median(y)), frame, CBM
    yield "ctr-three", CatBoostClassifier(**named).fit(frame, three), frame, CBM
    yield "ctr-ranker", CatBoostRanker(loss_function="QueryRMSE", **named).fit(frame, y, group_id=np.arange(200) // 20), frame, CBM
    single = dict(named, max_ctr_complexity=1)
    for kind in ("Borders:TargetBorderCount=3", "Buckets:TargetBorderCount=3", "BinarizedTargetMeanValue:TargetBorderCount=4", "Counter"):
        model = CatBoostRegressor(simple_ctr=[kind + ":Prior=0.3/1"], combinations_ctr=[kind], **named).fit(frame, y)
        yield f"ctr-{kind.split(':')[0].lower()}", model, frame, CBM
        model = CatBoostClassifier(simple_ctr=[kind], combinations_ctr=[kind], **single).fit(frame, three)
        yield f"ctr-{kind.split(':')[0].lower()}-three", model, frame, CBM
    full = CatBoostRegressor(counter_calc_method="Full", **dict(named, max_ctr_complexity=4, depth=5)).fit(frame, y)
    yield "ctr-combinations", full, frame, CBM
    mixed = dict(named, one_hot_max_size=5, max_ctr_complexity=3, depth=5, iterations=8)
    model = CatBoostRegressor(nan_mode="Max", **mixed).fit(frame, y)
    yield "ctr-mixed", model, frame, CBM
    yield "ctr-mixed-json", model, frame, JSON
    means = dict(mixed, iterations=3, simple_ctr=["BinarizedTargetMeanValue:TargetBorderCount=4"])
    yield "ctr-means-json", CatBoostRegressor(**means).fit(frame, y), frame, JSON
    yield "ctr-lossguide", CatBoostRegressor(grow_policy="Depthwise", **mixed).fit(frame, y), frame, CBM
    plain = frame[["ocean", "state", "animal", "code"]].to_numpy(dtype=object)
    yield "ctr-array", CatBoostRegressor(**dict(named, cat_features=[0, 1, 2, 3])).fit(plain, y), plain, CBM
    yield "ctr-object", CatBoostClassifier(**named).fit(frame, three), frame


def objects(v):
    N = numbers(missing=0.15)
    y = target(N)
    positive = np.exp(y / 3)
    yield "object-regressor", CatBoostRegressor(**SMALL).fit(N, y), N
    yield "object-poisson", CatBoostRegressor(loss_function="Poisson", **SMALL).fit(N, positive), N
    yield "object-catboost", CatBoost(dict(loss_function="Logloss", **SMALL)).fit(N, y > 0), N
    yield "object-catboost-poisson", CatBoost(dict(loss_function="Poisson", **SMALL)).fit(N, positive), N
    yield "object-ranker", CatBoostRanker(**SMALL).fit(N, classes(N, [0, 1]), group_id=np.arange(120) // 20), N
    yield "object-several", CatBoostClassifier(loss_function="MultiLogloss", **SMALL).fit(N, np.c_[y > 0, y > 1].astype(int)), N
    kinds = {"int": [3, 7], "string": ["no", "yes"], "float": [0.5, 1.5], "bool": [False, True], "three": ["a", "b", "c"]}
    for kind, labels in kinds.items():
        yield f"object-classifier-{kind}", CatBoostClassifier(**SMALL).fit(N, classes(N, labels)), N
    yield "object-pickle", CatBoostRegressor(**SMALL).fit(N, y), N, dict(format="pickle", protocol=2)


def pipelines(v):
    frame = animals()
    y = effect(frame)
    N = numbers()
    yield "pipeline-scaled", make_pipeline(StandardScaler(), CatBoostClassifier(**SMALL)).fit(N, classes(N, [0, 1])), N
    prepare = ColumnTransformer(
        [
            ("hot", OneHotEncoder(handle_unknown="ignore"), ["state"]),
            ("fill", SimpleImputer(strategy="constant", fill_value="none"), ["ocean", "animal"]),
            ("same", "passthrough", ["income"]),
        ],
        sparse_threshold=0,
    )
    model = CatBoostRegressor(cat_features=[3, 4], **dict(SMALL, iterations=6, one_hot_max_size=2))
    gaps = frame.copy()
    gaps.loc[::9, "ocean"] = np.nan
    yield "pipeline-categories", Pipeline([("prepare", prepare), ("model", model)]).fit(gaps, y), gaps


def refused(v):
    if not catboost.__version__.startswith(NEWEST):
        return
    frame = animals()
    frame["text"] = frame["animal"] + " " + frame["ocean"] + " " + frame["state"]
    model = CatBoostClassifier(text_features=["text"], **SMALL)
    yield "refused-text", model.fit(frame[["income", "text"]], effect(frame) > 9), frame, dict(refused="text features")
    pool = Pool([[1.0, [0.1, 0.2]], [2.0, [0.3, 0.1]], [3.0, [0.5, 0.9]], [4.0, [0.2, 0.8]]] * 8, [0, 1, 1, 0] * 8, embedding_features=[1])
    yield "refused-embedding", CatBoostClassifier(**SMALL).fit(pool), frame, dict(refused="embedding features")
