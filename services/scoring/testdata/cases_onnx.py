"""The ONNX cases: graphs that skl2onnx, onnxmltools and CatBoost write, and some by hand."""

import numpy as np
import cases_onnx_graphs as graphs
import cases_onnx_layers as networks
import cases_onnx_maps as maps
import cases_onnx_trees as flat
from onnx import TensorProto, helper
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from skl2onnx import to_onnx

from cases_onnx_operators import operators
from data import classes, numbers, target


_make_attribute = helper.make_attribute


def make_attribute(key, value, *rest, **options):
    """skl2onnx lists bools where onnx wants integers."""
    if isinstance(value, list) and any(isinstance(x, (bool, np.bool_)) for x in value):
        value = [int(x) for x in value]
    return _make_attribute(key, value, *rest, **options)


helper.make_attribute = make_attribute


def cases(v):
    """Yields (name, graph, X, options of treehouse.save)."""
    for group in (trees, linear, by_hand, operators):
        for name, graph, X in group(v):
            yield name, graph, X, {"rows": 12} if group == operators else {}
    for name, graph, X in (*flat.ensembles(v), *flat.aggregates(v, nodes, MODES), *flat.doubles(v, nodes, MODES), *maps.maps(v), *networks.layers(v)):
        yield name, graph, X, {"rows": 12}
    if v < (1, 20):
        return  # the newest shows the rest
    for group in (graphs.estimators, graphs.transformers, graphs.pipelines, graphs.boosters, graphs.vectors):
        for name, make, X in group(v):
            try:
                graph = make()
            except Exception as error:
                if name not in UNMADE:
                    raise
                print(f"{name}: {type(error).__name__}: {str(error)[:100]}")
                continue
            yield name, graph, X, {"rows": 12}


#: What converters cannot make in some of the versions.
UNMADE = ()


def plain(graph, model):
    """Scores as a tensor, not as a sequence of maps."""
    return {id(model): {"zipmap": False}} if graph == "tensor" else None


def convert(model, X, y, output="map", **options):
    model.fit(X, y)
    return to_onnx(model, X[:1].astype(options.pop("dtype", np.float32)), options=plain(output, model), **options)


def trees(v):
    X = numbers()
    gaps = numbers(missing=0.1)
    y, two, three = target(X), classes(X, [0, 1]), classes(X, ["high", "low", "middle"])
    pair = np.column_stack([y, -y + X[:, 0]])
    small = dict(n_estimators=4, max_depth=3, random_state=0)
    yield "tree-regressor", convert(DecisionTreeRegressor(max_depth=4), X, y), X
    yield "tree-regressor-two-outputs", convert(DecisionTreeRegressor(max_depth=3), X, pair), X
    yield "tree-classifier-string", convert(DecisionTreeClassifier(max_depth=3), X, three), X
    yield "forest-regressor", convert(RandomForestRegressor(**small), X, y), X
    yield "forest-regressor-two-outputs", convert(RandomForestRegressor(**small), X, pair), X
    yield "extra-trees-regressor", convert(ExtraTreesRegressor(**small), X, y), X
    yield "forest-classifier", convert(RandomForestClassifier(**small), X, two), X
    yield "forest-classifier-tensor", convert(RandomForestClassifier(**small), X, two, "tensor"), X
    yield "forest-classifier-string", convert(RandomForestClassifier(**small), X, three), X
    yield "forest-classifier-bool", convert(RandomForestClassifier(**small), X, two == 1, "tensor"), X
    yield "boosting-regressor", convert(GradientBoostingRegressor(**small), X, y), X
    yield "boosting-classifier", convert(GradientBoostingClassifier(**small), X, two), X
    yield "boosting-classifier-three", convert(GradientBoostingClassifier(**small), X, three, "tensor"), X
    for opset in (9, 13, 17):
        yield f"forest-opset-{opset}", convert(RandomForestClassifier(**small), X, three, target_opset=opset), X
    third = dict(target_opset={"": 17, "ai.onnx.ml": 3})
    yield "forest-ml-3", convert(RandomForestRegressor(**small), X, y, **third), X
    hist = dict(max_iter=4, max_leaf_nodes=6, random_state=0)
    yield "hist-regressor", convert(HistGradientBoostingRegressor(**hist), gaps, y, **third), gaps
    yield "hist-classifier", convert(HistGradientBoostingClassifier(**hist), gaps, two, **third), gaps
    yield "hist-classifier-three", convert(HistGradientBoostingClassifier(**hist), gaps, three, **third), gaps


def linear(v):
    X = numbers()
    y, two, three = target(X), classes(X, [0, 1]), classes(X, ["high", "low", "middle"])
    yield "linear-regression", convert(LinearRegression(), X, y), X
    yield "ridge-two-outputs", convert(Ridge(), X, np.column_stack([y, X[:, 1]])), X
    yield "logistic", convert(LogisticRegression(), X, two), X
    yield "logistic-tensor", convert(LogisticRegression(), X, two, "tensor"), X
    yield "logistic-three", convert(LogisticRegression(), X, three), X
    yield "ridge-classifier-three", convert(RidgeClassifier(), X, three, "tensor"), X


def ensemble(name, opset=1, elem=TensorProto.FLOAT, features=3, **attributes):
    """A graph of one tree operator."""
    classifier = name.endswith("Classifier")
    outputs = ["label", "scores"] if classifier else ["scores"]
    node = helper.make_node(name, ["X"], outputs, domain="ai.onnx.ml", name="trees", **attributes)
    kind = TensorProto.STRING if "classlabels_strings" in attributes else TensorProto.INT64
    described = [helper.make_tensor_value_info("scores", TensorProto.FLOAT if opset < 5 else elem, [None, None])]
    if classifier:
        described.insert(0, helper.make_tensor_value_info("label", kind, [None]))
    graph = helper.make_graph([node], "g", [helper.make_tensor_value_info("X", elem, [None, features])], described)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("ai.onnx.ml", opset)], ir_version=8)


def nodes(kind, modes, weights, missing=True):
    """The attributes of stumps, one a mode, on feature i % 3; weights are [(target, value) …] a leaf."""
    a = {f"nodes_{x}": [] for x in "treeids nodeids featureids truenodeids falsenodeids values modes missing_value_tracks_true".split()}
    w = {f"{kind}_{x}": [] for x in "treeids nodeids ids weights".split()}
    for tree, mode in enumerate(modes):
        for node, (m, value) in enumerate([(mode, [0.25, -0.5, 1.0][tree % 3]), ("LEAF", 0.0), ("LEAF", 0.0)]):
            row = [tree, node, tree % 3, 1 if node == 0 else 0, 2 if node == 0 else 0, value, m, int(missing and tree % 2)]
            for x, item in zip(a.values(), row):
                x.append(item)
        for leaf in (0, 1):
            for t, value in weights[(2 * tree + leaf) % len(weights)]:
                for x, item in zip(w.values(), [tree, leaf + 1, t, value]):
                    x.append(item)
    return {**a, **w}


MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]


def by_hand(v):
    """What no converter writes often, but the operators allow."""
    rng = np.random.default_rng(3)
    X = np.round(rng.normal(size=(80, 3)) * 4) / 4
    X[rng.random(X.shape) < 0.1] = np.nan
    one = [[(0, float(np.float32(x)))] for x in rng.normal(size=12)]
    positive = [[(0, abs(w[0][1]) / 8)] for w in one]
    both = [[(0, -w[0][1]), (1, w[0][1])] for w in one]
    three = [[(k, float(np.float32(x))) for k, x in enumerate(row)] for row in rng.normal(size=(12, 3))]
    for mode in MODES:
        yield f"mode-{mode[7:].lower()}", ensemble("TreeEnsembleRegressor", n_targets=1, **nodes("target", [mode] * 6, one)), X
    yield "mode-mixed", ensemble("TreeEnsembleRegressor", n_targets=1, base_values=[0.1], **nodes("target", MODES, one)), X
    yield "no-missing-tracks", ensemble("TreeEnsembleRegressor", n_targets=1, **nodes("target", MODES, one, False)), X
    yield "average", ensemble("TreeEnsembleRegressor", n_targets=1, aggregate_function="AVERAGE", **nodes("target", MODES, one)), X
    yield "integers", ensemble("TreeEnsembleRegressor", n_targets=3, base_values=[0.1, -0.2, 0.7], **nodes("target", MODES, three)), X
    if v < (1, 20):
        return  # the newest shows the rest; before, LOGISTIC did nothing to one sum of weights that are all positive
    for transform in ("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"):
        t = transform.lower().replace("_", "-")
        post = dict(post_transform=transform)
        yield f"post-three-{t}", ensemble("TreeEnsembleRegressor", n_targets=3, **post, **nodes("target", MODES, three)), X
        labels = dict(classlabels_int64s=[7, -3])
        yield f"post-one-weight-{t}", ensemble("TreeEnsembleClassifier", **labels, **post, **nodes("class", MODES, one)), X
        yield f"post-positive-{t}", ensemble("TreeEnsembleClassifier", **labels, **post, **nodes("class", MODES, positive)), X
        yield f"post-both-{t}", ensemble("TreeEnsembleClassifier", **labels, **post, **nodes("class", MODES, both)), X
        words = dict(classlabels_strings=["a", "b", "c"], base_values=[0.1, 0.2, 0.3])
        yield f"post-words-{t}", ensemble("TreeEnsembleClassifier", **words, **post, **nodes("class", MODES, three)), X
    second = [[(1, w[0][1])] for w in one]
    yield "second-class", ensemble("TreeEnsembleClassifier", classlabels_int64s=[0, 1], **nodes("class", MODES, second)), X
    share = [[(0, abs(float(np.tanh(w[0][1])) / 6) + 0.001)] for w in one]
    probit = dict(post_transform="PROBIT", n_targets=1)
    yield "post-one-probit", ensemble("TreeEnsembleRegressor", **probit, **nodes("target", MODES, share)), X


