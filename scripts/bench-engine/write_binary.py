"""usage: write_binary.py MODEL.json OUT

Writes a model of XGBoost 3 in the binary format that the Go library leaves reads.
Runs with a release of XGBoost that can still write it. What 3.1 changed in JSON
and what 1.0 changed in the binary header is changed back; the trees are the same.
"""

import json
import struct
import sys
import tempfile
from pathlib import Path

import xgboost

HEADER = 136  # bytes of LearnerModelParam
MODEL, TREE = 160, 148  # bytes of GBTreeModelParam and TreeParam
NODE = 36  # bytes of a node and its statistics


def for_older_release(text: str) -> str:
    model = json.loads(text)
    parameters = model["learner"]["learner_model_param"]
    (base_score,) = json.loads(parameters["base_score"])  # an array since 3.1
    parameters["base_score"] = str(base_score)
    model["learner"]["gradient_booster"]["model"].pop("cats", None)
    model["version"] = list(map(int, xgboost.__version__.split(".")))
    return json.dumps(model)


def as_before_1_0(data: bytes) -> bytes:
    """Takes the magic off and fills two fields that were later left for unused."""
    assert data.startswith(b"binf"), data[:4]
    out, at = bytearray(data[4:]), HEADER
    for _ in ("objective", "booster"):
        at += 8 + struct.unpack_from("<Q", out, at)[0]
    (trees,) = struct.unpack_from("<i", out, at)
    struct.pack_into("<i", out, at + 24, 1)  # num_output_group
    at += MODEL
    for _ in range(trees):
        (nodes,) = struct.unpack_from("<i", out, at + 4)
        struct.pack_into("<i", out, at + 20, 0)  # size_leaf_vector
        at += TREE + nodes * NODE
    return bytes(out)


source, target = map(Path, sys.argv[1:])
with tempfile.TemporaryDirectory() as folder:
    older = Path(folder) / "older.json"
    older.write_text(for_older_release(source.read_text()))
    booster = xgboost.Booster(model_file=str(older))
    binary = Path(folder) / "model.deprecated"
    booster.save_model(binary)
    target.write_bytes(as_before_1_0(binary.read_bytes()))
