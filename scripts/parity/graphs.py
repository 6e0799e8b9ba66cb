"""Random ONNX graphs: what skl2onnx, onnxmltools and CatBoost make of random models, and graphs by hand (operators.py)."""

from __future__ import annotations

import tempfile

import numpy as np
import onnx
import onnxmltools
import onnxruntime
import xgboost as xgb
from onnx import helper
from onnxmltools.convert.common.data_types import FloatTensorType as Floats
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn import ensemble as en
from sklearn import linear_model as li
from sklearn import neural_network as nn
from sklearn import preprocessing as pr
from sklearn import svm
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import models as mo
import operators
from families import calm

# skl2onnx lists bools where newer versions of onnx want integers.
_make_attribute = helper.make_attribute


def _attribute(key, value, *rest, **options):
    if isinstance(value, list) and any(isinstance(x, (bool, np.bool_)) for x in value):
        value = [int(x) for x in value]
    return _make_attribute(key, value, *rest, **options)


helper.make_attribute = _attribute

#: Which of the models below becomes which operator.
BECOMES = {
    "LinearClassifier": "logistic", "LinearRegressor": "linear", "SVMClassifier": "vectors", "SVMRegressor": "vectors",
    "TreeEnsembleClassifier": "trees", "TreeEnsembleRegressor": "trees", "ZipMap": "logistic", "Cast": "logistic",
}  # fmt: skip


def estimator(rng, kind, classifier):
    """A model that a converter knows."""
    state = {"random_state": mo.seed(rng)}
    depth = int(rng.integers(1, 6))
    few = {"n_estimators": int(rng.integers(1, 12)), **state}
    if kind == "trees":
        return mo.one(rng, [DecisionTreeClassifier(max_depth=depth, **state), en.RandomForestClassifier(max_depth=depth, **few), en.ExtraTreesClassifier(max_depth=depth, **few), en.GradientBoostingClassifier(max_depth=depth, **few)] if classifier else
                      [DecisionTreeRegressor(max_depth=depth, **state), en.RandomForestRegressor(max_depth=depth, **few), en.ExtraTreesRegressor(max_depth=depth, **few), en.GradientBoostingRegressor(max_depth=depth, **few)])  # fmt: skip
    if kind == "vectors":
        options = {"kernel": mo.one(rng, ["linear", "poly", "rbf", "sigmoid"]), "gamma": mo.one(rng, ["scale", "auto", 0.3]), "degree": int(rng.integers(1, 4))}
        return svm.SVC(**options) if classifier else svm.SVR(**options)
    if kind == "layers":
        options = {"hidden_layer_sizes": tuple(int(n) for n in rng.integers(1, 9, rng.integers(1, 4))), "activation": mo.one(rng, ["relu", "tanh", "logistic", "identity"]), "max_iter": 30}
        return (nn.MLPClassifier if classifier else nn.MLPRegressor)(**options, **state)
    if kind == "committee":
        return mo.one(rng, [en.BaggingClassifier(**few), CalibratedClassifierCV(li.LogisticRegression(), cv=2), GaussianNB(), en.VotingClassifier([("a", li.LogisticRegression()), ("b", DecisionTreeClassifier(max_depth=3))], voting="soft", flatten_transform=False)] if classifier else
                      [en.BaggingRegressor(**few), en.VotingRegressor([("a", li.Ridge()), ("b", DecisionTreeRegressor(max_depth=3))]), KMeans(3, n_init=1, **state)])  # fmt: skip
    if classifier:
        return li.LogisticRegression(C=10.0 ** rng.integers(-2, 3), max_iter=300, fit_intercept=mo.chance(rng, 0.8))
    return mo.one(rng, [li.LinearRegression(), li.Ridge(), li.Lasso(0.01), li.ElasticNet(0.01)])


def steps(rng):
    """What goes before it, if anything. What makes jumps stands before what only trees follow, nowhere else."""
    some = [pr.StandardScaler(), pr.MinMaxScaler(), pr.MaxAbsScaler(), pr.RobustScaler(), pr.Normalizer(mo.one(rng, ["l1", "l2", "max"])), pr.PolynomialFeatures(2), PCA(1)]
    return [some[k] for k in rng.permutation(len(some))[: rng.integers(0, 3)]]


def converted(rng, want):
    """By skl2onnx: one input of numbers."""
    kind = BECOMES.get(want) or mo.one(rng, ["trees", "vectors", "layers", "committee", "linear"])
    classifier = kind == "logistic" or want.endswith("Classifier") or (not want.endswith("Regressor") and kind != "linear" and mo.chance(rng, 0.5))
    X = calm(rng)
    y = mo.labels(rng, X) if classifier else mo.target(rng, X)
    y = y if classifier else y / np.abs(y).max()
    before = [] if kind in ("trees", "committee") else steps(rng)
    model = make_pipeline(*before, estimator(rng, kind, classifier)).fit(X, y)
    options = {id(model): {"zipmap": False}} if classifier and want != "ZipMap" and mo.chance(rng, 0.5) else None
    return convert_sklearn(model, initial_types=[("X", FloatTensorType([None, X.shape[1]]))], options=options), X, str(model)


def columns(rng, want):
    """By skl2onnx, one input a column: numbers with gaps, integers and strings."""
    frame = mo.mixed(rng)
    if "b0" in frame:
        frame = frame.drop(columns="b0")
    strings = [c for c in frame.columns if c[0] == "s"]
    frame[strings] = frame[strings].fillna("?")
    numeric = [c for c in frame.columns if c[0] == "n"]
    frame[numeric] = frame[numeric].clip(-1e6, 1e6)
    rest = [c for c in frame.columns if c[0] == "i"]
    classifier = mo.chance(rng, 0.5)
    y = mo.labels(rng, frame) if classifier else mo.target(rng, frame)
    y = y if classifier else y / np.abs(y).max()
    hot = pr.OneHotEncoder(handle_unknown="ignore", **{mo.SPARSE: False})
    if mo.chance(rng, 0.3):
        hot = pr.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    line = mo.chance(rng, 0.5)
    scale = [pr.StandardScaler()] if line else []  # a tree's threshold would see its last bit
    parts = [("n", make_pipeline(SimpleImputer(strategy=mo.one(rng, ["mean", "median"])), *scale), numeric), ("s", hot, strings)]
    parts += [("i", "passthrough", rest)] if rest else []
    last = estimator(rng, "logistic" if line and classifier else "linear" if line else "trees", classifier)
    model = make_pipeline(ColumnTransformer(parts), last).fit(frame, y)
    kinds = {"i": Int64TensorType, "f": FloatTensorType, "O": StringTensorType}
    types = [(c, kinds["O" if c[0] == "s" else frame[c].dtype.kind]([None, 1])) for c in frame.columns]
    return convert_sklearn(model, initial_types=types), frame.astype({c: object for c in strings}), str(model)


def boosted(rng, want):
    """By onnxmltools, and by CatBoost itself."""
    X = np.clip(np.asarray(mo.numbers(rng)), -1e6, 1e6)[:, :12]
    classifier = mo.chance(rng, 0.5)
    y = mo.codes(mo.labels(rng, X)) if classifier else mo.target(rng, X)
    rounds, depth = int(rng.integers(1, 12)), int(rng.integers(1, 6))
    types = [("input", Floats([None, X.shape[1]]))]
    library = mo.one(rng, ["xgboost", "lightgbm", *(["catboost"] if mo.cb else [])])
    if library == "xgboost":
        cls = xgb.XGBClassifier if classifier else xgb.XGBRegressor
        model = cls(n_estimators=rounds, max_depth=depth, random_state=mo.seed(rng)).fit(X, y)
        return onnxmltools.convert_xgboost(model, initial_types=types), X, str(model)
    if library == "lightgbm":
        cls = mo.lgb.LGBMClassifier if classifier else mo.lgb.LGBMRegressor
        model = cls(n_estimators=rounds, max_depth=depth, min_child_samples=5, verbose=-1).fit(X, y)
        return onnxmltools.convert_lightgbm(model, initial_types=types), X, str(model)
    cls = mo.cb.CatBoostClassifier if classifier else mo.cb.CatBoostRegressor
    model = cls(iterations=rounds, depth=depth, verbose=0, allow_writing_files=False, thread_count=1, random_seed=mo.seed(rng)).fit(X, y)
    with tempfile.TemporaryDirectory() as folder:
        model.save_model(folder + "/m", format="onnx")
        return onnx.load(folder + "/m"), X, f"CatBoost {model.get_params()}"


def graph(rng):
    """Any of these, or one that has the operator that is wanted."""
    want = mo.WANTED.removeprefix("onnx_")
    name = want.removeprefix("ai.onnx.ml.")
    by_hand = operators.RUNTIME >= operators.EXACT
    if want == "ai.onnx.ml.TreeEnsemble" or not want and by_hand and mo.chance(rng, 0.1):
        made, X = operators.ensemble(rng)
        what = "by hand"
    elif want == "ai.onnx.ml.DictVectorizer" or not want and by_hand and mo.chance(rng, 0.05):
        made, X = operators.dictionary(rng)
        what = "by hand"
    elif want in operators.STEPS or name == "CategoryMapper" or not want and by_hand and mo.chance(rng, 0.35):
        made, X = operators.graph(rng, want)
        what = "by hand"
    else:
        makers = [converted] if name in BECOMES else [converted, columns, boosted]
        made, X, what = mo.one(rng, makers)(rng, name)
    try:
        onnxruntime.InferenceSession(made.SerializeToString(), quiet(), providers=["CPUExecutionProvider"])
    except Exception as error:  # each of its errors is of a class of its own
        raise mo.Useless(str(error)[:200]) from error
    return mo.Choice(made, X, " ".join(what.split())[:400], "ONNX graphs", {"format": "onnx"})


def quiet():
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return options


ALL = [graph] * 6
