"""The scikit-learn cases: every supported class, option and file format."""

import sys
import types

import numpy as np
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.cross_decomposition import PLSRegression
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, OrdinalEncoder, SplineTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import cases_compound
import cases_family
import cases_several
import cases_transform
import cases_wrapped
from data import classes, houses, numbers, price, target

LABELS = {
    "int": [3, 7],
    "string": ["no", "yes"],
    "bool": [False, True],
    "float": [1.0, 2.0],
    "three-int": [-1, 0, 5],
    "three-string": ["high", "low", "mid"],
}


def cases(v):
    """Yields (name, fitted model, X, options of treehouse.save)."""
    groups = [trees, linear, gradient, hist, columns, targets, refused]
    if v in ((1, 1), (1, 5), (1, 9)):  # the formats are joblib's and Python's: three versions are enough
        groups.append(formats)
    for group in groups:
        for case in group(v):
            name, model, X, *options = case
            yield name, model, X, options[0] if options else {}
    yield from cases_family.cases(v)
    yield from cases_compound.cases(v)
    yield from cases_several.cases(v)
    yield from cases_transform.cases(v)
    yield from cases_wrapped.cases(v)


def trees(v):
    X, N = numbers(), numbers(missing=0.15)
    y = target(X)
    small = dict(max_leaf_nodes=10, random_state=0)
    yield "tree-regressor", DecisionTreeRegressor(**small).fit(X, y), X
    yield "tree-regressor-poisson", DecisionTreeRegressor(criterion="poisson", **small).fit(X, np.exp(y / 4)), X
    yield "tree-regressor-two-outputs", DecisionTreeRegressor(**small).fit(X, np.c_[y, -X[:, 0]]), X
    yield "tree-one-leaf", DecisionTreeRegressor().fit(X, np.full(len(X), 1.25)), X, dict(rows=6)
    yield "forest-regressor", RandomForestRegressor(5, **small).fit(X, y), X
    yield "forest-regressor-two-outputs", RandomForestRegressor(3, **small).fit(X, np.c_[y, -X[:, 0]]), X
    yield "extra-trees-regressor", ExtraTreesRegressor(5, **small).fit(X, y), X
    for kind, labels in LABELS.items():
        yield f"forest-classifier-{kind}", RandomForestClassifier(4, **small).fit(X, classes(X, labels)), X
    weighted = RandomForestClassifier(4, class_weight="balanced_subsample", criterion="entropy", **small)
    yield "forest-classifier-weighted", weighted.fit(X, classes(X, [0, 0, 1])), X
    yield "forest-classifier-pure-leaves", RandomForestClassifier(3, random_state=0).fit(X, classes(X, [0, 1])), X
    for kind in ("string", "three-int"):
        yield f"tree-classifier-{kind}", DecisionTreeClassifier(**small).fit(X, classes(X, LABELS[kind])), X
        yield f"extra-trees-classifier-{kind}", ExtraTreesClassifier(4, **small).fit(X, classes(X, LABELS[kind])), X
    if v >= (1, 3):
        yield "tree-regressor-missing", DecisionTreeRegressor(**small).fit(N, target(N)), N
        yield "tree-classifier-missing", DecisionTreeClassifier(**small).fit(N, classes(N, [0, 1, 2])), N
    if v >= (1, 4):
        yield "forest-regressor-missing", RandomForestRegressor(4, **small).fit(N, target(N)), N
        yield "forest-classifier-missing", RandomForestClassifier(4, **small).fit(N, classes(N, [0, 1])), N
        yield "forest-monotonic", RandomForestRegressor(4, monotonic_cst=[1, 0, 0, 0, -1], **small).fit(X, y), X
    if v >= (1, 6):
        yield "extra-trees-missing", ExtraTreesRegressor(4, **small).fit(N, target(N)), N
    if v in ((1, 1), (1, 9)):
        wide = numbers(features=300)
        yield "forest-wide", RandomForestRegressor(3, max_features=0.2, **small).fit(wide, target(wide)), wide, dict(rows=12)


def linear(v):
    X = numbers()
    y = target(X)
    frame = houses(missing=False)[["income", "age", "rooms"]]
    yield "linear-regression", LinearRegression().fit(frame, price(houses(missing=False))), frame
    yield "linear-no-intercept", LinearRegression(fit_intercept=False).fit(X, y), X
    yield "linear-two-outputs", LinearRegression().fit(X, np.c_[y, X[:, 0]]), X
    yield "linear-one-output-2d", LinearRegression().fit(X, y[:, None]), X
    yield "linear-float32", LinearRegression().fit(X.astype(np.float32), y.astype(np.float32)), X
    yield "ridge", Ridge(alpha=2.0).fit(X, y), X
    yield "ridge-two-outputs-no-intercept", Ridge(fit_intercept=False).fit(X, np.c_[y, X[:, 0]]), X
    yield "lasso", Lasso(alpha=0.1).fit(X, y), X
    yield "elastic-net-two-outputs", ElasticNet(alpha=0.1).fit(X, np.c_[y, X[:, 0]]), X
    yield "elastic-net", ElasticNet(alpha=0.05, positive=True).fit(X, y), X
    for kind, labels in LABELS.items():
        yield f"logistic-{kind}", LogisticRegression().fit(X, classes(X, labels)), X
    yield "logistic-no-intercept", LogisticRegression(fit_intercept=False).fit(X, classes(X, [0, 1])), X
    yield "logistic-float32", LogisticRegression().fit(X.astype(np.float32), classes(X, [0, 1, 2])), X
    yield "logistic-liblinear", LogisticRegression(solver="liblinear").fit(X, classes(X, ["a", "b"])), X
    yield "logistic-saga", LogisticRegression(solver="saga", max_iter=50, random_state=0).fit(X, classes(X, [0, 1, 2])), X
    if v < (1, 8):
        yield "logistic-liblinear-three", LogisticRegression(solver="liblinear").fit(X, classes(X, [0, 1, 2])), X
        yield "logistic-ovr", LogisticRegression(multi_class="ovr").fit(X, classes(X, [0, 1, 2])), X
        yield "logistic-multinomial-binary", LogisticRegression(multi_class="multinomial").fit(X, classes(X, [0, 1])), X
    if v in ((1, 1), (1, 9)):
        wide = numbers(features=300)
        yield "linear-wide", Ridge(alpha=10).fit(wide, target(wide)), wide, dict(rows=12)


def gradient(v):
    X = numbers()
    y = target(X)
    small = dict(n_estimators=4, max_depth=3, max_leaf_nodes=6, random_state=0)
    for loss in ("squared_error", "absolute_error", "huber", "quantile"):
        name = loss.replace("_", "-")
        yield f"gradient-boosting-{name}", GradientBoostingRegressor(loss=loss, **small).fit(X, y), X
    yield "gradient-boosting-zero", GradientBoostingRegressor(init="zero", **small).fit(X, y), X
    few = GradientBoostingRegressor(subsample=0.7, learning_rate=0.3, n_iter_no_change=2, **small)
    yield "gradient-boosting-stopped", few.fit(X, y), X
    for kind in ("string", "bool", "three-int"):
        yield f"gradient-boosting-classifier-{kind}", GradientBoostingClassifier(**small).fit(
            X, classes(X, LABELS[kind])
        ), X
    uneven = classes(X, [0, 0, 0, 1, 1, 2])
    yield "gradient-boosting-classifier-uneven", GradientBoostingClassifier(**small).fit(X, uneven), X
    for labels in ([0, 1], [0, 1, 2]):
        zero = GradientBoostingClassifier(init="zero", **small).fit(X, classes(X, labels))
        yield f"gradient-boosting-classifier-zero-{len(labels)}", zero, X
    exponential = GradientBoostingClassifier(loss="exponential", **small).fit(X, classes(X, ["a", "b", "b"]))
    yield "gradient-boosting-classifier-exponential", exponential, X


def hist(v):
    X, N = numbers(), numbers(missing=0.15)
    y = target(N)
    small = dict(max_iter=5, max_leaf_nodes=8, min_samples_leaf=5, random_state=0)
    R, C = HistGradientBoostingRegressor, HistGradientBoostingClassifier
    yield "hist-regressor", R(**small).fit(X, target(X)), X
    yield "hist-regressor-missing", R(**small).fit(N, y), N
    yield "hist-absolute-error", R(loss="absolute_error", **small).fit(N, y), N
    yield "hist-poisson", R(loss="poisson", **small).fit(N, np.exp(y / 3)), N
    yield "hist-quantile", R(loss="quantile", quantile=0.8, **small).fit(N, y), N
    if v >= (1, 3):
        yield "hist-gamma", R(loss="gamma", **small).fit(N, np.exp(y / 3)), N
    yield "hist-stopped", R(early_stopping=True, n_iter_no_change=1, learning_rate=0.9, **small).fit(N, y), N
    yield "hist-monotonic", R(monotonic_cst=[1, 0, 0, 0, -1], **small).fit(N, y), N
    for kind in ("string", "bool", "three-int", "three-string"):
        yield f"hist-classifier-{kind}", C(**small).fit(N, classes(N, LABELS[kind])), N
    coded = N.copy()
    coded[:, 1] = np.random.default_rng(1).integers(0, 40, len(N))
    coded[:, 2] = np.where(np.isnan(N[:, 2]), np.nan, np.floor(np.abs(N[:, 2]) * 3))
    y = target(coded) + (coded[:, 1] % 3)
    yield "hist-categories", R(categorical_features=[1, 2], **small).fit(coded, y), coded
    yield "hist-classifier-categories", C(categorical_features=[1, 2], **small).fit(coded, classes(coded, list("abc"))), coded
    houses_ = houses()
    encode = ColumnTransformer(
        [("c", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan), ["ocean", "state"])],
        remainder="passthrough",
    )
    model = Pipeline([("encode", encode), ("model", R(categorical_features=[0, 1], **small))])
    yield "hist-pipeline", model.fit(houses_, price(houses_)), houses_
    if v >= (1, 2):
        integers = houses_[["income", "age", "rooms"]]
        named = R(categorical_features=["rooms"], **small)
        yield "hist-categories-by-name", named.fit(integers, price(houses_)), integers
    if v >= (1, 4):
        frame = houses_.astype({"ocean": "category", "state": "category"})
        frame["rooms"] = frame["rooms"].astype("category")
        frame.loc[5:9, "ocean"] = np.nan
        yield "hist-from-dtype", R(categorical_features="from_dtype", **small).fit(frame, price(houses_)), frame
        yield "hist-classifier-from-dtype", C(categorical_features="from_dtype", **small).fit(
            frame, classes(np.c_[price(houses_), price(houses_)], LABELS["three-string"])
        ), frame


def columns(v):
    frame = houses()
    y = price(frame)
    linear = LinearRegression()
    tree = DecisionTreeRegressor(max_leaf_nodes=12, random_state=0)
    sparse = "sparse" if v < (1, 2) else "sparse_output"
    dense = {sparse: False}
    strings = ["ocean", "state"]
    with_gaps = houses()
    with_gaps.loc[with_gaps.index % 7 == 0, "ocean"] = np.nan
    with_gaps.loc[with_gaps.index % 11 == 0, "state"] = None

    def on(transformers, model=linear, data=frame, **options):
        from sklearn.base import clone

        prepare = ColumnTransformer(transformers, **options)
        return Pipeline([("prepare", prepare), ("model", clone(model))]).fit(data, y), data

    impute = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    numeric = ("numbers", impute, ["income", "age", "rooms"])
    hot = OneHotEncoder(handle_unknown="ignore")
    yield "columns-usual", *on([numeric, ("hot", hot, strings)])
    yield "columns-usual-forest", *on([numeric, ("hot", hot, strings)], RandomForestRegressor(3, max_leaf_nodes=9))
    yield "columns-sparse", *on([("hot", hot, strings), ("one", impute, ["income"])], tree, sparse_threshold=1.0)
    yield "columns-sparse-linear", *on([("hot", hot, strings), ("one", impute, ["income"])], sparse_threshold=1.0)
    yield "columns-error", *on([numeric, ("hot", OneHotEncoder(), strings)])
    yield "columns-drop-first", *on([numeric, ("hot", OneHotEncoder(drop="first"), strings)])
    yield "columns-drop-if-binary", *on([numeric, ("hot", OneHotEncoder(drop="if_binary"), strings + ["garden"])])
    chosen = OneHotEncoder(drop=["ISLAND", "new"], handle_unknown="ignore", **dense)
    yield "columns-drop-chosen", *on([numeric, ("hot", chosen, strings)])
    rare = OneHotEncoder(min_frequency=15, handle_unknown="infrequent_if_exist", **dense)
    yield "columns-infrequent", *on([numeric, ("hot", rare, strings)])
    most = OneHotEncoder(max_categories=3, handle_unknown="infrequent_if_exist", drop="first", **dense)
    yield "columns-max-categories", *on([numeric, ("hot", most, strings)])
    given = OneHotEncoder(categories=[["INLAND", "NEAR BAY"], ["new", "bad", "good"]], handle_unknown="ignore")
    yield "columns-given-categories", *on([numeric, ("hot", given, strings)])
    yield "columns-missing-category", *on([numeric, ("hot", OneHotEncoder(), strings)], data=with_gaps)
    yield "columns-number-categories", *on([("hot", OneHotEncoder(handle_unknown="ignore"), ["rooms", "garden", "age"])])
    yield "columns-hot-float32", *on([numeric, ("hot", OneHotEncoder(dtype=np.float32), strings)], tree)
    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    yield "columns-ordinal", *on([numeric, ("codes", ordinal, strings)], tree)
    yield "columns-ordinal-error", *on([numeric, ("codes", OrdinalEncoder(), strings)], tree)
    yield "columns-ordinal-numbers", *on([("codes", ordinal, ["rooms", "garden"])], tree)
    coded = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-2, encoded_missing_value=-1)
    yield "columns-ordinal-missing", *on([numeric, ("codes", coded, strings)], tree, with_gaps)
    if v >= (1, 3):
        rare = OrdinalEncoder(min_frequency=15, handle_unknown="use_encoded_value", unknown_value=-1)
        yield "columns-ordinal-infrequent", *on([numeric, ("codes", rare, strings)], tree)
    words = SimpleImputer(strategy="most_frequent", missing_values=None)
    data = with_gaps[["ocean", "state"]].where(with_gaps[["ocean", "state"]].notna(), None)
    data = data.assign(income=frame["income"])
    yield "columns-impute-words", *on(
        [("words", make_pipeline(words, hot), strings), ("n", SimpleImputer(), ["income"])], data=data
    )
    # To an imputer of NaN a None is a word like any other, here the most frequent one.
    none = data.assign(state=data["state"].where(data["income"].fillna(0) > 7, None))
    most = make_pipeline(SimpleImputer(strategy="most_frequent"), hot)
    yield "columns-impute-none", *on([("words", most, strings), ("n", SimpleImputer(), ["income"])], data=none)
    nan = data.fillna({"ocean": np.nan, "state": np.nan}).where(data.notna(), np.nan)
    constant = SimpleImputer(strategy="constant", fill_value="none given")
    yield "columns-impute-constant-words", *on(
        [("words", make_pipeline(constant, hot), strings), ("n", SimpleImputer(), ["income"])], data=nan
    )
    # The text may meet numbers, among which it is no category.
    mixed = nan.assign(rooms=frame["rooms"], garden=frame["garden"])
    every = make_pipeline(SimpleImputer(strategy="constant", fill_value="missing"), hot)
    yield "columns-impute-words-among-numbers", *on([("words", every, [*strings, "rooms", "garden"])], data=mixed)
    every = make_pipeline(SimpleImputer(strategy="constant", fill_value="missing"), ordinal)
    yield "columns-impute-words-ordinal", *on([("words", every, [*strings, "rooms"])], tree, data=mixed)
    strict = make_pipeline(SimpleImputer(strategy="constant", fill_value="missing"), OneHotEncoder())
    yield "columns-impute-words-strict", *on([("words", strict, ["ocean", "rooms"])], data=mixed)
    gradient = HistGradientBoostingRegressor(max_iter=3, max_leaf_nodes=6)
    bare = SimpleImputer(strategy="constant", fill_value="missing")
    numbers_of_objects = frame[["income", "age", "rooms"]].fillna(0).astype(object)
    yield "columns-impute-words-for-numbers", Pipeline([("words", bare), ("model", gradient)]).fit(
        numbers_of_objects, y
    ), numbers_of_objects
    yield "columns-indicator", *on([("n", SimpleImputer(add_indicator=True), ["income", "age", "rooms"])])
    minus = frame.assign(income=frame["income"].fillna(-1), age=frame["age"].fillna(-1))
    marked = SimpleImputer(missing_values=-1, strategy="constant", fill_value=0.5, add_indicator=True)
    yield "columns-impute-minus-one", *on([("n", marked, ["income", "age", "rooms"])], data=minus)
    frequent = SimpleImputer(strategy="most_frequent")
    yield "columns-impute-most-frequent", *on([("n", frequent, ["income", "age", "rooms"])])
    empty = frame.assign(nothing=np.nan)
    yield "columns-impute-empty", *on([("n", SimpleImputer(), ["nothing", "income", "age"])], data=empty)
    if v >= (1, 2):
        keep = SimpleImputer(keep_empty_features=True, add_indicator=True)
        yield "columns-impute-keep-empty", *on([("n", keep, ["nothing", "income", "age"])], data=empty)
    full = houses(missing=False)
    scaled = [
        ("a", MinMaxScaler(feature_range=(-1, 2)), ["income"]),
        ("b", MinMaxScaler(clip=True), ["age"]),
        ("c", StandardScaler(with_mean=False), ["rooms"]),
        ("d", StandardScaler(with_std=False), ["income", "age"]),
        ("e", StandardScaler(with_mean=False, with_std=False), ["age"]),
    ]
    yield "columns-scalers", *on(scaled, data=full)
    # Scaled values with gaps go on to a model that takes them.
    yield "columns-scaled-gaps", *on(
        [("s", MinMaxScaler(clip=True), ["income"]), ("t", StandardScaler(), ["age"])],
        HistGradientBoostingRegressor(max_iter=4, max_leaf_nodes=6, random_state=0),
    )
    yield "columns-constant", *on([("s", StandardScaler(), ["one"]), ("m", MinMaxScaler(), ["one", "age"])], data=full.assign(one=3.0))
    functions = [
        (name, FunctionTransformer(function), [column])
        for name, function, column in [
            ("log1p", np.log1p, "income"), ("sqrt", np.sqrt, "age"), ("log", np.log, "rooms"), ("exp", np.exp, "rooms"),
            ("expm1", np.expm1, "rooms"), ("square", np.square, "age"), ("abs", np.abs, "income"), ("cbrt", np.cbrt, "age"),
            ("log2", np.log2, "age"), ("log10", np.log10, "income"), ("reciprocal", np.reciprocal, "age"),
            ("sin", np.sin, "age"), ("cos", np.cos, "age"), ("tanh", np.tanh, "income"), ("arcsinh", np.arcsinh, "age"),
            ("floor", np.floor, "income"), ("rint", np.rint, "income"), ("sign", np.sign, "income"),
            ("negative", np.negative, "income"), ("exp2", np.exp2, "rooms"), ("ceil", np.ceil, "income"),
        ]
    ]  # fmt: skip
    yield "columns-functions", *on(functions, data=full.astype({"rooms": np.float64}))
    # Neither a function (before 1.2) nor a union (before 1.3) knows the names.
    union = make_union(StandardScaler(), FunctionTransformer(np.log1p))
    plain = full[["income", "age"]]
    yield "columns-union", make_pipeline(union, Ridge()).fit(plain, y), plain
    yield "columns-function-first", make_pipeline(FunctionTransformer(np.sqrt), Ridge()).fit(plain, y), plain
    yield "columns-identity", *on([("same", FunctionTransformer(), ["income", "age"])], data=full)
    yield "columns-function-gaps", *on(
        [("l", FunctionTransformer(np.log1p), ["income"]), ("p", "passthrough", ["age"])],
        HistGradientBoostingRegressor(max_iter=4, max_leaf_nodes=6, random_state=0),
    )
    yield "columns-remainder", *on([("hot", hot, ["ocean"]), ("x", "drop", ["state"])], data=full, remainder="passthrough")
    yield "columns-remainder-drop", *on([("p", "passthrough", ["rooms", "income"])], data=full)
    yield "columns-remainder-scaled", *on(
        [("hot", hot, strings)], data=full, remainder=StandardScaler(), sparse_threshold=0
    )
    yield "columns-selector", *on(
        [
            ("n", StandardScaler(), make_column_selector(dtype_include=np.number)),
            ("s", hot, make_column_selector(dtype_include=object)),
        ],
        data=full,
    )
    yield "columns-twice", *on([("a", StandardScaler(), ["age", "income"]), ("b", MinMaxScaler(), ["income", "age"])], data=full)
    nested = ColumnTransformer([("s", StandardScaler(), ["income"])], remainder="passthrough")
    yield "columns-nested", *on([("n", nested, ["age", "income"]), ("hot", hot, strings)], data=full)
    X = numbers()
    y_ = target(X)
    by_place = ColumnTransformer(
        [("a", StandardScaler(), [0, -1]), ("b", MinMaxScaler(), slice(1, 3)), ("c", "passthrough", [False, False, False, True, False])]
    )
    yield "columns-by-place", make_pipeline(by_place, LinearRegression()).fit(X, y_), X
    objects = full[["ocean", "state"]].to_numpy()
    yield "columns-array-of-strings", make_pipeline(OneHotEncoder(handle_unknown="ignore"), Ridge()).fit(objects, y), objects
    mixed = full[["ocean", "income", "rooms"]].to_numpy(dtype=object)
    by_index = ColumnTransformer([("h", OneHotEncoder(), [0]), ("s", StandardScaler(), [1, 2])])
    yield "columns-array-mixed", make_pipeline(by_index, LinearRegression()).fit(mixed, y), mixed
    classifier = make_pipeline(
        ColumnTransformer([numeric, ("hot", hot, strings)]), LogisticRegression()
    ).fit(frame, classes(np.c_[y, y], LABELS["three-string"]))
    yield "columns-logistic", classifier, frame
    passing = Pipeline([("nothing", "passthrough"), ("scale", StandardScaler()), ("model", Ridge())]).fit(X, y_)
    yield "pipeline-passthrough", passing, X
    yield "pipeline-impute", make_pipeline(SimpleImputer(), Ridge()).fit(numbers(missing=0.1), y_), numbers(missing=0.1)
    float32 = make_pipeline(StandardScaler(), MinMaxScaler(), Ridge()).fit(X.astype(np.float32), y_.astype(np.float32))
    yield "pipeline-float32", float32, X
    if v >= (1, 2):
        framed = make_pipeline(ColumnTransformer([numeric, ("hot", OneHotEncoder(**dense), strings)]), LinearRegression())
        framed.set_output(transform="pandas")
        yield "columns-set-output", framed.fit(frame, y), frame


def targets(v):
    X = numbers()
    y = np.exp(target(X) / 3)
    tree = DecisionTreeRegressor(max_leaf_nodes=8, random_state=0)
    T = TransformedTargetRegressor
    yield "target-log1p", T(tree, func=np.log1p, inverse_func=np.expm1).fit(X, y), X
    yield "target-log", T(LinearRegression(), func=np.log, inverse_func=np.exp).fit(X, y), X
    yield "target-sqrt", T(tree, func=np.sqrt, inverse_func=np.square).fit(X, y), X
    yield "target-standard", T(tree, transformer=StandardScaler()).fit(X, y), X
    yield "target-minmax", T(tree, transformer=MinMaxScaler()).fit(X, y), X
    yield "target-identity", T(tree).fit(X, y), X
    yield "target-two-outputs", T(LinearRegression(), transformer=StandardScaler()).fit(X, np.c_[y, X[:, 0]]), X
    forest = RandomForestRegressor(3, max_leaf_nodes=8, random_state=0)
    inside = Pipeline([("scale", StandardScaler()), ("model", T(forest, func=np.log1p, inverse_func=np.expm1))])
    yield "target-in-pipeline", inside.fit(X, y), X
    around = T(make_pipeline(StandardScaler(), Ridge()), transformer=StandardScaler())
    yield "target-around-pipeline", around.fit(X, y), X
    grid = GridSearchCV(make_pipeline(StandardScaler(), Ridge()), {"ridge__alpha": [0.1, 1.0]}, cv=2)
    yield "search-grid", grid.fit(X, y), X
    halving = RandomizedSearchCV(
        RandomForestClassifier(3, random_state=0), {"max_leaf_nodes": [4, 8]}, n_iter=2, cv=2, random_state=0
    )
    yield "search-randomized", halving.fit(X, classes(X, ["a", "b", "c"])), X


def formats(v):
    X = numbers()
    pipeline = make_pipeline(StandardScaler(), RandomForestRegressor(2, max_leaf_nodes=6, random_state=0))
    pipeline.fit(X, target(X))
    for method in ("zlib", "gzip", "bz2", "xz", "lzma", "lz4"):
        yield f"format-joblib-{method}", pipeline, X, dict(compress=(method, 3), rows=6)
    for protocol in range(6):
        yield f"format-pickle-{protocol}", pipeline, X, dict(format="pickle", protocol=protocol, rows=6)
    frame = houses()
    strings = make_pipeline(
        ColumnTransformer([("h", OneHotEncoder(handle_unknown="ignore"), ["ocean"]), ("i", SimpleImputer(), ["income"])]),
        LinearRegression(),
    ).fit(frame, price(frame))
    for protocol in range(6):
        yield f"format-pickle-strings-{protocol}", strings, frame, dict(format="pickle", protocol=protocol, rows=6)
    for protocol in (2, 3, 4, 5):
        yield f"format-joblib-protocol-{protocol}", strings, frame, dict(protocol=protocol, rows=6)


def refused(v):
    X = numbers(n=40, features=2)
    y = classes(X, [0, 1])
    acme = sys.modules["acme"] = types.ModuleType("acme")

    class Winsorizer(StandardScaler):
        """A class of somebody's own."""

    def halve(x):
        return x / 2

    for thing in (Winsorizer, halve):
        thing.__module__, thing.__qualname__ = "acme", thing.__name__
        setattr(acme, thing.__name__, thing)
    tree = DecisionTreeRegressor(max_leaf_nodes=3)
    for name, model, text in [
        ("pls", PLSRegression(1), "PLSRegression"),
        ("spline", make_pipeline(SplineTransformer(), LinearRegression()), "SplineTransformer"),
        ("own-class", make_pipeline(Winsorizer(), LinearRegression()), "acme.Winsorizer"),
        ("own-function", make_pipeline(FunctionTransformer(halve), LinearRegression()), "acme.halve"),
        ("boosting-own-init", GradientBoostingRegressor(n_estimators=2, init=tree), "init"),
    ]:
        yield f"refused-{name}", model.fit(X, y), X, dict(refused=text)
    unfitted = make_pipeline(StandardScaler(), LinearRegression())
    yield "refused-unfitted", unfitted, X, dict(refused="fitted")
    if v == (1, 9):  # several parts, each of which must be told
        from sklearn.impute import KNNImputer

        parts = ColumnTransformer([
            ("near", KNNImputer(), [0]), ("curve", make_pipeline(Winsorizer(), SplineTransformer()), [1]),
            ("bins", OneHotEncoder(sparse_output=False), [0]), ("own", FunctionTransformer(halve), [0]),
        ])  # fmt: skip
        yield "refused-parts", make_pipeline(parts, PLSRegression(1)).fit(X.round(), y), X, dict(refused="KNNImputer")
