"""Write boosters of about 60 MB to DIRECTORY: XGBoost JSON and UBJSON, LightGBM text, CatBoost, an ONNX graph.

    python boosters.py DIRECTORY

A few real trees again and again: how trees were found does not matter to who loads them.
"""

import json
import re
import struct
import sys
from pathlib import Path

import catboost
import lightgbm
import numpy as np
import xgboost

SIZE, ROWS, COLUMNS = 60e6, 6000, 20


def main(directory: Path) -> None:
    random = np.random.default_rng(1)
    X = random.normal(size=(ROWS, COLUMNS)).astype(np.float32)
    y = 2 * X[:, 0] + np.sin(3 * X[:, 1]) + random.normal(size=ROWS)
    write_xgboost(directory, X, y)
    write_lightgbm(directory, X, y)
    cat = catboost.CatBoostRegressor(iterations=20, depth=10, verbose=0, allow_writing_files=False, border_count=32, thread_count=2)
    cat.fit(X, y)
    one = 20 * 2**10 * 16  # each leaf has a value and a weight
    catboost.sum_models([cat] * int(SIZE / one)).save_model(str(directory / "catboost.cbm"))


def write_xgboost(directory: Path, X, y) -> None:
    options = dict(max_depth=14, num_parallel_tree=4, subsample=0.9, colsample_bynode=0.4, tree_method="hist", max_bin=64, nthread=2)
    booster = xgboost.train(options, xgboost.DMatrix(X, y), 1)
    document = json.loads(booster.save_raw("json"))
    model = document["learner"]["gradient_booster"]["model"]
    trees = model["trees"]
    (directory / "onnx.onnx").write_bytes(onnx(trees, int(SIZE / 22 / sum(len(t["left_children"]) for t in trees))))
    texts = [json.dumps(tree, separators=(",", ":")) for tree in trees]
    times = int(SIZE / sum(map(len, texts)))
    count = len(trees) * times
    numbered = (re.sub(r'"id":\d+', f'"id":{i}', texts[i % len(texts)], count=1) for i in range(count))
    model["trees"], model["tree_info"], model["iteration_indptr"] = [], [0] * count, list(range(0, count + 1, len(trees)))
    model["gbtree_model_param"]["num_trees"] = str(count)
    whole = json.dumps(document, separators=(",", ":")).replace('"trees":[]', '"trees":[' + ",".join(numbered) + "]")
    (directory / "xgboost.json").write_text(whole)
    xgboost.Booster(model_file=directory / "xgboost.json").save_model(directory / "xgboost.ubj")


def write_lightgbm(directory: Path, X, y) -> None:
    options = dict(num_leaves=3000, min_data_in_leaf=1, num_threads=2, verbose=-1, max_bin=63)
    text = lightgbm.train(options, lightgbm.Dataset(X, y), 3).model_to_string()
    begin, end = text.index("Tree=0"), text.index("end of trees")
    trees = re.split(r"(?m)^(?=Tree=)", text[begin:end])[1:]
    times = int(SIZE / (end - begin))
    head = re.sub(r"(?m)^tree_sizes=(.*)$", lambda sizes: "tree_sizes=" + " ".join(sizes[1].split() * times), text[:begin])
    numbered = (re.sub(r"^Tree=\d+", f"Tree={i}", tree) for i, tree in enumerate(trees * times))
    (directory / "lightgbm.txt").write_text(head + "".join(numbered) + text[end:])


def onnx(trees: list[dict], times: int) -> bytes:
    """A TreeEnsembleRegressor of XGBoost's trees, in the bytes of onnx.proto: the package itself takes minutes."""

    def varint(x: int) -> bytes:
        out = bytearray()
        while x > 127:
            out.append(x & 127 | 128)
            x >>= 7
        return bytes([*out, x])

    def field(number: int, data: bytes) -> bytes:
        return varint(number << 3 | 2) + varint(len(data)) + data

    def ints(numbers) -> bytes:  # one field each, as the package writes them
        return b"".join(b"\x40" + varint(x) for x in numbers)

    def floats(numbers) -> bytes:
        return b"".join(b"\x3d" + struct.pack("<f", x) for x in numbers)

    def attribute(name: str, kind: int, data: bytes) -> bytes:
        return field(5, field(1, name.encode()) + data + b"\xa0\x01" + bytes([kind]))

    once = {name: b"" for name in ("nodeids", "featureids", "truenodeids", "falsenodeids", "values", "modes", "leafids", "weights")}
    sizes = []
    for tree in trees:
        left, right, conditions = tree["left_children"], tree["right_children"], tree["split_conditions"]
        leaves = [i for i, child in enumerate(left) if child < 0]
        sizes.append((len(left), len(leaves)))
        once["nodeids"] += ints(range(len(left)))
        once["featureids"] += ints(tree["split_indices"])
        once["truenodeids"] += ints(max(0, child) for child in left)
        once["falsenodeids"] += ints(max(0, child) for child in right)
        once["values"] += floats(conditions)
        once["modes"] += b"".join(field(9, b"LEAF" if child < 0 else b"BRANCH_LT") for child in left)
        once["leafids"] += ints(leaves)
        once["weights"] += floats(conditions[i] for i in leaves)
    number = range(len(trees) * times)
    treeids = [b"".join(ints([i]) * sizes[i % len(trees)][k] for i in number) for k in (0, 1)]
    zeros = ints([0]) * (times * sum(leaves for _, leaves in sizes))
    lists = {f"nodes_{k}": once[k] * times for k in ("nodeids", "featureids", "truenodeids", "falsenodeids", "values", "modes")}
    lists |= {"nodes_treeids": treeids[0], "target_treeids": treeids[1], "target_nodeids": once["leafids"] * times}
    lists |= {"target_weights": once["weights"] * times, "target_ids": zeros}
    node = field(1, b"X") + field(2, b"Y") + field(4, b"TreeEnsembleRegressor") + field(7, b"ai.onnx.ml")
    for name, data in lists.items():
        node += attribute(name, 6 if data[0] == 0x3D else 8 if data[0] == 0x4A else 7, data)

    node += attribute("n_targets", 2, b"\x18\x01")

    def value(name: bytes, columns: int) -> bytes:
        shape = field(1, field(2, b"N")) + field(1, b"\x08" + varint(columns))
        return field(1, name) + field(2, field(1, b"\x08\x01" + field(2, shape)))

    graph = field(1, node) + field(2, b"trees") + field(11, value(b"X", COLUMNS)) + field(12, value(b"Y", 1))
    return b"\x08\x08" + field(7, graph) + field(8, field(1, b"ai.onnx.ml") + b"\x10\x01")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
