"""ONNX graphs of small neural networks, node by node as torch.onnx exports them in one version of the operators and another."""

import numpy as np
import pandas as pd
from onnx import helper

from cases_onnx_operators import DOUBLE, FLOAT, INT, Sketch
from data import numbers


def weights(seed, *shape):
    return np.random.default_rng(seed).normal(scale=0.6, size=shape)


def layer(g, x, seed, inside, outside):
    return g("Gemm", x, weights(seed, outside, inside), weights(seed + 1, outside), alpha=1.0, beta=1.0, transB=1)


def axes(g, op, x, axis, since, **attributes):
    """An operator whose axes are an attribute, and since some version an input."""
    return g(op, x, np.array(axis), **attributes) if g.opset >= since else g(op, x, axes=axis, **attributes)


def clipped(g, x, low, high):
    return g("Clip", x, low, high) if g.opset >= 11 else g("Clip", x, min=low, max=high)


def dropout(g, x):
    if g.opset >= 12:
        return g("Dropout", x, 0.25, np.array(False))
    return g("Dropout", x, ratio=0.25)


def moments(g, x):
    """LayerNorm, before it was an operator."""
    if g.opset >= 17:
        return g("LayerNormalization", x, weights(7, 6) + 1, weights(8, 6), axis=-1, epsilon=1e-5)
    centered = g("Sub", x, axes(g, "ReduceMean", x, [-1], 18))
    variance = axes(g, "ReduceMean", g("Pow", centered, 2.0), [-1], 18)
    spread = g("Sqrt", g("Add", variance, 1e-5))
    return g("Add", g("Mul", g("Div", centered, spread), weights(7, 6) + 1), weights(8, 6))


def gelu(g, x):
    if g.elem == DOUBLE:
        return g("Tanh", x)  # ONNX Runtime has no Erf of doubles
    if g.opset >= 20:
        return g("Gelu", x)
    return g("Mul", g("Mul", x, g("Add", g("Erf", g("Div", x, 1.4142135381698608)), 1.0)), 0.5)


def network(opset, elem):
    """Linear → BatchNorm → ReLU6 → Dropout → Linear → LayerNorm → GELU → Linear → Softmax, with a shortcut."""
    g = Sketch(opset, elem)
    h = layer(g, "X", 1, 4, 6)
    h = g("BatchNormalization", h, weights(3, 6) + 1, weights(4, 6), weights(5, 6), np.abs(weights(6, 6)) + 0.1, epsilon=1e-5, momentum=0.9)
    h = dropout(g, clipped(g, h, 0.0, 6.0))
    h = g("Add", h, gelu(g, moments(g, layer(g, h, 9, 6, 6))))
    rows = axes(g, "Unsqueeze", g("Gather", g("Shape", h), np.array(0), axis=0), [0], 13)  # h.view(h.size(0), -1)
    h = g("Reshape", h, g("Concat", rows, np.array([-1]), axis=0))
    scores = g("Softmax", layer(g, h, 11, 6, 3), axis=1)
    total = axes(g, "ReduceSum", g("Mul", h, h), [1], 13, keepdims=1)
    gate = axes(g, "Squeeze", g("Sigmoid", axes(g, "Unsqueeze", layer(g, h, 13, 6, 2), [2], 13)), [2], 13)
    return g.model(g("Concat", scores, g("Tanh", total), gate, axis=1), 6)


def embedded(opset):
    """Two columns of codes, each looked up in a table of weights, beside two of numbers."""
    g = Sketch(opset)
    kinds = {"a": INT, "b": INT, "x": FLOAT, "y": FLOAT}
    g.inputs = [helper.make_tensor_value_info(name, kind, [None, 1]) for name, kind in kinds.items()]
    parts = []
    for k, (name, n) in enumerate((("a", 5), ("b", 3))):
        found = g("Gather", weights(k, n, k + 2), name)
        parts.append(g("Flatten", found) if k else axes(g, "Squeeze", found, [1], 13))
    h = g("Relu", layer(g, g("Concat", *parts, "x", "y", axis=1), 5, 7, 5))
    return g.model(layer(g, h, 7, 5, 1), 1)


def layers(v):
    X = numbers(60, 4)
    newest = v >= (1, 20)
    for opset in (9, 11, 12, 13, 14, 15, 17, 18, 20, 21) if newest else (9, 13, 18):
        yield f"layers-{opset}", network(opset, FLOAT), X
    if not newest:
        return
    yield "layers-double", network(14, DOUBLE), X

    # An opset before 13 takes the axes from one on as one.
    for opset in (12, 13):
        g = Sketch(opset)
        pairs = g("Reshape", "X", np.array([-1, 2, 2]))
        yield f"layers-softmax-{opset}", g.model(g("Flatten", g("Softmax", pairs, axis=2), axis=1), 4), X
        g = Sketch(opset)
        yield f"layers-log-softmax-{opset}", g.model(g("LogSoftmax", "X"), 4), X

    for name, opset, ops in [
        ("rectified", 16, [("LeakyRelu", dict(alpha=0.2)), ("LeakyRelu", {}), ("ThresholdedRelu", dict(alpha=0.3)), ("HardSigmoid", {}), ("HardSwish", {})]),
        ("exponential", 13, [("Elu", dict(alpha=0.7)), ("Elu", {}), ("Selu", {}), ("Celu", dict(alpha=1.5)), ("Softplus", {}), ("Softsign", {})]),
        ("curved", 20, [("Gelu", {}), ("Gelu", dict(approximate="tanh")), ("Mish", {}), ("Erf", {}), ("Sin", {}), ("Cos", {})]),
    ]:  # fmt: skip
        g = Sketch(opset)
        parts = [g(op, layer(g, "X", 3, 4, 2), **attributes) for op, attributes in ops]
        yield f"layers-{name}", g.model(g("Concat", *parts, axis=1), 2 * len(parts)), X
    g = Sketch(13)
    sloped = g("PRelu", "X", np.array([0.1, -0.5, 0.0, 2.0]))
    mean = g("Mean", sloped, g("Expand", axes(g, "ReduceLogSum", g("Exp", "X"), [1], 18), np.array([1, 4])))
    yield "layers-sloped", g.model(mean, 4), X
    g = Sketch(17)
    whole = g("LayerNormalization", g("Reshape", "X", np.array([-1, 2, 2])), weights(1, 2, 2), axis=1, epsilon=0.01)
    yield "layers-moments", g.model(g("Flatten", whole), 4), X

    yield "layers-embedding", embedded(13), codes(X)
    g = Sketch(13)  # codes in a column of floats; a negative one counts from the end
    code = g("Cast", g("Gather", "X", np.array(0), axis=1), to=INT)
    wide = g("Concat", g("Gather", weights(3, 5, 3), code), "X", axis=1)
    yield "layers-embedding-cast", g.model(layer(g, wide, 5, 7, 1), 1), np.c_[np.arange(60) % 9 - 4, X[:, 1:]].astype(float)


def codes(X):
    return pd.DataFrame({"a": np.arange(60) % 5, "b": np.arange(60) // 7 % 3, "x": X[:, 0], "y": X[:, 1]})
