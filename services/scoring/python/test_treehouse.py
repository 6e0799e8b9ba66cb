"""What treehouse.save promises. Run by `make parity`, or: python -m pytest services/scoring/python"""

import hashlib
import json
import math

import catboost
import joblib
import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import treehouse


def numbers(n=100):
    return np.random.default_rng(0).normal(size=(n, 3))


def frame(n=100):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "income": rng.normal(size=n),
            "ocean": pd.Series(rng.choice(["INLAND", "ISLAND"], n), dtype=object),
            "garden": rng.random(n) < 0.5,
        }
    )


def hot(model, column="ocean"):
    encode = ColumnTransformer([("hot", OneHotEncoder(), [column])], remainder="passthrough")
    return make_pipeline(encode, model)


def golden(directory):
    return json.loads((directory / "golden.json").read_text(encoding="utf-8"))


def tree(X=numbers()):
    return DecisionTreeRegressor(max_leaf_nodes=6, random_state=0).fit(X, X[:, 0])


def test_a_version_has_the_artifact_what_it_is_and_the_proof(tmp_path):
    X = numbers()
    directory = treehouse.save(tree(), X, tmp_path / "housing" / "3", X[:, 0])
    assert sorted(f.name for f in directory.iterdir()) == ["golden.json", "model.joblib", "model.yaml"]
    text = (directory / "model.yaml").read_text()
    digest = hashlib.sha256((directory / "model.joblib").read_bytes()).hexdigest()
    for line in (
        'apiVersion: "treehouse.dev/v1"', 'kind: "Model"', 'name: "housing"', 'artifact: "model.joblib"', f'sha256: "{digest}"',
        'library: "scikit-learn"', 'task: "regression"', '  - {"name": "x0", "type": "number"}', "  rows: 100", 'golden: "golden.json"',
    ):  # fmt: skip
        assert line in text.splitlines()
    assert golden(directory)["format"] == "treehouse.dev/golden/v1"


def test_outputs_are_the_librarys_to_the_last_bit(tmp_path):
    X = numbers()
    y = np.where(X[:, 0] > 0, "yes", "no")
    model = RandomForestClassifier(7, random_state=0, n_jobs=1).fit(X, y)
    proof = golden(treehouse.save(model, X, tmp_path / "1"))
    rows = np.array([[np.nan if v is None else float(v) for v in row] for row in proof["rows"]])
    assert proof["outputs"]["predict"] == model.predict(rows).tolist()
    assert proof["outputs"]["predict_proba"] == model.predict_proba(rows).tolist()


def test_float32_outputs_are_widened_exactly(tmp_path):
    X = numbers()
    model = xgboost.train({"max_depth": 2}, xgboost.DMatrix(X, X[:, 0]), 3)
    proof = golden(treehouse.save(model, X, tmp_path / "1"))
    assert all(float(np.float32(v[0])) == v[0] for v in proof["outputs"]["predict"])


def test_the_rows_have_every_edge(tmp_path):
    model = hot(lightgbm.LGBMRegressor(n_estimators=3, verbose=-1)).set_params(columntransformer__hot__handle_unknown="ignore")
    X = frame()
    proof = golden(treehouse.save(model.fit(X, X.income), X, tmp_path / "1"))
    rows = proof["rows"] + [e["row"] for e in proof["errors"]]
    incomes = [row[0] for row in rows]
    assert None in incomes and {"Infinity", "-Infinity"} & set(incomes)
    assert any(v == 0 and math.copysign(1, v) < 0 for v in incomes if isinstance(v, float))
    assert any(abs(v) > 1e8 for v in incomes if isinstance(v, float))
    assert {None, "no such category", "", "INLAND", "ISLAND"} == {row[1] for row in rows}
    assert {row[2] for row in rows} == {0.0, 1.0}, "a bool is 0 or 1, and nothing else can be asked of scikit-learn"


def test_rows_on_both_sides_of_a_threshold_are_neighbours(tmp_path):
    model = make_pipeline(StandardScaler(), DecisionTreeRegressor(max_leaf_nodes=2)).fit(numbers(), numbers()[:, 1])
    proof = golden(treehouse.save(model, numbers(), tmp_path / "1"))
    values = sorted({row[1] for row in proof["rows"] if isinstance(row[1], float)})
    neighbours = [(a, b) for a, b in zip(values, values[1:]) if a != 0 and np.nextafter(a, math.inf) == b]
    assert neighbours
    a, b = neighbours[0]
    assert model.predict([[0, a, 0]]) != model.predict([[0, b, 0]])


def test_behind_a_logarithm_the_threshold_keeps_its_distance(tmp_path):
    X = np.abs(numbers())
    model = make_pipeline(FunctionTransformer(np.log1p), DecisionTreeRegressor(max_leaf_nodes=4)).fit(X, X[:, 1])
    proof = golden(treehouse.save(model, X, tmp_path / "1"))
    values = sorted({row[1] for row in proof["rows"] if isinstance(row[1], float) and row[1] > 0.01})
    assert min(b / a - 1 for a, b in zip(values, values[1:])) > 1e-10


def test_what_the_library_refuses_is_recorded_with_its_words(tmp_path):
    X = numbers()
    proof = golden(treehouse.save(LinearRegression().fit(X, X[:, 0]), X, tmp_path / "1"))
    errors = {error["error"] for error in proof["errors"]}
    assert "ValueError: Input X contains NaN." in errors
    assert not any(None in row for row in proof["rows"])


def test_missing_is_what_the_column_has(tmp_path):
    X = frame()
    X["ocean"] = X["ocean"].astype(object)
    X.loc[:20, "ocean"] = None
    proof = golden(treehouse.save(hot(LinearRegression()).fit(X, X.income), X, tmp_path / "1"))
    assert any(row[1] is None for row in proof["rows"])
    X.loc[:20, "ocean"] = np.nan
    proof = golden(treehouse.save(hot(LinearRegression()).fit(X, X.income), X, tmp_path / "2"))
    assert any(row[1] is None for row in proof["rows"])


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    X = numbers()
    one, two, other = (treehouse.save(tree(), X, tmp_path / n, name="m", seed=s) for n, s in [("1", 5), ("2", 5), ("3", 6)])
    assert all((one / f.name).read_bytes() == f.read_bytes() for f in two.iterdir())
    assert (one / "golden.json").read_bytes() != (other / "golden.json").read_bytes()


def test_the_callers_model_is_not_touched(tmp_path):
    X = numbers()
    model = make_pipeline(StandardScaler(), RandomForestRegressor(4, n_jobs=2, random_state=0)).fit(X, X[:, 0])
    before = joblib.hash(model)
    treehouse.save(model, X, tmp_path / "1")
    assert joblib.hash(model) == before
    assert model[-1].n_jobs == 2


def test_one_thread_computes_wherever_the_forest_hides():
    forest = TransformedTargetRegressor(RandomForestRegressor(3, n_jobs=2))
    search = GridSearchCV(make_pipeline(forest), {}, cv=2, n_jobs=2).fit(numbers(), numbers()[:, 0])
    jobs = [part.n_jobs for part in treehouse._parts(search) if getattr(part, "n_jobs", None) is not None]
    assert jobs.count(2) >= 3  # the search, the forest given and the forest fitted


def test_a_version_is_never_overwritten(tmp_path):
    X = numbers()
    directory = treehouse.save(tree(), X, tmp_path / "1")
    before = (directory / "model.yaml").read_bytes()
    with pytest.raises(FileExistsError, match="a version never changes"):
        treehouse.save(tree(), X, directory)
    assert (directory / "model.yaml").read_bytes() == before


def test_a_save_that_fails_leaves_nothing(tmp_path):
    X = numbers()
    model = make_pipeline(FunctionTransformer(lambda x: x), LinearRegression()).fit(X, X[:, 0])
    with pytest.raises(Exception, match="pickle"):
        treehouse.save(model, X, tmp_path / "1")
    with pytest.raises(ValueError, match="y has 3 values for 100 rows"):
        treehouse.save(tree(), X, tmp_path / "2", [1, 2, 3])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros(3), "1 dimensions; expected 2"),
        (np.zeros((0, 3)), "0 rows and 3 columns"),
        (np.array([[1.0, "a", 2.0], [1.0, 3.0, 2.0]], dtype=object), "column 'x1' holds float, str"),
    ],
)
def test_an_X_that_cannot_be_read_is_named(tmp_path, X, message):
    with pytest.raises((ValueError, TypeError), match=message):
        treehouse.save(tree(), X, tmp_path / "1")


def test_what_is_no_model_is_named(tmp_path):
    with pytest.raises(TypeError, match="has neither predict nor transform"):
        treehouse.save({"a": 1}, numbers(), tmp_path / "1")


def test_a_transformer_is_asked_to_transform(tmp_path):
    X = numbers()
    scaler = StandardScaler().fit(X)
    path = treehouse.save(scaler, X, tmp_path / "1", rows=8)
    golden = json.loads((path / "golden.json").read_text())
    assert list(golden["outputs"]) == ["transform"]
    row = [math.nan if v is None else float(v) for v in golden["rows"][0]]
    assert golden["outputs"]["transform"][0] == scaler.transform([row])[0].tolist()
    assert 'task: "transformation"' in (path / "model.yaml").read_text()


def test_dictionaries_are_columns_and_what_is_absent_is_missing(tmp_path):
    X = [{"age": 1.0 + i, "ocean": "near" if i % 2 else "far"} for i in range(20)]
    del X[3]["age"]
    model = make_pipeline(DictVectorizer(), LinearRegression()).fit(X, np.arange(20.0))
    path = treehouse.save(model, X, tmp_path / "1", rows=12)
    golden = json.loads((path / "golden.json").read_text())
    assert golden["features"] == ["age", "ocean"]
    for row, answer in zip(golden["rows"], golden["outputs"]["predict"]):
        known = {k: v for k, v in zip(golden["features"], row) if v is not None}
        assert answer == pytest.approx(model.predict([{k: float(v) if k == "age" else v for k, v in known.items()}])[0])


def test_several_labels_a_row_are_lists(tmp_path):
    X = numbers()
    Y = np.c_[np.where(X[:, 0] > 0, "yes", "no"), np.where(X[:, 1] > 0, "red", "blue")].astype(object)
    model = DecisionTreeClassifier(max_depth=2).fit(X, Y)
    path = treehouse.save(model, X, tmp_path / "1", Y, rows=8)
    outputs = json.loads((path / "golden.json").read_text())["outputs"]
    assert len(outputs["predict"][0]) == 2 and set(outputs["predict"][0]) <= {"yes", "no", "red", "blue"}
    assert all(len(row) == 4 and sum(row) == pytest.approx(2) for row in outputs["predict_proba"])
    assert "accuracy:" in (path / "model.yaml").read_text()


def test_a_bool_and_a_category_reach_lightgbm(tmp_path):
    X = frame().astype({"ocean": "category"})
    model = lightgbm.LGBMRegressor(n_estimators=3, verbose=-1).fit(X, X.income)
    directory = treehouse.save(model, X, tmp_path / "1", format="txt")
    proof = golden(directory)
    assert (directory / "model.txt").read_text().startswith("tree")
    assert {"INLAND", "no such category", None} <= {row[1] for row in proof["rows"]}
    assert '{"name": "ocean", "type": "string", "categories": ["INLAND", "ISLAND"]}' in (directory / "model.yaml").read_text()


@pytest.mark.parametrize(
    ("format", "file", "start"),
    [
        ("ubj", "model.ubj", b"{L"),
        ("json", "model.json", b'{"'),
        ("joblib", "model.joblib", b"\x80"),
        ("pickle", "model.pkl", b"\x80"),
        ("skops", "model.skops", b"PK\x03\x04"),
    ],
)
def test_formats_of_xgboost(tmp_path, format, file, start):
    X = numbers()
    model = xgboost.XGBClassifier(n_estimators=2).fit(X, X[:, 0] > 0)
    directory = treehouse.save(model, X, tmp_path / "1", format=format)
    assert (directory / file).read_bytes().startswith(start)
    assert sorted(golden(directory)["outputs"]) == ["decision_function", "predict", "predict_proba"]


@pytest.mark.parametrize(
    ("values", "version", "works"),
    [
        ([3, 7, 3], (3, 0), False),  # a caller's 3 would be taken for the place 3
        ([1, 2, 1], (1, 7), False),
        ([0, 1, 0], (3, 0), True),
        (["a", "b", "a"], (3, 0), True),  # a caller's text is refused
        ([3, 7, 3], (3, 1), True),
    ],
)
def test_categories_of_which_xgboost_keeps_only_the_places_are_refused(values, version, works):
    def column():
        return treehouse._Column("rooms", pd.Series(values, dtype="category"), version, False, False, [])

    if works:
        assert column().kind == ("string" if values[0] == "a" and version >= (3, 1) else "number")
        return
    with pytest.raises(ValueError, match="column 'rooms' has categories that are not 0, 1, 2"):
        column()


@pytest.mark.parametrize("format", [None, "cbm", "json"])
def test_categories_of_catboost_are_texts(tmp_path, format):
    X = frame().assign(code=np.arange(100) % 7)
    model = catboost.CatBoostClassifier(iterations=3, verbose=0, cat_features=["ocean", "code"], allow_writing_files=False)
    directory = treehouse.save(model.fit(X, X.income > 0), X, tmp_path / "1", format=format)
    golden = json.loads((directory / "golden.json").read_text())
    assert {row[3] for row in golden["rows"]} >= {"0", "6", "no such category"}
    assert set(golden["outputs"]) == {"predict", "predict_proba", "decision_function"}
    assert {bool(label) for label in golden["outputs"]["predict"]} == {True, False}
    assert "None" in str([error["row"] for error in golden["errors"]])  # a category may not be missing


def test_a_bool_is_one_or_zero_to_catboost(tmp_path):
    X = frame().assign(new=np.arange(100) % 3 == 0)
    model = catboost.CatBoostClassifier(iterations=3, verbose=0, cat_features=["ocean", "new"], allow_writing_files=False)
    proof = golden(treehouse.save(model.fit(X, X.new), X, tmp_path / "1"))
    assert {row[3] for row in proof["rows"]} >= {"0", "1"}
    known = {row[3]: label for row, label in zip(proof["rows"], proof["outputs"]["predict"])}
    assert known["1"] and not known["0"]


def test_a_format_of_another_library_is_refused(tmp_path):
    with pytest.raises(TypeError, match="format 'ubj' is for models of xgboost, not sklearn.tree"):
        treehouse.save(tree(), numbers(), tmp_path / "1", format="ubj")


@pytest.mark.parametrize("x", [0.0, 1.0, -1.0, 5e-324, -5e-324, 1e308, -2.5])
def test_keys_order_doubles_and_count_them(x):
    assert treehouse._unkey(treehouse._key(x)) == x
    assert treehouse._unkey(treehouse._key(x) + 1) == np.nextafter(x, math.inf)
    assert treehouse._unkey(treehouse._key(x) - 1) == np.nextafter(x, -math.inf)


def test_yaml_quotes_what_is_not_a_number():
    text = treehouse._yaml({"a": "yes: #no\n\u2028", "b": [1, 2.5, "3"], "c": {"d": 1e-07, "e": math.nan}, "f": [], "g": True})
    assert text.splitlines() == [
        'a: "yes: #no\\n\\U00002028"', "b:", "  - 1", "  - 2.5", '  - "3"', "c:", "  d: 1.0e-07", "  e: .nan", "f: []", "g: true",
    ]  # fmt: skip


def reference(directory):
    """The reference of model.yaml, whose deeper levels are JSON."""
    lines = (directory / "model.yaml").read_text(encoding="utf-8").split("reference:\n")[1].splitlines()
    found = {"features": [json.loads(line.strip()[2:]) for line in lines if line.startswith("    - ")]}
    for line in lines:
        key, _, value = line.strip().partition(": ")
        if not line.startswith("    ") and value:
            found[key] = json.loads(value)
    return found


def test_the_reference_says_how_X_and_the_predictions_are_distributed(tmp_path):
    X = frame(1000)
    X.loc[:99, "income"] = np.nan
    model = hot(lightgbm.LGBMRegressor(n_estimators=3, verbose=-1)).fit(X, np.arange(1000.0))
    found = reference(treehouse.save(model, X, tmp_path / "1"))
    assert (found["format"], found["rows"], found["window"], found["falseAlarms"]) == ("treehouse.dev/reference/v1", 1000, 1000, 0.001)
    income, ocean, garden = found["features"]
    assert (income["name"], len(income["edges"])) == ("income", 9) and income["missing"] == pytest.approx(0.1)
    assert np.allclose(income["shares"], 0.1) and income["min"] == X.income.min() and income["max"] == X.income.max()
    share = (X.ocean == "INLAND").mean()
    assert dict(zip(ocean["categories"], ocean["shares"])) == pytest.approx({"INLAND": share, "ISLAND": 1 - share})
    assert len(ocean["shares"]) == 3 and ocean["shares"][2] == 0  # all others
    assert garden["edges"] == [0.0] and garden["shares"] == pytest.approx([1 - X.garden.mean(), X.garden.mean()])
    prediction = found["prediction"]
    values = np.histogram(model.predict(X), bins=[-np.inf, *np.nextafter(prediction["edges"], np.inf), np.inf])[0]
    assert prediction["shares"] == pytest.approx(values / 1000)


def test_the_reference_of_a_classifier_has_a_bin_a_class(tmp_path):
    X = numbers(400)
    y = np.where(X[:, 0] > 1, "rare", "common")
    model = RandomForestClassifier(5, random_state=0).fit(X, y)
    prediction = reference(treehouse.save(model, X, tmp_path / "1"))["prediction"]
    assert prediction["classes"] == ["common", "rare"]
    assert prediction["shares"] == pytest.approx([(model.predict(X) == c).mean() for c in ("common", "rare")])
    many = np.arange(400) % 30
    model = RandomForestClassifier(5, random_state=0).fit(X, many)
    prediction = reference(treehouse.save(model, X, tmp_path / "2"))["prediction"]
    assert (len(prediction["classes"]), len(prediction["shares"])) == (19, 20) and sum(prediction["shares"]) == pytest.approx(1)
    model = RandomForestRegressor(5, random_state=0).fit(X, X[:, :2])
    assert "prediction" not in reference(treehouse.save(model, X, tmp_path / "3"))  # two numbers a row


@pytest.mark.parametrize(
    "values, edges, shares",
    [
        ([1.0] * 5, [], [1]),
        ([0.0] * 3 + [1.0] * 97, [0.0], [0.03, 0.97]),
        ([0.0] * 97 + [1.0] * 3, [0.0], [0.97, 0.03]),
        ([1.0, 2.0, 3.0] * 10, [1.0, 2.0], [1 / 3] * 3),
        (list(range(100)), [9, 19, 29, 39, 49, 59, 69, 79, 89], [0.1] * 10),
        ([], [], []),
    ],
)
def test_quantile_bins(values, edges, shares):
    found = treehouse._quantiles(np.array(values, dtype=np.float64))
    assert found["edges"] == edges
    assert np.allclose(np.array(found["counts"]) / max(1, len(values)), shares)


def test_rare_and_long_categories_share_a_bin():
    found = treehouse._categories([c for i in range(12) for c in [f"c{i:02}"] * (12 - i)] + ["x" * 129] * 50)
    assert found["categories"] == [f"c{i:02}" for i in range(9)]
    assert found["counts"] == [*range(12, 3, -1), 3 + 2 + 1 + 50]


def test_distances_are_scipys():
    spatial, stats = pytest.importorskip("scipy.spatial"), pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    for bins in (1, 2, 5, 20):
        p, q = rng.dirichlet(np.ones(bins) * 0.5, 50), rng.dirichlet(np.ones(bins) * 0.5, 50)
        floored = np.maximum(p, 1e-4), np.maximum(q, 1e-4)
        psi, js = treehouse._distances(p, q)
        assert psi == pytest.approx(stats.entropy(*floored, axis=1) + stats.entropy(*floored[::-1], axis=1), abs=1e-12)
        assert js == pytest.approx(spatial.distance.jensenshannon(*floored, base=2, axis=1), abs=1e-7)


def test_thresholds_give_the_false_alarms_that_they_promise():
    """Windows of the population that X is of, each against its own X: 1 in 1,000 is an alarm."""
    rng = np.random.default_rng(1)
    alarms = np.zeros(2)
    thresholds = treehouse._Thresholds(0)
    for _ in range(300):
        found = treehouse._quantiles(rng.normal(size=3000))
        edges = np.array(found["edges"])
        found = thresholds.add(found)
        bins = np.searchsorted(edges, rng.normal(size=(100, treehouse.WINDOW)))
        shares = np.array([np.bincount(row, minlength=10) for row in bins]) / treehouse.WINDOW
        psi, js = treehouse._distances(shares, np.array(found["shares"]))
        alarms += (psi > found["psi"]).sum(), (js > found["js"]).sum()
    # 30 are expected of 30,000 windows. Those of one X depend on each other, so they vary more.
    assert (alarms > 5).all() and (alarms < 75).all(), alarms


def test_a_row_that_the_library_refuses_has_no_prediction(tmp_path):
    X = numbers(50)
    model = LinearRegression().fit(X, X[:, 0])
    with_gap = X.copy()
    with_gap[3, 1] = np.nan
    found = reference(treehouse.save(model, with_gap, tmp_path / "1"))
    assert sum(found["prediction"]["shares"]) == pytest.approx(1) and found["features"][1]["missing"] == pytest.approx(0.02)
    with pytest.raises(ValueError, match="the model refuses a row of X"):
        treehouse.save(model, with_gap, tmp_path / "2", X[:, 0])


def test_a_date_that_the_model_does_not_read_is_left_out(tmp_path):
    X = frame().assign(day=pd.date_range("2026-01-01", periods=100))
    prepare = ColumnTransformer([("numbers", StandardScaler(), ["income"])])
    model = make_pipeline(prepare, DecisionTreeRegressor(max_depth=3)).fit(X, X.income)
    proof = golden(treehouse.save(model, X, tmp_path / "1", X.income))
    assert proof["features"] == ["income", "ocean", "garden", "day"] and {row[3] for row in proof["rows"]} == {None}
    reads = ColumnTransformer([("day", OneHotEncoder(handle_unknown="ignore"), ["day"])])
    model = make_pipeline(reads, DecisionTreeRegressor(max_depth=3)).fit(X, X.income)
    with pytest.raises(TypeError, match="column 'day' holds Timestamp; expected numbers or strings"):
        treehouse.save(model, X, tmp_path / "2")


def test_columns_without_names_get_those_of_X(tmp_path):
    X = pd.DataFrame(numbers())  # its columns are 0, 1, …, which scikit-learn does not keep
    model = DecisionTreeRegressor(max_depth=3).fit(X, X[0])
    assert golden(treehouse.save(model, X, tmp_path / "1"))["features"] == [str(c) for c in X.columns]
    assert golden(treehouse.save(model, X.to_numpy(), tmp_path / "2"))["features"][0] == "x0"
    texts = pd.Series(["good car", "bad car", "good"], name="review text")
    model = make_pipeline(CountVectorizer(), DecisionTreeRegressor()).fit(texts, [1, 0, 1])
    assert golden(treehouse.save(model, texts, tmp_path / "3"))["features"] == ["review text"]


def test_a_regressor_of_a_transformed_target_knows_the_names(tmp_path):
    X = frame().assign(code=np.arange(100) % 3)
    model = TransformedTargetRegressor(
        catboost.CatBoostRegressor(iterations=3, verbose=0, allow_writing_files=False), func=np.log1p, inverse_func=np.expm1
    ).fit(X, X.income**2, cat_features=["ocean", "code"])
    proof = golden(treehouse.save(model, X, tmp_path / "1"))
    assert proof["features"] == list(X.columns) and {row[3] for row in proof["rows"]} >= {"0", "1", "2"}


def test_a_missing_text_is_what_it_was_in_training(tmp_path):
    X = frame().assign(state=pd.Series(["good", "bad", None, "new"] * 25, dtype=object))
    model = hot(DecisionTreeRegressor(), "state").fit(X[["income", "state"]], X.income)
    full = X[["income", "state"]].dropna()  # these rows do not say it
    proof = golden(treehouse.save(model, full, tmp_path / "1"))
    assert any(row[1] is None for row in proof["rows"]) and not any(error["row"][1] is None for error in proof["errors"])
