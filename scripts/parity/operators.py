"""A random ONNX graph, node by node: for the operators that no converter writes, and for what it never writes with the others."""

from __future__ import annotations

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import models as mo

FLOAT, DOUBLE, INT, BOOL, STRING = TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64, TensorProto.BOOL, TensorProto.STRING
RUNTIME = tuple(int(part) for part in onnxruntime.__version__.split(".")[:2])
EXACT = (1, 32)  # since when the runtime is right about infinities and NaN, of which the square root, Max and others were not
DTYPES = {FLOAT: np.float32, DOUBLE: np.float64, INT: np.int64, BOOL: bool}
ML = "ai.onnx.ml"


class Sketch:
    """A graph as it grows: numbers() at a time, [rows, width] of one type."""

    def __init__(self, rng, opset, want):
        self.rng, self.opset, self.want = rng, opset, want
        self.nodes, self.constants, self.inputs = [], [], []
        self.elem, self.width, self.now = FLOAT, 0, ""

    def add(self, op, *inputs, outputs=1, domain="", **attributes):
        """Adds a node; its outputs' names, or its one output's name."""
        names = [f"t{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, domain=domain, name=f"{op}{len(self.nodes)}", **attributes))
        return names[0] if outputs == 1 else names

    def const(self, value, elem=None):
        """A constant: an initializer, or the node Constant."""
        array = np.asarray(value, DTYPES[self.elem if elem is None else elem])
        name = f"c{len(self.constants)}_{len(self.nodes)}"
        if self.want == "Constant" or mo.chance(self.rng, 0.1):
            return self.add("Constant", value=numpy_helper.from_array(array, name))
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def cast(self, name, to):
        return self.add("Cast", name, to=to)

    def axes(self, op, name, axes, since, **attributes):
        """An operator whose axes became an input in a version."""
        if self.opset >= since:
            return self.add(op, name, self.const(axes, INT), **attributes)
        return self.add(op, name, axes=axes, **attributes)

    def numbers(self, *shape):
        if self.elem == INT:
            return self.rng.integers(-4, 5, shape)
        return np.round(self.rng.normal(size=shape) * 2, int(self.rng.integers(0, 4)))

    def other(self):
        """Numbers to combine the current ones with: themselves in another order, a row, one number."""
        k = self.rng.integers(4)
        if k == 0:
            return self.add("Gather", self.now, self.const(self.rng.permutation(self.width), INT), axis=1)
        return self.const(self.numbers(*[(1, self.width), (self.width,), (1,)][k - 1]))


def unary(op):
    def step(g):
        x = g.now
        if op in ("Log", "Sqrt") and mo.chance(g.rng, 0.5):
            x = g.add("Abs", x)
        g.now = g.add(op, x)
    return step  # fmt: skip


def binary(op):
    def step(g):
        pair = [g.now, g.other()]
        if mo.chance(g.rng, 0.3):
            pair.reverse()
        if op in ("Max", "Mean", "Min", "Sum") and mo.chance(g.rng, 0.4):
            pair.append(g.other())
        if op == "Pow":
            pair = [g.add("Abs", g.now) if mo.chance(g.rng, 0.5) else g.now, g.const(mo.one(g.rng, [2.0, 0.5, 3.0, 1.0, 1.5, 0.0]))]
        if op == "Div" and g.elem == INT:
            pair = [g.now, g.const(g.rng.integers(1, 5, g.width))]
        g.now = g.add(op, *pair)
    return step  # fmt: skip


def compared(op):
    """A comparison, as numbers or as a choice; the logic of two of them."""
    def step(g):
        def truth():
            if op == "IsNaN" and g.elem != INT:
                return g.add("IsNaN", g.now)
            known = [c for c in COMPARISONS if SINCE.get(c, 0) <= g.opset]
            return g.add(op if op in known else mo.one(g.rng, known), g.now, g.other())
        got = truth()
        if op == "Not":
            got = g.add("Not", got)
        elif op in ("And", "Or", "Xor"):
            got = g.add(op, got, truth())
        g.now = g.add("Where", got, g.now, g.other()) if op == "Where" or mo.chance(g.rng, 0.4) else g.cast(got, g.elem)
    return step  # fmt: skip


def reduced(op):
    def step(g):
        keep = mo.chance(g.rng, 0.6)
        if op in ("ReduceMax", "ReduceMin") and g.elem != INT:
            # Which of the others the runtime takes beside NaN hangs on where in memory a row lies.
            g.now = g.add("Where", g.add("IsNaN", g.now), g.const([0.0]), g.now)
        got = g.axes(op, g.now, [mo.one(g.rng, [1, -1])], 13 if op == "ReduceSum" else 18, keepdims=int(keep))
        g.now, g.width = beside(g, got if keep else g.axes("Unsqueeze", got, [1], 13)), g.width + 1
    return step  # fmt: skip


def found(op):
    def step(g):
        if g.width == 1:  # else a constant
            g.now, g.width = beside(g, g.add("Neg", g.now) if g.elem != INT else g.now), 2
        last = {"select_last_index": 1} if g.opset >= 12 and mo.chance(g.rng, 0.2) else {}
        got = g.add(op, g.now, axis=1, keepdims=1, **last)
        g.now, g.width = beside(g, g.cast(got, g.elem) if g.elem != INT else got), g.width + 1
    return step  # fmt: skip


def beside(g, column):
    return g.add("Concat", *([g.now, column] if mo.chance(g.rng, 0.7) else [column, g.now]), axis=mo.one(g.rng, [1, -1]))


def clip(g):
    low, high = sorted(float(x) for x in g.rng.normal(size=2) * 2)
    if g.opset < 11:
        g.now = g.add("Clip", g.now, min=low, max=high)
    else:
        limits = [g.const(low), g.const(high)]
        k = g.rng.integers(3)
        g.now = g.add("Clip", g.now, *(limits if k == 0 else limits[:1] if k == 1 else ["", limits[1]]))


def part(g):
    lo = int(g.rng.integers(0, g.width))
    hi = int(g.rng.integers(lo + 1, g.width + 1))
    ends = [mo.one(g.rng, [hi, hi - g.width if hi < g.width else 2**40])]
    g.now = g.add("Slice", g.now, g.const([lo], INT), g.const(ends, INT), g.const([1], INT)) if g.opset >= 10 else g.add("Slice", g.now, starts=[lo], ends=[hi], axes=[1])
    g.width = hi - lo


def split(g):
    if g.width < 2:
        return
    left = int(g.rng.integers(1, g.width))
    sizes = [left, g.width - left]
    if g.opset >= 18 and mo.chance(g.rng, 0.5):
        first = -(-g.width // 2)
        sizes = [first, g.width - first]
        parts = g.add("Split", g.now, outputs=2, axis=1, num_outputs=2)
    elif g.opset >= 13:
        parts = g.add("Split", g.now, g.const(sizes, INT), outputs=2, axis=1)
    else:
        parts = g.add("Split", g.now, outputs=2, axis=1, split=sizes)
    if mo.chance(g.rng, 0.5):
        g.now = g.add("Concat", parts[1], parts[0], axis=1)
    else:
        k = int(g.rng.integers(2))
        g.now, g.width = parts[k], sizes[k]


def gather(g):
    index = g.rng.integers(-g.width if g.opset >= 11 else 0, g.width, int(g.rng.integers(1, g.width + 2)))
    g.now, g.width = g.add("Gather", g.now, g.const(index, INT), axis=1), len(index)


def extracted(g):
    index = g.rng.integers(0, g.width, int(g.rng.integers(1, g.width + 1)))
    g.now, g.width = g.add("ArrayFeatureExtractor", g.now, g.const(index, INT), domain=ML), len(index)


def transposed(g):
    turned = g.add("Transpose", g.now, **({"perm": [1, 0]} if mo.chance(g.rng, 0.5) else {}))
    if mo.chance(g.rng, 0.5):  # a choice of columns, as they lie
        index = g.rng.permutation(g.width)[: int(g.rng.integers(1, g.width + 1))]
        turned, g.width = g.add("Gather", turned, g.const(index, INT), axis=0), len(index)
    g.now = g.add("Transpose", turned, perm=[1, 0])


def reshaped(g):
    """To another shape and back."""
    if g.width % 2 == 0 and mo.chance(g.rng, 0.5):
        deep = g.add("Reshape", g.now, g.const([mo.one(g.rng, [-1, 0]), 2, g.width // 2], INT))
        if mo.chance(g.rng, 0.5):
            deep = g.add("Transpose", deep, perm=[0, 2, 1])
        g.now = g.add("Flatten", deep, axis=1)
    else:
        g.now = g.add("Reshape", g.now, g.const([-1, g.width], INT))


def flattened(g):
    g.now = g.add("Flatten", g.axes("Unsqueeze", g.now, [mo.one(g.rng, [1, 2])], 13), axis=1)


def squeezed(g):
    at = mo.one(g.rng, [1, 2, -1])
    deep = g.axes("Unsqueeze", g.now, [at], 13)
    g.now = g.axes("Squeeze", deep, [at], 13)


def filled(g):
    """As many numbers as there are, all the same: by the shape, which is known when the graph runs."""
    value = helper.make_tensor("v", g.elem, [1], [3 if g.elem == INT else 0.75])
    if mo.chance(g.rng, 0.5):
        like = g.add("ConstantOfShape", g.add("Shape", g.now), value=value)
    else:
        like = g.add("ConstantOfShape", g.const([1, g.width], INT), value=value)
    g.now = g.add(mo.one(g.rng, ["Add", "Mul"]), g.now, like)


def product(op):
    def step(g):
        k = int(g.rng.integers(1, 6))
        W = g.numbers(g.width, k)
        if any(node.op_type == "Clip" for node in g.nodes):  # whose absent limit is the largest number: a sum of such may overflow
            g.now = g.add("Max", g.add("Min", g.now, g.const([1e6])), g.const([-1e6]))
        if op == "MatMul":
            g.now = g.add("MatMul", g.now, g.const(W))
        else:
            flip = mo.chance(g.rng, 0.5)
            scale = {"alpha": float(g.rng.uniform(0.3, 2)), "beta": float(g.rng.uniform(0.3, 2))} if mo.chance(g.rng, 0.4) else {}
            bias = [g.const(g.numbers(*mo.one(g.rng, [(k,), (1, k), (1,)])))] if g.opset < 11 or mo.chance(g.rng, 0.8) else []
            g.now = g.add("Gemm", g.now, g.const(W.T if flip else W), *bias, transB=int(flip), **scale)
        g.width = k
    return step  # fmt: skip


def softmax(g):
    if mo.chance(g.rng, 0.6):
        g.now = g.add("Clip", g.now, g.const(-30.0), g.const(30.0)) if g.opset >= 11 else g.add("Clip", g.now, min=-30.0, max=30.0)
    g.now = g.add("Softmax", g.now, axis=mo.one(g.rng, [1, -1] if g.opset >= 13 else [1]))


def tame(g, limit=30.0):
    """Numbers that an exponential or a cosine of rounded sums does not tear apart."""
    return g.add("Clip", g.now, g.const(-limit), g.const(limit)) if g.opset >= 11 else g.add("Clip", g.now, min=-limit, max=limit)


def activation(op):
    def step(g):
        names = {"Elu": ["alpha"], "Celu": ["alpha"], "LeakyRelu": ["alpha"], "ThresholdedRelu": ["alpha"], "Selu": ["alpha", "gamma"], "HardSigmoid": ["alpha", "beta"]}
        given = {name: float(g.rng.uniform(0.1, 2)) for name in names.get(op, []) if mo.chance(g.rng, 0.6)}
        if op == "Gelu" and mo.chance(g.rng, 0.5):
            given["approximate"] = "tanh"
        g.now = g.add(op, tame(g), **given)
    return step  # fmt: skip


def log_softmax(g):
    g.now = tame(g)
    g.now = g.add("LogSoftmax", g.now, axis=mo.one(g.rng, [1, -1] if g.opset >= 13 else [1]))


def log_sum(g):
    """The logarithm of a sum far from 1, where it is steep beside how large it is."""
    now, g.now = g.now, g.add("Add", g.add("Abs", tame(g)), g.const([2.0]))
    got = g.axes("ReduceLogSum", g.now, [1], 18, keepdims=1)
    g.now = now
    g.now, g.width = beside(g, got), g.width + 1


def dropout(g):
    if g.opset >= 12:
        g.now = g.add("Dropout", g.now, *mo.one(g.rng, [[], [g.const(0.3, FLOAT)], [g.const(0.3, FLOAT), g.const(False, BOOL)]]))
    else:
        g.now = g.add("Dropout", g.now, ratio=0.3)


def batch(g):
    spread = g.const(g.rng.uniform(0.1, 3, g.width))
    g.now = g.add("BatchNormalization", g.now, *[g.const(g.numbers(g.width)) for _ in range(3)], spread, epsilon=mo.one(g.rng, [1e-5, 0.1]))


def moments(g):
    """Columns that stay apart: of nearly equal ones the difference is what rounding left."""
    g.now = g.add("Add", tame(g, 10.0), g.const(np.arange(g.width) * 25.0))
    bias = [g.const(g.numbers(g.width))] if mo.chance(g.rng, 0.6) else []
    g.now = g.add("LayerNormalization", g.now, g.const(g.numbers(g.width)), *bias, axis=mo.one(g.rng, [1, -1]), epsilon=mo.one(g.rng, [1e-5, 0.01]))


def sloped(g):
    g.now = g.add("PRelu", g.now, g.const(g.numbers(*mo.one(g.rng, [(g.width,), (1, g.width), (1,)]))))


def expanded(g):
    """One column, in all the others' places."""
    column = g.add("Gather", g.now, g.const([int(g.rng.integers(g.width))], INT), axis=1)
    shape = g.add("Shape", g.now) if mo.chance(g.rng, 0.5) else g.const([1, g.width], INT)
    g.now = g.add(mo.one(g.rng, ["Add", "Mul"]), g.now, g.add("Expand", column, shape))


def each(g):
    return [float(x) for x in g.numbers(g.width if mo.chance(g.rng, 0.7) else 1)]


def scaler(g):
    offset = each(g)
    g.now, g.elem = g.add("Scaler", g.now, domain=ML, offset=offset, scale=[x or 1.0 for x in g.rng.normal(size=len(offset)).tolist()]), FLOAT


def imputer(g):
    if g.elem != FLOAT:
        return
    values = [float(x) for x in g.numbers(g.width if mo.chance(g.rng, 0.7) else 1)]
    g.now = g.add("Imputer", g.now, domain=ML, imputed_value_floats=values, replaced_value_float=mo.one(g.rng, [float("nan"), float("nan"), 0.0]))


def binarizer(g):
    g.now = g.add("Binarizer", g.now, domain=ML, threshold=float(g.rng.normal()))


def normalizer(g):
    g.now, g.elem = g.add("Normalizer", g.now, domain=ML, norm=mo.one(g.rng, ["L1", "L2", "MAX"])), FLOAT


def vectorizer(g):
    if g.elem == INT:
        return
    sizes = [g.width, g.width]
    other = g.add("Neg", g.now)
    g.now, g.width, g.elem = g.add("FeatureVectorizer", g.now, other, domain=ML, inputdimensions=sizes), sum(sizes), FLOAT


def line(g):
    k = int(g.rng.integers(1, 4))
    weights = [float(np.float32(x)) for x in g.rng.normal(size=k * g.width)]
    post = mo.one(g.rng, ["NONE", "NONE", "LOGISTIC", "SOFTMAX"])
    bias = {"intercepts": [float(np.float32(x)) for x in g.rng.normal(size=k)]} if mo.chance(g.rng, 0.8) else {}
    x = g.now if g.elem == FLOAT else g.cast(g.now, FLOAT)
    g.now = g.add("LinearRegressor", x, domain=ML, coefficients=weights, targets=k, post_transform=post, **bias)
    g.width, g.elem = k, FLOAT


def one_hot(g):
    """Of integers near what the column holds."""
    k = int(g.rng.integers(g.width))
    cats = [int(x) for x in g.rng.permutation(np.arange(-3, 6))[: int(g.rng.integers(1, 7))]]
    column = g.add("Gather", g.now, g.const([k], INT), axis=1)
    if g.elem != INT:
        column = g.cast(g.add("Floor", bounded(g, column)), INT)
    hot = g.add("OneHotEncoder", column, domain=ML, cats_int64s=cats, zeros=1)
    g.now, g.width = g.add("Reshape", hot, g.const([-1, len(cats)], INT)), len(cats)
    g.elem = FLOAT


def bounded(g, x):
    """Without what no integer is: infinities and NaN."""
    x = g.add("Where", g.add("IsNaN", x), g.const([0.0]), x)
    return g.add("Max", g.add("Min", x, g.const([9.0])), g.const([-9.0]))


def encoded(g):
    if g.elem != INT:
        g.now = g.cast(g.add("Floor", bounded(g, g.now)), INT)
        g.elem = INT
    keys = [int(x) for x in g.rng.permutation(np.arange(-3, 6))[: int(g.rng.integers(1, 7))]]
    values = [round(float(x), 2) for x in g.rng.normal(size=len(keys))]
    g.now = g.add("LabelEncoder", g.now, domain=ML, keys_int64s=keys, values_floats=values, default_float=mo.one(g.rng, [-1.0, 0.5, float("nan")]))
    g.elem = FLOAT


STEPS = {op: unary(op) for op in ("Abs", "Ceil", "Exp", "Floor", "Identity", "Log", "Neg", "Reciprocal", "Relu", "Round", "Sigmoid", "Sign", "Sqrt", "Tanh")}
STEPS |= {op: binary(op) for op in ("Add", "Div", "Max", "Min", "Mul", "Pow", "Sub", "Sum")}
COMPARISONS = ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")
STEPS |= {op: compared(op) for op in (*COMPARISONS, "And", "Or", "Xor", "Not", "IsNaN", "Where")}
STEPS |= {
    op: reduced(op)
    for op in ("ReduceL1", "ReduceL2", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare")
}
STEPS |= {"ArgMax": found("ArgMax"), "ArgMin": found("ArgMin"), "MatMul": product("MatMul"), "Gemm": product("Gemm")}
STEPS |= {"Clip": clip, "Slice": part, "Split": split, "Gather": gather, "Transpose": transposed, "Reshape": reshaped, "Flatten": flattened}
STEPS |= {"Squeeze": squeezed, "Unsqueeze": squeezed, "ConstantOfShape": filled, "Shape": filled, "Softmax": softmax, "Concat": reduced("ReduceSum")}
STEPS |= {"Cast": encoded, "Constant": clip}
LEARNED = {
    "ArrayFeatureExtractor": extracted, "Binarizer": binarizer, "FeatureVectorizer": vectorizer, "Imputer": imputer, "LabelEncoder": encoded,
    "LinearRegressor": line, "Normalizer": normalizer, "OneHotEncoder": one_hot, "Scaler": scaler,
}  # fmt: skip
ACTIVATIONS = (
    "Celu", "Cos", "Elu", "Erf", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Mish", "Selu", "Sin", "Softplus", "Softsign", "ThresholdedRelu",
)  # fmt: skip
LAYERS = {
    **{op: activation(op) for op in ACTIVATIONS}, "BatchNormalization": batch, "Dropout": dropout, "Expand": expanded, "LayerNormalization": moments,
    "LogSoftmax": log_softmax, "Mean": binary("Mean"), "PRelu": sloped, "ReduceLogSum": log_sum,
}  # fmt: skip
STEPS |= LAYERS
STEPS |= {f"{ML}.{op}": step for op, step in LEARNED.items()}
SINCE = {"Celu": 12, "HardSwish": 14, "LayerNormalization": 17, "Mish": 18, "Gelu": 20, "Round": 11, "Equal": 11, "GreaterOrEqual": 12, "LessOrEqual": 12}
#: What is not continuous, or steep, comes first: how a sum or an exponential is rounded would decide what it gives. And before
#: that, what tells 0 from -0: which of both a choice of the runtime gives hangs on its version and on what it merged.
JUMPS = {"Log", "Sqrt", "Ceil", "Floor", "Round", "Sign", "Reciprocal", "Div", "ArgMax", "ArgMin", "Cast", "IsNaN", "Where", "And", "Or", "Xor", "Not", *COMPARISONS}
JUMPS |= {"ThresholdedRelu"}
JUMPS |= {f"{ML}.{op}" for op in ("Binarizer", "Imputer", "LabelEncoder", "OneHotEncoder", "Normalizer")}
#: Of a sum that is clipped, how the sum was rounded is not small beside them: they come before sums.
WAVES = {"Cos", "Sin"}
#: What is not defined for integers, or not by the runtime.
FRACTIONS = {"Ceil", "Exp", "Floor", "Log", "Reciprocal", "Relu", "Round", "Sigmoid", "Sqrt", "Tanh", "IsNaN", "Pow", "ReduceLogSumExp", "ReduceL1", "ReduceL2", "ReduceMean", "Gemm", "MatMul", "Softmax", "Clip", "Abs", "Sign", "Neg", "ReduceProd"}


def graph(rng, want=""):
    """A graph of a few of the operators above, one of them the one that is wanted; and X."""
    want = want.removeprefix("onnx_")
    opset = max(int(mo.one(rng, [9, 11, 12, 13, 15, 17, 18])), SINCE.get(want, 0))
    width, n = int(rng.integers(1, 7)), int(rng.integers(40, 120))
    X = np.column_stack([mo.number(rng, n) for _ in range(width)])
    X = np.clip(X, -1e6, 1e6)
    if mo.chance(rng, 0.4):
        X[rng.random(X.shape) < 0.1] = np.nan
    g = Sketch(rng, opset, want)
    if want == "ai.onnx.ml.CategoryMapper" or mo.chance(rng, 0.1):
        X = texts(g, n)
    else:
        elem = DOUBLE if mo.chance(rng, 0.2) else FLOAT
        g.inputs.append(helper.make_tensor_value_info("X", elem, [None, width]))
        g.now, g.elem, g.width = "X", elem, width
    known = [op for op in STEPS if SINCE.get(op, 0) <= opset]
    chosen = [str(op) for op in rng.permutation(known)[: rng.integers(1, 6)]]
    if want in STEPS:
        chosen.insert(int(rng.integers(len(chosen) + 1)), want)
    # Near the largest number of all, it hangs on the order of a sum whether it is infinite.
    if g.elem == DOUBLE:
        g.now = g.add("Min", g.add("Max", g.now, g.const([-1e30])), g.const([1e30]))
    for op in sorted(chosen, key=lambda op: 0 if op in ("Reciprocal", "Div") else 1 if op in JUMPS else 2 if op in WAVES else 3):
        if g.width > 24:
            break
        learned = op.startswith(ML) and op not in (f"{ML}.ArrayFeatureExtractor", f"{ML}.LabelEncoder", f"{ML}.OneHotEncoder")
        if g.elem == INT and (op in FRACTIONS or op in LAYERS or learned) or g.elem == DOUBLE and (op in LAYERS or learned):
            g.now, g.elem = g.cast(g.now, FLOAT), FLOAT
        STEPS[op](g)
    if g.elem == INT:
        g.now, g.elem = g.cast(g.now, FLOAT), FLOAT
    g.now = g.add("Identity", g.now)
    described = [helper.make_tensor_value_info(g.now, g.elem, [None, g.width])]
    learned = 2 if opset < 15 else 3
    imports = [helper.make_opsetid("", opset), helper.make_opsetid(ML, learned)]
    return helper.make_model(helper.make_graph(g.nodes, "g", g.inputs, described, g.constants), opset_imports=imports, ir_version=8), X


def texts(g, n):
    """Columns of strings, each mapped to numbers."""
    import pandas as pd

    known = [str(w) for w in g.rng.permutation(mo.WORDS)[: int(g.rng.integers(2, 9))]]
    columns, parts = {}, []
    for i in range(int(g.rng.integers(1, 4))):
        columns[f"s{i}"] = pd.Series(g.rng.choice(known, n), dtype=object)
        g.inputs.append(helper.make_tensor_value_info(f"s{i}", STRING, [None, 1]))
        codes = [int(x) for x in g.rng.permutation(len(known) + 3)[: len(known)]]
        mapped = g.add("CategoryMapper", f"s{i}", domain=ML, cats_strings=known, cats_int64s=codes, default_int64=-1)
        parts.append(g.cast(mapped, FLOAT))
    g.now, g.width = g.add("Concat", *parts, axis=1) if len(parts) > 1 else parts[0], len(parts)
    return pd.DataFrame(columns)


def ensemble(rng):
    """TreeEnsemble, of random trees: a graph and X."""
    if RUNTIME < (1, 21):
        raise mo.Useless("the runtime does not know TreeEnsemble")
    wide = mo.chance(rng, 0.4)
    dtype, elem = (np.float64, DOUBLE) if wide else (np.float32, FLOAT)
    width, targets = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    X = np.round(rng.normal(size=(60, width)) * 4) / 4
    X[rng.random(X.shape) < 0.1] = np.nan
    nodes = {k: [] for k in "featureids modes splits truenodeids trueleafs falsenodeids falseleafs missing_value_tracks_true".split()}
    leaves, weights, roots = [], [], []

    def grow(depth):
        if depth == 0 or depth < 3 and mo.chance(rng, 0.3):
            leaves.append(int(rng.integers(targets)))
            weights.append(float(rng.normal()))
            return len(leaves) - 1, 1
        at = len(nodes["modes"])
        row = [int(rng.integers(width)), int(rng.integers(6)), float(np.round(rng.normal() * 4) / 4), 0, 0, 0, 0, int(rng.integers(2))]
        for values, item in zip(nodes.values(), row):
            values.append(item)
        for k, value in zip(("truenodeids", "trueleafs", "falsenodeids", "falseleafs"), (*grow(depth - 1), *grow(depth - 1))):
            nodes[k][at] = value
        return at, 0

    for _ in range(int(rng.integers(1, 6))):
        roots.append(grow(3)[0])
    tensor = lambda v, t: numpy_helper.from_array(np.asarray(v, t))  # noqa: E731
    lists = {f"nodes_{k}": v for k, v in nodes.items() if k not in ("modes", "splits")}
    aggregate = int(rng.integers(4 if targets == 1 else 2))  # leaves of several targets are not compared
    node = helper.make_node(
        "TreeEnsemble", ["X"], ["Y"], domain=ML, n_targets=targets, aggregate_function=aggregate, post_transform=int(rng.integers(4)) if targets > 1 else 0,
        nodes_modes=tensor(nodes["modes"], np.uint8), nodes_splits=tensor(nodes["splits"], dtype), leaf_targetids=leaves,
        leaf_weights=tensor(weights, dtype), tree_roots=roots, **lists,
    )  # fmt: skip
    info = helper.make_tensor_value_info
    made = helper.make_graph([node], "g", [info("X", elem, [None, width])], [info("Y", elem, [None, targets])])
    return helper.make_model(made, opset_imports=[helper.make_opsetid(ML, 5)], ir_version=8), X


def dictionary(rng):
    """DictVectorizer, then a Scaler and a sum: a graph and X, in which a missing value is a key that is not there."""
    import pandas as pd

    width = int(rng.integers(1, 7))
    words = mo.chance(rng, 0.6)
    keys = [f"k{i}" for i in rng.permutation(width)] if words else [int(k) for k in rng.permutation(width * 3)[:width] - 2]
    X = np.round(rng.normal(size=(60, width)) * 8) / 8
    X[rng.random(X.shape) < 0.4] = np.nan
    scale = dict(offset=[float(x) for x in rng.normal(size=width)], scale=[float(x) for x in rng.normal(size=width)])
    vocabulary = {"string_vocabulary" if words else "int64_vocabulary": keys}
    nodes = [
        helper.make_node("DictVectorizer", ["row"], ["columns"], domain=ML, **vocabulary),
        helper.make_node("Scaler", ["columns"], ["scaled"], domain=ML, **scale),
    ]
    kind = helper.make_map_type_proto(STRING if words else INT, helper.make_tensor_type_proto(FLOAT, []))
    out = [helper.make_tensor_value_info("scaled", FLOAT, [None, width])]
    made = helper.make_graph(nodes, "g", [helper.make_value_info("row", kind)], out)
    imports = [helper.make_opsetid(ML, 1)]
    return helper.make_model(made, opset_imports=imports, ir_version=8), pd.DataFrame(X, columns=[str(k) for k in keys])
