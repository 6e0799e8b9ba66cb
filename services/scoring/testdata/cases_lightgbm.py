"""The LightGBM cases: boosters as text, and the scikit-learn wrappers in pickles."""

import lightgbm as lgb
import numpy as np
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.feature_selection import SelectFromModel
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from data import classes, houses, logistic, numbers, price, softened, squared, target

SMALL = dict(num_leaves=8, min_data_in_leaf=4, verbosity=-1, num_threads=1, seed=0, deterministic=True, force_row_wise=True)


# What versions before 3.3 write otherwise, or their text format v2 does.
OLD = (
    "objective-cross-entropy", "objective-cross-entropy-lambda", "objective-binary", "objective-multiclass", "booster-dart",
    "booster-forest", "missing-zero", "category-codes", "category-pandas", "wrapper-stopped", "wrapper-classifier-three",
    "pickled-booster", "pickled-stopped",
)  # fmt: skip


def cases(v):
    """Yields (name, fitted model, X, options of treehouse.save)."""
    for group in (objectives, boosters, missing, categories, wrappers, pipelines, pickled):
        for case in group(v):
            name, model, X, *options = case
            if v < (3, 3) and name not in OLD:
                continue
            yield name, model, X, options[0] if options else {}


def train(X, y, rounds=4, data=None, **parameters):
    parameters = {**SMALL, **parameters}
    return lgb.train(parameters, lgb.Dataset(X, y, params=parameters, **(data or {})), rounds)


def objectives(v):
    X = numbers(missing=0.1)
    y = target(X)
    positive = np.exp(y / 3)
    share = 1 / (1 + np.exp(-y))
    two, three = classes(X, [0, 1]), classes(X, [0, 1, 2])
    for objective, label in [
        ("regression", y), ("regression_l1", y), ("huber", y), ("fair", y), ("poisson", positive), ("quantile", y),
        ("mape", positive), ("gamma", positive), ("tweedie", positive), ("binary", two), ("cross_entropy", share),
        ("cross_entropy_lambda", share),
    ]:  # fmt: skip
        yield f"objective-{objective.replace('_', '-')}", train(X, label, objective=objective), X
    yield "objective-binary-sigmoid", train(X, two, objective="binary", sigmoid=2.5), X
    yield "objective-binary-unbalanced", train(X, classes(X, [0, 0, 0, 1]), objective="binary", is_unbalance=True), X
    yield "objective-sqrt", train(X, y * 10, objective="regression", reg_sqrt=True), X
    for objective in ("multiclass", "multiclassova"):
        yield f"objective-{objective}", train(X, three, objective=objective, num_class=3, sigmoid=1.5), X
    for objective in ("lambdarank", "rank_xendcg") if v >= (3, 0) else ("lambdarank",):
        yield f"objective-{objective.replace('_', '-')}", train(X, two, objective=objective, data=dict(group=[20] * 6)), X


def boosters(v):
    N = numbers(missing=0.15)
    y = target(N)
    three = classes(N, [0, 1, 2])
    frame = houses()[["income", "age", "rooms"]]
    yield "booster-named", train(frame, price(houses())), frame
    yield "booster-dart", train(N, y, 6, boosting="dart", drop_rate=0.5, skip_drop=0.0), N
    forest = dict(boosting="rf", bagging_freq=1, bagging_fraction=0.6)
    yield "booster-forest", train(N, y, 5, **forest), N
    yield "booster-forest-binary", train(N, classes(N, [0, 1]), 5, objective="binary", **forest), N
    yield "booster-forest-three", train(N, three, 3, objective="multiclass", num_class=3, **forest), N
    yield "booster-goss", train(N, y, 4, **({"data_sample_strategy": "goss"} if v >= (4, 0) else {"boosting": "goss"})), N
    yield "booster-linear-trees", train(N, y, linear_tree=True, linear_lambda=0.01), N
    yield "booster-linear-trees-binary", train(N, classes(N, [0, 1]), objective="binary", linear_tree=True), N
    yield "booster-one-leaf", train(N, y + 7, min_data_in_leaf=100), N
    yield "booster-not-averaged", train(N, y + 50, boost_from_average=False, learning_rate=0.7), N
    yield "booster-deep", train(N, y, 2, num_leaves=60, min_data_in_leaf=1), N
    yield "booster-monotone", train(N, y, monotone_constraints=[1, 0, 0, 0, -1]), N
    other = lgb.Dataset(numbers(seed=3), target(numbers(seed=3)))
    data = lgb.Dataset(N, y, params=SMALL)
    stopped = lgb.train(
        {**SMALL, "objective": "regression", "learning_rate": 1.2}, data, 12, valid_sets=[other], callbacks=[lgb.early_stopping(2, verbose=False)]
    )
    yield "booster-stopped", stopped, N
    if v in ((3, 3), (4, 7)):
        def own(scores, data):
            return scores - data.get_label(), np.ones(len(scores))

        how = {**SMALL, "objective": own} if v >= (4, 0) else SMALL
        more = {} if v >= (4, 0) else {"fobj": own}
        yield "booster-own-objective", lgb.train(how, lgb.Dataset(N, y, params=SMALL), 4, **more), N
        wide = numbers(features=300)
        yield "booster-wide", train(wide, target(wide), 3), wide, dict(rows=8)
    odd = frame.rename(columns={"income": "income_€", "age": "age of house"})
    try:
        yield "booster-odd-names", train(odd, price(houses())), odd
    except lgb.basic.LightGBMError:
        pass  # versions differ in the names they take


def missing(v):
    N = numbers(missing=0.15)
    y = target(N)
    zeros = np.where(np.abs(N) < 0.4, 0.0, N)
    yield "missing-zero", train(zeros, y, zero_as_missing=True), zeros
    yield "missing-unused", train(N, y, use_missing=False), N
    yield "missing-none-seen", train(numbers(), target(numbers())), numbers()
    tiny = np.where(np.isnan(N), 1e-36, N)
    yield "missing-tiny", train(tiny, y, zero_as_missing=True), tiny


def categories(v):
    rng = np.random.default_rng(3)
    coded = numbers(missing=0.1, features=4)
    coded[:, 1] = rng.integers(0, 70, len(coded))
    coded[:, 2] = rng.integers(0, 4, len(coded))
    y = target(coded) + coded[:, 1] % 4 + coded[:, 2]
    few = dict(cat_smooth=1, min_data_per_group=2)
    yield "category-codes", train(coded, y, data=dict(categorical_feature=[1, 2]), **few), coded
    yield "category-one-hot", train(coded, y, data=dict(categorical_feature=[2]), max_cat_to_onehot=8, **few), coded
    gaps = coded.copy()
    gaps[rng.random(len(gaps)) < 0.2, 1] = np.nan
    yield "category-gaps", train(gaps, y, data=dict(categorical_feature=[1, 2]), **few), gaps
    three = classes(np.c_[y, y], [0, 1, 2])
    options = dict(objective="multiclass", num_class=3, data=dict(categorical_feature=[1, 2]), **few)
    yield "category-three", train(coded, three, **options), coded
    yield "category-zero-missing", train(coded, y, data=dict(categorical_feature=[2]), zero_as_missing=True, **few), coded
    frame = houses().drop(columns=["garden"]).astype({"ocean": "category", "state": "category"})
    frame.loc[3:9, "ocean"] = np.nan
    yield "category-pandas", train(frame, price(houses()), **few), frame
    whole = frame.copy()
    whole["rooms"] = whole["rooms"].astype("category")
    whole["half"] = (whole.index % 5 / 2).astype("float64")
    whole["half"] = whole["half"].astype("category")
    yield "category-pandas-numbers", train(whole, price(houses()), **few), whole


def wrappers(v):
    spaced = houses()[["income", "age"]].rename(columns={"income": "median income"})  # it writes median_income
    yield "names-with-spaces", lgb.LGBMRegressor(n_estimators=3, num_leaves=4).fit(spaced, spaced["age"].fillna(0)), spaced
    N = numbers(missing=0.15)
    y = target(N)
    small = dict(n_estimators=4, num_leaves=8, min_child_samples=4, verbose=-1, random_state=0)
    two, three = classes(N, [0, 1]), classes(N, [0, 1, 2])
    yield "wrapper-regressor", lgb.LGBMRegressor(**small).fit(N, y), N
    yield "wrapper-regressor-poisson", lgb.LGBMRegressor(objective="poisson", **small).fit(N, np.exp(y / 3)), N
    for kind, labels in {"int": [3, 7], "string": ["no", "yes"], "bool": [False, True], "three": ["a", "b", "c"]}.items():
        yield f"wrapper-classifier-{kind}", lgb.LGBMClassifier(**small).fit(N, classes(N, labels)), N
    yield "wrapper-own-objective", lgb.LGBMRegressor(objective=squared, **small).fit(N, y), N
    yield "wrapper-own-objective-classifier", lgb.LGBMClassifier(objective=logistic, **small).fit(N, two), N  # it answers raw scores
    yield "wrapper-own-objective-three", lgb.LGBMClassifier(objective=softened, **small).fit(N, three), N
    yield "wrapper-classifier-ova", lgb.LGBMClassifier(objective="multiclassova", **small).fit(N, three), N
    dart = lgb.LGBMClassifier(boosting_type="dart", drop_rate=0.5, **small)
    yield "wrapper-dart", dart.fit(N, two), N
    forest = lgb.LGBMRegressor(boosting_type="rf", subsample=0.6, subsample_freq=1, **small)
    yield "wrapper-forest", forest.fit(N, y), N
    yield "wrapper-ranker", lgb.LGBMRanker(**small).fit(N, two, group=[20] * 6), N
    eager = {**small, "n_estimators": 12, "learning_rate": 1.2}
    watch = dict(
        eval_set=[(numbers(seed=3), target(numbers(seed=3)))], callbacks=[lgb.early_stopping(2, verbose=False)]
    )
    stopped = lgb.LGBMRegressor(**eager).fit(N, y, **watch)
    yield "wrapper-stopped", stopped, N
    yield "wrapper-saved-stopped", stopped, N, dict(format="txt")
    yield "wrapper-saved-classifier", lgb.LGBMClassifier(**small).fit(N, two).booster_, N, dict(format="txt")
    frame = houses().astype({"ocean": "category", "state": "category"})
    yield "wrapper-pandas", lgb.LGBMRegressor(min_data_per_group=2, **small).fit(frame, price(frame)), frame
    named = classes(np.c_[price(frame), price(frame)], ["high", "low"])
    yield "wrapper-pandas-classifier", lgb.LGBMClassifier(min_data_per_group=2, **small).fit(frame, named), frame


def pipelines(v):
    frame = houses()
    y = price(frame)
    small = dict(n_estimators=4, num_leaves=8, min_child_samples=4, verbose=-1, random_state=0)
    hot = OneHotEncoder(handle_unknown="ignore")
    numeric = ["income", "age", "rooms"]

    def on(model, *transformers, target=y, **options):
        return Pipeline([("prepare", ColumnTransformer(list(transformers), **options)), ("model", model)]).fit(frame, target)

    plain, coded = ("n", "passthrough", numeric), ("c", hot, ["ocean", "state"])
    R, C = lgb.LGBMRegressor, lgb.LGBMClassifier
    yield "pipeline-dense", on(R(**small), plain, coded, sparse_threshold=0), frame
    # To LightGBM the zeros of a sparse matrix are zeros.
    yield "pipeline-sparse", on(R(**small), plain, coded, sparse_threshold=1.0), frame
    yield "pipeline-sparse-only", on(R(**small), coded, ("d", hot, ["rooms"])), frame
    yield "pipeline-sparse-zero", on(R(zero_as_missing=True, **small), plain, coded, sparse_threshold=1.0), frame
    # Its threshold next to zero is -1e-35f, and only a dense matrix makes that a zero.
    zeros = frame[["income", "ocean", "state"]].assign(income=(frame["income"].fillna(4) - 4).round())
    few = ColumnTransformer([("n", "passthrough", ["income"]), coded], sparse_threshold=1.0)
    yield "pipeline-sparse-tiny", make_pipeline(few, R(**small)).fit(zeros, (zeros["income"] >= 0) * 1.0), zeros
    named = classes(np.c_[y, y], ["high", "low", "mid"])
    yield "pipeline-sparse-classifier", on(C(**small), plain, coded, target=named, sparse_threshold=1.0), frame
    scaled = ("n", make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), numeric)
    yield "pipeline-scaled", on(R(**small), scaled, coded), frame
    ordinal = ("o", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["ocean", "state"])
    categorical = R(categorical_feature=[0, 1], min_data_per_group=2, **small)
    yield "pipeline-ordinal", on(categorical, ordinal, plain), frame
    target_ = TransformedTargetRegressor(R(**small), func=np.log1p, inverse_func=np.expm1)
    yield "pipeline-target", on(target_, plain, coded, sparse_threshold=0), frame
    N = numbers(missing=0.15)
    if v in ((3, 3), (4, 7)):
        wide, few = numbers(features=8, missing=0.1), dict(rows=10, described=False)
        stopped = R(**{**small, "n_estimators": 30, "learning_rate": 0.9})
        for name, selector in (
            ("split", SelectFromModel(R(**small))),
            ("gain", SelectFromModel(R(importance_type="gain", **small), threshold="0.7*mean")),
            ("median", SelectFromModel(R(**small), threshold="median")),
            ("most", SelectFromModel(R(**small), max_features=3, threshold=-np.inf)),
        ):
            yield f"pipeline-selected-{name}", make_pipeline(selector, R(**small)).fit(wide, target(wide)), wide, few
        y, cut = target(wide), len(wide) // 2
        stopped.fit(wide[:cut], y[:cut], eval_set=[(wide[cut:], y[cut:])], callbacks=[lgb.early_stopping(2, verbose=False)])
        yield "pipeline-selected-stopped", make_pipeline(SelectFromModel(stopped, prefit=True), R(**small)).fit(wide, y), wide, few
    yield "pipeline-classifier", make_pipeline(StandardScaler(), C(**small)).fit(N, classes(N, [False, True])), N


def pickled(v):
    """Boosters in pickles, without a wrapper."""
    N = numbers(missing=0.15)
    yield "pickled-booster", train(N, classes(N, [0, 1]), objective="binary"), N, dict(format="pickle")
    watch = [lgb.Dataset(numbers(seed=3), target(numbers(seed=3)))]
    eager = {**SMALL, "objective": "regression", "learning_rate": 1.2}
    stop = [lgb.early_stopping(2, verbose=False)] if v >= (3, 3) else None
    early = dict(callbacks=stop) if stop else dict(early_stopping_rounds=2, verbose_eval=False)
    stopped = lgb.train(eager, lgb.Dataset(N, target(N), params=SMALL), 12, valid_sets=watch, **early)
    yield "pickled-stopped", stopped, N, dict(format="joblib")
