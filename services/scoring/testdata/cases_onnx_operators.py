"""ONNX graphs by hand, of the operators that no converter writes for small models."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from data import numbers

FLOAT, DOUBLE, INT, STRING = TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64, TensorProto.STRING
ML = "ai.onnx.ml"


class Sketch:
    """A graph as it grows: each call adds a node and returns its output."""

    def __init__(self, opset=13, elem=FLOAT, width=4, ml=2):
        self.elem, self.opset, self.ml = elem, opset, ml
        self.nodes, self.constants = [], []
        self.inputs = [helper.make_tensor_value_info("X", elem, [None, width])]

    def __call__(self, op, *inputs, outputs=1, domain="", **attributes):
        inputs = [i if isinstance(i, str) else self.constant(i) for i in inputs]
        names = [f"t{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, inputs, names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value):
        """Integers as they are, other numbers as the graph's."""
        array = np.asarray(value)
        if array.dtype.kind == "f":
            array = array.astype(np.float32 if self.elem == FLOAT else np.float64)
        self.constants.append(numpy_helper.from_array(array, f"c{len(self.constants)}"))
        return self.constants[-1].name

    def model(self, last, width):
        described = [helper.make_tensor_value_info(last, self.elem, [None, width])]
        graph = helper.make_graph(self.nodes, "g", self.inputs, described, self.constants)
        opsets = [helper.make_opsetid("", self.opset), helper.make_opsetid(ML, self.ml)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def operators(v):
    X = numbers(60, 4)
    gaps = numbers(60, 4, missing=0.15)

    g = Sketch()
    low = g("Less", "X", [[0.1, 0.2, -0.3, 0.0]])
    high = g("GreaterOrEqual", "X", [0.5])
    other = g("Greater", "X", g("Neg", "X"))
    most = g("LessOrEqual", "X", [1.0, 0.3, 0.5, 0.2])
    truth = g("Xor", g("Or", low, high), g("And", other, g("Not", most)))
    yield "operators-logic", g.model(g("Where", truth, "X", [-0.0]), 4), X

    g = Sketch()
    whole = g("Add", g("Ceil", "X"), g("Mul", g("Floor", "X"), [0.1]))
    yield "operators-whole", g.model(g("Sub", whole, g("Round", g("Mul", "X", [2.5]))), 4), X

    g = Sketch()
    known = g("Where", g("IsNaN", "X"), [0.25], "X")
    bounded = g("Max", g("Min", known, [1.5, 1.0, 0.5, 2.0], [1.2]), [-1.0])
    yield "operators-bounds", g.model(g("Clip", g("Reciprocal", bounded), -8.0, 9.0), 4), gaps

    g = Sketch()
    sides = [g("Clip", "X", 0.5), g("Clip", "X", "", 0.5), g("Clip", "X")]
    yield "operators-clip-one-side", g.model(g("Concat", *sides, axis=1), 12), X

    for opset in (13, 18):
        g = Sketch(opset)
        axes = dict(axes=[1]) if opset < 18 else {}
        along = [] if axes else [np.array([1])]
        columns = [g(f"Reduce{op}", "X", *along, **axes) for op in ("L1", "L2", "Max", "Min", "Prod", "SumSquare")]
        yield f"operators-reduce-{opset}", g.model(g("Concat", *columns, axis=1), 6), X

    g = Sketch(18)
    halves = g("Split", "X", outputs=2, axis=1, num_outputs=2)
    deep = g("Unsqueeze", halves[0], np.array([1]))
    flat = g("Squeeze", g("Transpose", deep, perm=[0, 2, 1]), np.array([2]))
    node = g("Constant", value=numpy_helper.from_array(np.array([[0.5, -0.25]], np.float32)))
    turned = g("Transpose", g("Gather", g("Transpose", halves[1]), np.array([1, 0]), axis=0))
    yield "operators-shape", g.model(g("Concat", g("Mul", flat, node), turned, axis=1), 4), X

    g = Sketch()
    yield "operators-normalizer-gaps", g.model(g("Normalizer", "X", domain=ML, norm="MAX"), 4), gaps

    g = Sketch()
    vector = g("FeatureVectorizer", "X", g("Neg", "X"), domain=ML, inputdimensions=[4, 4])
    yield "operators-vectorizer", g.model(vector, 8), X

    import pandas as pd

    rng = np.random.default_rng(0)
    words = ["good", "bad", "new", "zürich"]
    frame = pd.DataFrame({c: pd.Series(rng.choice(words, 40), dtype=object) for c in ("a", "b")})
    g = Sketch()
    g.inputs = [helper.make_tensor_value_info(c, STRING, [None, 1]) for c in frame]
    mapping = dict(cats_strings=words[:3], cats_int64s=[7, 0, 3], default_int64=-1)
    columns = [g("Cast", g("CategoryMapper", c, domain=ML, **mapping), to=FLOAT) for c in frame]
    yield "operators-mapper", g.model(g("Concat", *columns, axis=1), 2), frame

    if v >= (1, 32):  # before, it was NaN beside an infinity, and another number
        g = Sketch(18)
        yield "operators-log-sum-exp", g.model(g("ReduceLogSumExp", "X", np.array([1])), 1), X

        tiny = numbers(60, 2) * 2.0**-1074 * 1000
        g = Sketch(elem=DOUBLE, width=2)
        yield "operators-log-tiny", g.model(g("Log", g("Abs", "X")), 2), tiny
