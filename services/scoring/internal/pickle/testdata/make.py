"""Makes the files that the tests of package pickle read.

    python make.py

It writes an archive named after the versions of numpy and joblib it runs with:
pickles and joblib files of the same values in every protocol and compression,
and what Python sees in them as JSON. Run it once an environment; the committed
archives were made on Python 3.11 with
numpy 1.24.4, joblib 1.1.1, scikit-learn 1.2.2, lz4 4.4.5, and with
numpy 2.4.6, joblib 1.6.0, scikit-learn 1.9.1, lz4 4.4.5.
"""

import collections
import io
import json
import os
import pickle
import struct
import zipfile

import joblib
import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Bunch

ARCHIVE = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"numpy-{np.__version__}-joblib-{joblib.__version__}.zip")
COMPRESSIONS = ["zlib", "gzip", "bz2", "xz", "lzma", "lz4"]


def plain_values():
    cycle = [1]
    cycle.append(cycle)
    shared = ["shared"]
    return {
        "none": None,
        "bools": [True, False],
        "ints": [0, 1, -1, 127, 128, 255, 256, 65535, 65536, -65536, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1,
                 2**63 - 1, -(2**63), 2**63, -(2**63) - 1, 2**64, -(2**70), 10**30, -1 << 8 * 255, 1 << 8 * 256],
        "floats": [0.0, -0.0, 0.1, -1.5, 1e308, 5e-324, float("inf"), float("-inf"), float("nan")],
        "strings": ["", "ascii", "é", "日本語", "😀", "a\nb\r\\u0041\\\\u0041\\", "\x00\x1a'\"", "x" * 300],
        "bytes": [b"", b"abc", bytes(range(256)), bytearray(b""), bytearray(b"\x00\xff"), b"y" * 300],
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((), ((),))],
        "long list": [None] * 1001,
        "long dict": {f"{i:x}": i % 2 == 0 for i in range(40)},
        "dict": {"a": 1, 2: "b", (1, 2): None, None: 3, True: False, 1.5: [], b"c": {}},
        "sets": [set(), {1}, frozenset(), frozenset(["a"])],
        "ordered": collections.OrderedDict([("z", 1), ("a", 2)]),
        "default": collections.defaultdict(list, {"a": [1]}),
        "shared": [shared, shared, (shared,)],
        "cycle": cycle,
        "objects": [slice(0, 3), range(4), 1 + 2j, StandardScaler(), collections.deque([1])],
        "bunch": Bunch(b=1, a=[2]),
        "classes": [np.float64, StandardScaler, dict, int, str, range],
    }


def array_values():
    base = np.arange(24)
    nested = np.dtype([("a", "<i4"), ("b", [("c", ">f8"), ("d", "u1")])])
    records = np.zeros(3, nested)
    records["a"] = [1, 2, 3]
    records["b"]["c"] = [0.5, -0.0, np.inf]
    records["b"]["d"] = [7, 8, 9]
    aligned = np.zeros(2, np.dtype([("x", "u1"), ("y", "f8"), ("z", "?")], align=True))
    aligned["x"], aligned["y"], aligned["z"] = [1, 2], [0.25, np.nan], [True, False]
    object_records = np.array([("a", 1), (None, 2)], dtype=[("o", object), ("n", "i8")])
    objects = np.empty((2, 2), object)
    objects[:] = [["a", 1], [None, np.array([1.5, 2.5])]]
    values = {
        "bool": np.array([True, False, True]),
        "extremes i8": np.array([np.iinfo("i8").min, np.iinfo("i8").max]),
        "extremes u8": np.array([0, 2**64 - 1], "u8"),
        "floats f2": np.array([0, -0.0, 1, 65504, 6e-8, 6.1e-5, 0.1, np.inf, -np.inf, np.nan], "f2"),
        "floats f4": np.array([0, -0.0, 0.1, 1e38, 1e-45, np.inf, -np.inf, np.nan], "f4"),
        "C 2-d": base.reshape(4, 6),
        "F 2-d": np.asfortranarray(base.reshape(4, 6) / 4),
        "F 3-d": np.asfortranarray(base.reshape(2, 3, 4)),
        "transposed 3-d": base.astype("i2").reshape(2, 3, 4).transpose(1, 0, 2),
        "rolled 3-d": base.astype("i2").reshape(2, 3, 4).transpose(2, 0, 1),
        "strided": base[::5],
        "column": base.reshape(4, 6)[:, 1],
        "0-d": np.array(2.5),
        "0-d text": np.array("word"),
        "empty": np.zeros(0),
        "empty (0, 3)": np.zeros((0, 3)),
        "empty (3, 0)": np.zeros((3, 0), "i4"),
        "F text": np.asfortranarray(np.array([["ab", "c", ""], ["é", "日本", "😀x"]])),
        "text big-endian": np.array(["ab", "é", ""], ">U2"),
        "bytes": np.array([b"ab", b"\x00c", b""], "S2"),
        "dates": np.array(["2020-01-01", "NaT"], "M8[ns]"),
        "durations": np.array([1, 2], "m8[s]"),
        "complex": np.array([1 + 2j]),
        "long double": np.array([1.5], np.longdouble),
        "objects": np.array(["a", None, 1, 2.5, True, float("nan")], object),
        "objects of text": np.array(["x", "y", "z"], object),
        "objects F": np.asfortranarray(objects),
        "objects 0-d": np.array(None, object),
        "objects empty": np.empty(0, object),
        "records": records,
        "records aligned": aligned,
        "records of objects": object_records,
        "records F": np.asfortranarray(np.stack([records, records[::-1]])),
        "recarray": np.rec.array(records),
        "matrix": np.matrix([[1.0, 2.0]]),
        "scalars": [np.float64(0.1), np.float32(0.1), np.float16(0.1), np.int64(-5), np.int8(-5), np.uint64(2**64 - 1),
                    np.bool_(True), np.bool_(False), np.str_("é"), np.str_(""), np.bytes_(b"ab")],
        "opaque scalars": [np.datetime64("2020-01-01"), np.complex128(1j)],
        "dtypes": [np.dtype("f8"), np.dtype(">i4"), np.dtype("U5"), np.dtype(object), nested],
        "same array twice": [base, base],
    }
    for kind in ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i2", ">i4", ">i8", ">u2", ">u4", ">u8"]:
        values["ints " + kind] = np.array([1, 100, 0 if kind[-2] == "u" else -3], kind)
    for kind in ["f2", "f4", "f8", ">f2", ">f4", ">f8"]:
        values["fractions " + kind] = np.array([0.5, -3.25, 1e4], kind)
    return values


def describe_dtype(t):
    d = {"kind": t.kind, "size": t.itemsize, "big": t.byteorder == ">"}
    if t.names:
        d["fields"] = [[n, t.fields[n][1], describe_dtype(t.fields[n][0])] for n in t.names]
    return d


def describe_elements(a):
    """Elements in C order; fields of records one by one; nothing for opaque kinds."""
    if a.dtype.names and not a.dtype.hasobject:
        return {n: describe_elements(np.asarray(a[n])) for n in a.dtype.names}
    if a.dtype.kind in "Mmc" or a.dtype.itemsize > 8 and a.dtype.kind == "f":
        return None
    return [describe(v) for v in a.ravel(order="C").tolist()]


def describe(v, path=()):
    if id(v) in path:
        return {"cycle": len(path) - path.index(id(v))}
    path += (id(v),)
    if isinstance(v, (np.datetime64, np.complexfloating)):
        return {"object": "scalar"}
    if isinstance(v, np.generic):
        v = v.item()
    if v is None or isinstance(v, bool):
        return v
    if isinstance(v, int):
        return {"int": str(v)}
    if isinstance(v, float):
        return {"float": "nan" if v != v else struct.pack(">d", v).hex()}
    if isinstance(v, str):
        return {"str": str(v)}
    if isinstance(v, (bytes, bytearray)):
        return {"bytes": bytes(v).hex()}
    if isinstance(v, tuple):
        return {"tuple": [describe(x, path) for x in v]}
    if isinstance(v, list):
        return {"list": [describe(x, path) for x in v]}
    if isinstance(v, (set, frozenset)):
        return {"set": [describe(x, path) for x in v]}
    if isinstance(v, type):
        return {"class": f"{v.__module__}.{v.__name__}"}
    if isinstance(v, np.dtype):
        return {"dtype": describe_dtype(v)}
    if isinstance(v, np.ndarray):
        return {"array": describe_dtype(v.dtype), "shape": list(v.shape), "elements": describe_elements(np.asarray(v))}
    if isinstance(v, dict):
        pairs = [[describe(k, path), describe(x, path)] for k, x in v.items()]
        return {"pairs" if type(v) is Bunch else "dict": pairs}
    return {"object": f"{type(v).__module__}.{type(v).__name__}"}


def write(name, content):
    entry = zipfile.ZipInfo(name)  # with a fixed date
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content, compresslevel=9)


def write_json(name, content):
    write(name, json.dumps(content, separators=(",", ":")))


def joblib_bytes(value, **options):
    f = io.BytesIO()
    joblib.dump(value, f, **options)
    return f.getvalue()


def dump_all(name, values):
    for protocol in range(6):
        write(f"{name}-{protocol}.pickle", pickle.dumps(values, protocol=protocol))
        write(f"{name}-{protocol}.joblib", joblib_bytes(values, protocol=protocol))
    write_json(name + ".json", {k: describe(v) for k, v in values.items()})


def dump_models():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(60, 3))
    forest = RandomForestClassifier(3, max_depth=3, random_state=0).fit(x, np.where(x[:, 0] > 0, "yes", "no"))
    boosting = HistGradientBoostingRegressor(max_iter=2, max_leaf_nodes=4, min_samples_leaf=5).fit(x, x.sum(1))
    for name in COMPRESSIONS:
        write("forest." + name, joblib_bytes(forest, compress=(name, 3)))
    for protocol in (0, 2, 5):
        write(f"forest-{protocol}.pickle", pickle.dumps(forest, protocol=protocol))
    write("forest.joblib", joblib_bytes(forest))
    write("boosting.joblib", joblib_bytes(boosting))
    write_json("models.json", {
        "forest": [describe(e.tree_.__getstate__()["nodes"]) for e in forest.estimators_],
        "values": [describe(e.tree_.__getstate__()["values"]) for e in forest.estimators_],
        "boosting": [describe(p.nodes) for [p] in boosting._predictors],
    })


with zipfile.ZipFile(ARCHIVE, "w") as archive:
    dump_all("values", plain_values())
    dump_all("arrays", array_values())
    dump_models()
