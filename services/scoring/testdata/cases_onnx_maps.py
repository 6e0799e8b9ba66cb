"""ONNX cases of maps: DictVectorizer before other operators. A missing value is a key that is not there."""

import numpy as np
from onnx import TensorProto, helper
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import DictionaryType, FloatTensorType, StringTensorType


def table(seed=2, n=60):
    """Counts, of which most are missing."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 6, (n, 4)).astype(np.float64)
    X[rng.random(X.shape) < 0.4] = np.nan
    return X


def graph(keys, key):
    """A DictVectorizer whose columns are scaled. Python hands over maps of float32s only."""
    name = "string_vocabulary" if key == TensorProto.STRING else "int64_vocabulary"
    nodes = [helper.make_node("DictVectorizer", ["row"], ["columns"], domain="ai.onnx.ml", **{name: keys})]
    scale = dict(offset=[0.5, 1.0, 0.0, -1.0], scale=[2.0, 0.1, 1.0, 0.3])
    nodes.append(helper.make_node("Scaler", ["columns"], ["scaled"], domain="ai.onnx.ml", **scale))
    kind = helper.make_map_type_proto(key, helper.make_tensor_type_proto(TensorProto.FLOAT, []))
    described = [helper.make_tensor_value_info("scaled", TensorProto.FLOAT, [None, len(keys)])]
    whole = helper.make_graph(nodes, "g", [helper.make_value_info("row", kind)], described)
    return helper.make_model(whole, opset_imports=[helper.make_opsetid("ai.onnx.ml", 1)], ir_version=8)


def maps(v):
    import pandas as pd

    X = table()
    words, numbers = ["rooms", "age", "garden", "pool"], [7, -3, 12, 900]
    named = lambda keys: pd.DataFrame(X, columns=[str(k) for k in keys])  # noqa: E731
    yield "dictionary-float", graph(words, TensorProto.STRING), named(words)
    yield "dictionary-numbered", graph(numbers, TensorProto.INT64), named(numbers)
    if v < (1, 20):
        return
    rows = [{k: x for k, x in zip(words, row) if not np.isnan(x)} for row in X]
    y = np.array([row.get("rooms", 0) + row.get("pool", 1) > 3 for row in rows])
    model = make_pipeline(DictVectorizer(sparse=False), LogisticRegression()).fit(rows, np.where(y, "dear", "cheap"))
    types = [("row", DictionaryType(StringTensorType([1]), FloatTensorType([])))]
    yield "dictionary-pipeline", convert_sklearn(model, initial_types=types), named(model[0].feature_names_)
