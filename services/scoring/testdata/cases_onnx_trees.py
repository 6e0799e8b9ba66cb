"""ONNX cases by hand: TreeEnsemble of version 5, aggregate functions, numbers of 64 bits."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper


def cells(seed=5, n=80):
    """Numbers that repeat, so that equality holds now and then; some missing."""
    rng = np.random.default_rng(seed)
    X = np.round(rng.normal(size=(n, 3)) * 4) / 4
    X[rng.random(X.shape) < 0.1] = np.nan
    return X


def graph(name, opset, elem, out, features=3, **attributes):
    """A graph of one tree operator that yields numbers."""
    node = helper.make_node(name, ["X"], ["scores"], domain="ai.onnx.ml", name="trees", **attributes)
    described = [helper.make_tensor_value_info("scores", out, [None, None])]
    whole = helper.make_graph([node], "g", [helper.make_tensor_value_info("X", elem, [None, features])], described)
    return helper.make_model(whole, opset_imports=[helper.make_opsetid("ai.onnx.ml", opset)], ir_version=8)


#: Sets of these are tested; the runtime takes whole numbers only.
MEMBERS = (1, 2, 3, 4, 5, 7, 9, 12, 30, 31, 32, 33, 40, 62, 63, 64, 65, 100, -1, -2, 0, 1000)


class Flat:
    """Random trees in the lists of TreeEnsemble."""

    def __init__(self, modes, targets, dtype, seed, missing=True):
        self.rng, self.modes, self.targets, self.dtype, self.missing = np.random.default_rng(seed), modes, targets, dtype, missing
        self.nodes = {k: [] for k in "featureids modes splits truenodeids trueleafs falsenodeids falseleafs missing_value_tracks_true".split()}
        self.members, self.leaves, self.weights, self.roots = [], [], [], []

    def leaf(self):
        self.leaves.append(int(self.rng.integers(self.targets)))
        self.weights.append(float(self.rng.normal()))
        return len(self.leaves) - 1, 1

    def node(self, depth):
        if depth == 0:
            return self.leaf()
        at, mode = len(self.nodes["modes"]), int(self.rng.choice(self.modes))
        row = [int(self.rng.integers(3)), mode, float(np.round(self.rng.normal() * 4) / 4), 0, 0, 0, 0, int(self.missing and self.rng.integers(2))]
        for values, item in zip(self.nodes.values(), row):
            values.append(item)
        if mode == 6:
            some = self.rng.choice(MEMBERS, int(self.rng.integers(1, 6)), False)
            self.members += [*map(float, some), float("nan")]
        yes, no = self.node(depth - 1), self.node(depth - 1 - int(self.rng.integers(2) and depth > 1))
        for k, value in zip(("truenodeids", "trueleafs", "falsenodeids", "falseleafs"), yes + no):
            self.nodes[k][at] = value
        return at, 0

    def tree(self, depth):
        self.roots.append(self.node(depth)[0])

    def single(self):
        """A tree of one leaf: a node whose children are both this leaf."""
        at, (leaf, _) = len(self.nodes["modes"]), self.leaf()
        for values, item in zip(self.nodes.values(), [0, 0, 0.0, leaf, 1, leaf, 1, 0]):
            values.append(item)
        self.roots.append(at)

    def graph(self, aggregate=1, transform=0):
        tensor = lambda v, dtype: numpy_helper.from_array(np.asarray(v, dtype))  # noqa: E731
        kind = TensorProto.DOUBLE if self.dtype == np.float64 else TensorProto.FLOAT
        lists = {f"nodes_{k}": v for k, v in self.nodes.items() if k not in ("modes", "splits") and (self.missing or k[0] != "m")}
        if self.members:
            lists["membership_values"] = tensor(self.members, self.dtype)
        return graph(
            "TreeEnsemble", 5, kind, kind, n_targets=self.targets, aggregate_function=aggregate, post_transform=transform,
            nodes_modes=tensor(self.nodes["modes"], np.uint8), nodes_splits=tensor(self.nodes["splits"], self.dtype),
            leaf_targetids=self.leaves, leaf_weights=tensor(self.weights, self.dtype), tree_roots=self.roots, **lists,
        )  # fmt: skip


def flat(modes=(0, 1, 2, 3, 4, 5), targets=1, dtype=np.float32, seed=1, trees=4, single=False, aggregate=1, transform=0, missing=True):
    f = Flat(modes, targets, dtype, seed, missing)
    for _ in range(trees):
        f.tree(3)
    if single:
        f.single()
    return f.graph(aggregate, transform)


def ensembles(v):
    """TreeEnsemble, which the runtime knows since 1.21."""
    if v < (1, 21):
        return
    X = cells()
    whole = np.random.default_rng(6).choice([*MEMBERS, 1.5, 6, 31.5, 64.25, 4096, -0.5], (80, 3))
    whole[::9, 1] = np.nan
    for name, mode in dict(leq=0, lt=1, gte=2, gt=3, eq=4, neq=5, member=6).items():
        yield f"flat-{name}", flat([mode], seed=mode), whole if name == "member" else X
    for kind in (np.float32, np.float64):
        suffix = "-double" if kind == np.float64 else ""
        yield "flat-mixed" + suffix, flat(dtype=kind), X
        yield "flat-members" + suffix, flat([0, 6], dtype=kind, seed=7, missing=False), whole
        yield "flat-three" + suffix, flat(targets=3, dtype=kind, seed=2), X
        for i, name in enumerate(("average", "sum", "min", "max")):
            if name != "sum":
                yield f"flat-{name}{suffix}", flat(aggregate=i, dtype=kind, seed=3), X
        for i, name in enumerate(("logistic", "softmax", "softmax-zero"), 1):
            yield f"flat-{name}{suffix}", flat(targets=3, transform=i, dtype=kind, seed=4), X
    yield "flat-single-leaf", flat(single=True, seed=5), X


def aggregates(v, nodes, modes):
    """The functions that are not a sum, with base values, one target and several."""
    X = cells(3)
    rng = np.random.default_rng(8)
    one = [[(0, float(np.float32(x)))] for x in rng.normal(size=12)]
    three = [[(k, float(np.float32(x))) for k, x in enumerate(row)] for row in rng.normal(size=(12, 3))]
    make = lambda **a: graph("TreeEnsembleRegressor", 3, TensorProto.FLOAT, TensorProto.FLOAT, **a)  # noqa: E731
    for name in ("MIN", "MAX", "AVERAGE"):
        options = dict(aggregate_function=name, n_targets=1)
        yield f"aggregate-{name.lower()}", make(base_values=[0.25], **options, **nodes("target", modes, one)), X
        options = dict(aggregate_function=name, n_targets=3, base_values=[0.1, -0.2, 0.7])
        yield f"aggregate-{name.lower()}-three", make(**options, **nodes("target", modes, three)), X
    options = dict(aggregate_function="MAX", n_targets=3, post_transform="SOFTMAX")
    yield "aggregate-max-softmax", make(**options, **nodes("target", modes, three)), X


def doubles(v, nodes, modes):
    """Version 3 with attributes of 64 bits, which versions before could not have."""
    X = cells(4)
    rng = np.random.default_rng(9)
    one = [[(0, float(x))] for x in rng.normal(size=12)]
    share = [[(0, abs(w[0][1]) / 9)] for w in one]
    three = [[(k, float(x)) for k, x in enumerate(row)] for row in rng.normal(size=(12, 3))]

    def wide(kind, weights, **attributes):
        lists = {**nodes(kind, modes, weights), **attributes}
        for name in ("nodes_values", f"{kind}_weights", "base_values"):
            if name in lists:
                lists[name + "_as_tensor"] = numpy_helper.from_array(np.asarray(lists.pop(name), np.float64))
        return lists

    regressor = lambda **a: graph("TreeEnsembleRegressor", 3, TensorProto.DOUBLE, TensorProto.FLOAT, **a)  # noqa: E731
    yield "double-regressor", regressor(**wide("target", one, n_targets=1, base_values=[1 / 3])), X
    yield "double-three", regressor(**wide("target", three, n_targets=3, post_transform="SOFTMAX")), X
    for name, weights, labels in (("one", share, [0, 1]), ("negative", one, [0, 1]), ("three", three, [3, 1, 2])):
        for transform in ("NONE", "LOGISTIC", "SOFTMAX"):
            lists = wide("class", weights, classlabels_int64s=labels, post_transform=transform)
            if name == "three":
                lists["base_values_as_tensor"] = numpy_helper.from_array(np.array([0.1, 0.2, 0.3]))
            node = helper.make_node("TreeEnsembleClassifier", ["X"], ["label", "scores"], domain="ai.onnx.ml", name="trees", **lists)
            out = [helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
                   helper.make_tensor_value_info("scores", TensorProto.FLOAT, [None, None])]  # fmt: skip
            whole = helper.make_graph([node], "g", [helper.make_tensor_value_info("X", TensorProto.DOUBLE, [None, 3])], out)
            imports = [helper.make_opsetid("ai.onnx.ml", 3)]
            yield f"double-{name}-{transform.lower()}", helper.make_model(whole, opset_imports=imports, ir_version=8), X
