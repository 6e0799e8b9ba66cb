"""More ONNX cases: what becomes a graph of several operators, pipelines, and boosters."""

import tempfile

import numpy as np
import onnx
from skl2onnx import convert_sklearn, to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    BaggingRegressor,
    GradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor, Ridge, RidgeClassifier, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC, SVR, LinearSVC, OneClassSVM
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from data import classes, houses, numbers, price, target


def convert(model, X, y, output="map"):
    model.fit(X, y)
    # Scores as a tensor, or as a sequence of maps.
    return to_onnx(model, X[:1].astype(np.float32), options={id(model): {"zipmap": False}} if output == "tensor" else None)


def estimators(v):
    """Estimators that become graphs of several operators."""
    X = numbers()
    y, two, three = target(X), classes(X, [0, 1]), classes(X, ["high", "low", "middle"])
    few = dict(n_estimators=3, random_state=0)
    tree = DecisionTreeRegressor(max_depth=3)
    yield "poisson", lambda: convert(PoissonRegressor(), X, np.exp(y / 4)), X
    yield "mlp-regressor", lambda: convert(MLPRegressor(hidden_layer_sizes=(8, 4), max_iter=50, random_state=0), X, y), X
    for activation in ("relu", "tanh", "logistic", "identity"):
        mlp = MLPClassifier(hidden_layer_sizes=(6,), activation=activation, max_iter=50, random_state=0)
        yield f"mlp-{activation}", lambda mlp=mlp: convert(mlp, X, three, "tensor"), X
    yield "mlp-two", lambda: convert(MLPClassifier(hidden_layer_sizes=(6,), max_iter=50, random_state=0), X, two), X
    yield "sgd", lambda: convert(SGDClassifier(random_state=0, loss="log_loss"), X, two, "tensor"), X
    yield "sgd-three", lambda: convert(SGDClassifier(random_state=0), X, three), X
    yield "ridge-classifier", lambda: convert(RidgeClassifier(), X, two, "tensor"), X
    yield "linear-svc", lambda: convert(LinearSVC(random_state=0), X, three), X
    yield "bagging", lambda: convert(BaggingClassifier(**few), X, three), X
    yield "bagging-regressor", lambda: convert(BaggingRegressor(**few), X, y), X
    yield "voting-regressor", lambda: convert(VotingRegressor([("a", LinearRegression()), ("b", tree)]), X, y), X
    pair = [("a", LogisticRegression()), ("b", DecisionTreeClassifier(max_depth=3))]
    yield "voting", lambda: convert(VotingClassifier(pair, voting="soft", flatten_transform=False), X, three, "tensor"), X
    yield "stacking-regressor", lambda: convert(StackingRegressor([("a", Ridge()), ("b", tree)], LinearRegression(), cv=2), X, y), X
    yield "stacking", lambda: convert(StackingClassifier(pair, LogisticRegression(), cv=2), X, three), X
    yield "calibrated", lambda: convert(CalibratedClassifierCV(LogisticRegression(), cv=2), X, three, "tensor"), X
    yield "ada-boost", lambda: convert(AdaBoostClassifier(DecisionTreeClassifier(max_depth=2), **few), X, three), X
    yield "naive-bayes", lambda: convert(GaussianNB(), X, three, "tensor"), X
    yield "discriminant", lambda: convert(LinearDiscriminantAnalysis(), X, three, "tensor"), X
    yield "k-means", lambda: convert(KMeans(3, n_init=1, random_state=0), X, None), X
    yield "one-vs-rest", lambda: convert(OneVsRestClassifier(LogisticRegression()), X, three, "tensor"), X


def vectors(v):
    """Support vector machines."""
    X = numbers(60, 4)
    y, two, three = target(X), classes(X, [0, 1]), classes(X, ["high", "low", "middle"])
    for kernel in ("linear", "rbf", "poly", "sigmoid"):
        yield f"svr-{kernel}", lambda k=kernel: convert(SVR(kernel=k), X, y), X
        yield f"svc-{kernel}", lambda k=kernel: convert(SVC(kernel=k), X, two, "tensor"), X
    yield "svc-three", lambda: convert(SVC(), X, three, "tensor"), X
    yield "svc-probability", lambda: convert(SVC(probability=True, random_state=0), X, two), X
    yield "svc-probability-three", lambda: convert(SVC(probability=True, random_state=0), X, three), X
    yield "svm-one-class", lambda: convert(OneClassSVM(), X, None), X


def transformers(v):
    X = numbers()
    for name, model in (
        ("standard", StandardScaler()), ("min-max", MinMaxScaler()), ("max-abs", MaxAbsScaler()), ("robust", RobustScaler()),
        ("normalizer-l1", Normalizer("l1")), ("normalizer-l2", Normalizer("l2")), ("normalizer-max", Normalizer("max")),
        ("binarizer", Binarizer(threshold=0.3)), ("polynomial", PolynomialFeatures(2)), ("pca", PCA(2)),
        ("bins", KBinsDiscretizer(3, encode="ordinal")), ("bins-one-hot", KBinsDiscretizer(3, encode="onehot-dense")),
        ("power", PowerTransformer()),
    ):  # fmt: skip
        yield f"transform-{name}", lambda model=model: convert(model, X, None), X
    gaps = numbers(missing=0.1)
    yield "transform-imputer", lambda: convert(SimpleImputer(strategy="median"), gaps, None), gaps


def pipelines(v):
    """One input a column, as skl2onnx wants it for a DataFrame."""
    frame = houses().drop(columns="garden")
    y = price(frame)
    numeric, textual = ["income", "age"], ["ocean", "state"]
    impute = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    usual = ColumnTransformer([("n", impute, numeric), ("c", one_hot, textual), ("r", "passthrough", ["rooms"])])
    kinds = {"i": Int64TensorType, "f": FloatTensorType, "O": StringTensorType}
    types = [(name, kinds[frame[name].dtype.kind]([None, 1])) for name in frame.columns]
    small = dict(n_estimators=4, max_depth=3, random_state=0)

    def graph(model, y):
        model.fit(frame, y)
        return convert_sklearn(model, initial_types=types)

    yield "pipeline-forest", lambda: graph(make_pipeline(usual, RandomForestRegressor(**small)), y), frame
    yield "pipeline-boosting", lambda: graph(make_pipeline(usual, GradientBoostingClassifier(**small)), y > 8), frame
    names = np.where(y > 9, "dear", np.where(y > 7, "fair", "cheap"))
    yield "pipeline-logistic", lambda: graph(make_pipeline(usual, LogisticRegression(max_iter=1000)), names), frame
    yield "pipeline-linear", lambda: graph(make_pipeline(usual, Ridge()), y), frame
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    ordinal = ColumnTransformer([("n", SimpleImputer(), numeric), ("c", codes, textual), ("i", one_hot, ["rooms"])])
    yield "pipeline-ordinal", lambda: graph(make_pipeline(ordinal, RandomForestClassifier(**small)), names), frame
    yield "pipeline-transform", lambda: graph(make_pipeline(usual), y), frame
    strict = ColumnTransformer([("c", OneHotEncoder(sparse_output=False), textual)])
    yield "pipeline-strict", lambda: graph(make_pipeline(strict, LinearRegression()), y), frame


def boosters(v):
    """onnxmltools' XGBoost and LightGBM, and CatBoost's own."""
    import catboost
    import lightgbm
    import onnxmltools
    import xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType as Floats

    X = numbers(missing=0.1)
    y, two, three = target(X), classes(X, [0, 1]), classes(X, [0, 1, 2])
    types = [("input", Floats([None, X.shape[1]]))]
    small = dict(n_estimators=4, max_depth=3)
    xgb, lgb = onnxmltools.convert_xgboost, onnxmltools.convert_lightgbm
    quiet = dict(verbose=-1, min_child_samples=5)
    for name, model, labels, to in (
        ("xgboost", xgboost.XGBRegressor(**small), y, xgb),
        ("xgboost-poisson", xgboost.XGBRegressor(**small, objective="count:poisson"), np.exp(y / 4), xgb),
        ("xgboost-binary", xgboost.XGBClassifier(**small), two, xgb),
        ("xgboost-three", xgboost.XGBClassifier(**small), three, xgb),
        ("xgboost-forest", xgboost.XGBRFRegressor(**small), y, xgb),
        ("lightgbm", lightgbm.LGBMRegressor(**small, **quiet), y, lgb),
        ("lightgbm-poisson", lightgbm.LGBMRegressor(**small, **quiet, objective="poisson"), np.exp(y / 4), lgb),
        ("lightgbm-binary", lightgbm.LGBMClassifier(**small, **quiet), two, lgb),
        ("lightgbm-three", lightgbm.LGBMClassifier(**small, **quiet), three, lgb),
        ("lightgbm-string", lightgbm.LGBMClassifier(**small, **quiet), np.array(["a", "b", "c"])[three], lgb),
    ):
        yield name, lambda: to(model.fit(X, labels), initial_types=types), X
    cat = dict(iterations=4, depth=3, verbose=0, allow_writing_files=False, thread_count=1, random_seed=0)

    def saved(model, labels):
        model.fit(X, labels)
        with tempfile.TemporaryDirectory() as folder:
            model.save_model(folder + "/m", format="onnx")
            return onnx.load(folder + "/m")

    yield "catboost", lambda: saved(catboost.CatBoostRegressor(**cat), y), X
    yield "catboost-binary", lambda: saved(catboost.CatBoostClassifier(**cat), two), X
    yield "catboost-three", lambda: saved(catboost.CatBoostClassifier(**cat), three), X
    yield "catboost-string", lambda: saved(catboost.CatBoostClassifier(**cat), np.array(["a", "b", "c"])[three]), X
