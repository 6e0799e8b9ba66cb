"""usage: contestant.py LIBRARY

One Python library that takes part. Reads commands, one JSON object a line, and
answers each with one: load a model, time calls of its predict, write its outputs.
"""

import gc
import importlib
import itertools
import json
import os
import sys
import time
from importlib import metadata

import numpy as np

import treelites

# Small batches come from this many rows, and so from a cache, as the values of a
# request would that was just decoded; too many for a branch predictor to learn.
HOT_ROWS = 1024


def xgboost_(library, path):
    import xgboost

    booster = xgboost.Booster({"nthread": 1}, model_file=path)
    return np.float32, booster.inplace_predict


def lightgbm_(library, path):
    import lightgbm

    booster = lightgbm.Booster(model_file=path)
    return np.float64, lambda rows: booster.predict(rows, num_threads=1)


def scikit_learn(library, path):
    import joblib

    return np.float32, joblib.load(path).predict  # trained with n_jobs=1


def catboost_(library, path):
    import catboost

    model = catboost.CatBoost().load_model(path)
    return np.float32, lambda pool: model.predict(pool, thread_count=1), catboost.Pool


def onnxruntime_(library, path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return np.float32, lambda rows: session.run(None, {name: rows})[0]


def treelite_(library, path):
    from treelite import gtil

    model = treelites.load(library, path)
    return (np.float64 if library == "lightgbm" else np.float32), lambda rows: gtil.predict(model, rows, nthread=1)


def tl2cgen_(library, path):
    import tl2cgen

    predictor = tl2cgen.Predictor(path, nthread=1)
    dtype = np.float64 if library == "lightgbm" else np.float32
    return dtype, lambda rows: predictor.predict(tl2cgen.DMatrix(rows))


def lleaves_(library, path):
    import lleaves

    model = lleaves.Model(model_file=path)
    model.compile(cache=path.removesuffix(".txt") + ".o")
    return np.float64, lambda rows: model.predict(rows, n_jobs=1)


# What opens a model with each library: gives the type of rows that it likes best, its predict, and
# what makes of rows the form that it likes best, where they are not.
LIBRARIES = {
    "xgboost-cpu": xgboost_,
    "lightgbm": lightgbm_,
    "scikit-learn": scikit_learn,
    "catboost": catboost_,
    "onnxruntime": onnxruntime_,
    "treelite": treelite_,
    "tl2cgen": tl2cgen_,
    "lleaves": lleaves_,
}
MODULES = {"xgboost-cpu": "xgboost", "scikit-learn": "sklearn"}  # where not the package's name


class Contestant:
    def __init__(self, name: str):
        package = "xgboost-cpu" if name == "xgboost" else name
        self.open = LIBRARIES[package]
        importlib.import_module(MODULES.get(package, package))  # takes seconds, while models are trained
        self.version = metadata.version(package)
        self.starts = {}  # where the next timed call of each batch size takes its rows

    def hello(self):
        return {"version": self.version}

    def load(self, library, path, rows, columns):
        dtype, self.predict, *form = self.open(library, path)
        self.form = form[0] if form else lambda rows: rows
        self.rows = np.fromfile(rows, np.float32).reshape(-1, columns).astype(dtype)
        self.batches = {}
        gc.collect()
        gc.freeze()
        return {}

    def time(self, batch, calls):
        """Seconds that this many calls took, on the wall and of this process; a few calls go before, to warm the caches."""
        batches = self._batches(batch)
        if batch < HOT_ROWS:
            batches = batches[: HOT_ROWS // batch]
        begin = self.starts.get(batch, 0)
        warm = calls // 4
        chosen = list(itertools.islice(itertools.cycle(batches), begin, begin + warm + calls))
        self.starts[batch] = (begin + warm + calls) % len(batches)
        predict = self.predict
        for rows in chosen[:warm]:
            predict(rows)
        chosen = chosen[warm:]
        cpu, wall = time.process_time(), time.perf_counter()
        for rows in chosen:
            predict(rows)
        return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}

    def outputs(self, batch, rows, path):
        calls = self._batches(batch)[: rows // batch]
        np.concatenate([np.asarray(self.predict(b), np.float64).ravel() for b in calls]).tofile(path)
        return {}

    def _batches(self, size):
        if size not in self.batches:
            self.batches[size] = [self.form(self.rows[i : i + size]) for i in range(0, len(self.rows) - size + 1, size)]
        return self.batches[size]


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    contestant = None
    for line in sys.stdin:
        command = json.loads(line)
        try:
            contestant = contestant or Contestant(sys.argv[1])
            answer = getattr(contestant, command.pop("do"))(**command)
        except Exception as e:  # an absent library or a model that it cannot read is news, not a failure of the run
            answer = {"error": f"{type(e).__name__}: {str(e).splitlines()[0] if str(e) else ''}"[:200]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
