"""Save a trained model so that Treehouse serves it, with proof.

    import treehouse
    treehouse.save(model, X_test, "models/housing/4", y_test)

writes one version directory of a model repository:

    model.joblib    the model as its library writes it (model.ubj for an XGBoost
                    Booster, model.txt for a LightGBM Booster, model.onnx for an
                    ONNX graph)
    model.yaml      what it is: library and versions, features, classes, metrics,
                    and how X and the predictions for it are distributed
    golden.json     about 200 rows with the library's own outputs

Treehouse computes the same rows in Go when it loads the version, and serves it
only if every number agrees. Nothing in this file knows what Treehouse
supports: ``predict inspect DIRECTORY/model.joblib`` says that.

The rows are a sample of X and, made from it, the rows on which readers of
model files go wrong: a missing value in each column, -0.0, the two neighbouring
numbers between which a prediction jumps (a tree's threshold, to the last bit),
numbers far out of range, infinities, unknown categories. A row that the library
refuses is recorded with its message, because it must be refused when served.
The outputs come from the artifact as read back from disk, with one thread: the
order of a forest's sum depends on the number of threads, its last bit too.

The distributions (quantile bins, shares of categories and classes, the share of
missing values) are what Treehouse compares traffic with. Beside each stand the
distances beyond which a window of traffic has drifted: what 999 of 1,000 windows
of 1,000 rows would not reach if the traffic were distributed as X was.

An ONNX graph is given as what a converter returns, as bytes, or as the path of a
file; its library is ONNX Runtime, on one thread.

One file, to be copied next to a notebook. It needs numpy and the library that
trained the model; pandas only where X is a DataFrame.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shutil
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any, Callable, Iterable, Sequence

import numpy as np

__all__ = ["save", "golden"]

#: Formats of an artifact, and the file each is written to.
FORMATS = {
    "joblib": "model.joblib",
    "skops": "model.skops",
    "pickle": "model.pkl",
    "ubj": "model.ubj",
    "json": "model.json",
    "binary": "model.bst",
    "txt": "model.txt",
    "cbm": "model.cbm",
    "onnx": "model.onnx",
}

#: PyPI names of the packages whose versions decide what a model means.
LIBRARIES = {
    "sklearn": "scikit-learn",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
    "onnxruntime": "onnxruntime",
    "imblearn": "imbalanced-learn",
    "sklearn2pmml": "sklearn2pmml",
}

#: Packages whose classes only wrap those of scikit-learn.
WRAPPING = ("imblearn", "sklearn2pmml")

#: Numbers that are unusual in any column. As categories some are negative, not
#: whole or not an int32; 3.5e38 is no float32; 1e-35 is LightGBM's "zero".
FAR = (-1.0, 0.5, 1e9, 3e9, -1e30, 1e30, 3.5e38, -3.5e38, 1e308, 5e-324, 1e-35, 16777217.0)

#: A distribution has at most so many bins, one of a prediction's classes CLASSES.
BINS, CLASSES = 10, 20

#: A drift threshold is what a window of WINDOW rows exceeds with the probability
#: FALSE_ALARMS though nothing drifted, by DRAWS simulated windows.
WINDOW, FALSE_ALARMS, DRAWS = 1000, 0.001, 20_000

#: Shares below it count as it: an empty bin must not make a distance infinite.
FLOOR = 1e-4

#: numpy functions whose result is the same on every processor, to the last bit.
EXACT = {"sqrt", "square", "abs", "absolute", "negative", "reciprocal", "floor", "ceil", "rint", "trunc", "sign"}

#: CatBoost's losses whose models predict more than raw scores.
CLASSIFIES = {
    *("Logloss", "CrossEntropy", "Focal", "MultiClass", "MultiClassOneVsAll", "MultiLogloss", "MultiCrossEntropy"),
}
REGRESSES = {"Poisson", "Tweedie", "RMSEWithUncertainty"}
#: Packages of scikit-learn that sum products, and classes that use exponentials:
#: where one of their answers changes depends on the order of a sum, or on a last bit.
SUMMING = {
    "cluster", "decomposition", "discriminant_analysis", "linear_model", "mixture", "naive_bayes", "neighbors", "neural_network", "svm",
    "Normalizer", "PowerTransformer", "QuantileTransformer",
}  # fmt: skip

Row = list  # of float, str or None (missing), one entry a feature


def save(
    model: Any,
    X: Any,
    directory: str | os.PathLike[str],
    y: Any = None,
    *,
    name: str | None = None,
    rows: int = 200,
    seed: int = 0,
    format: str | None = None,
    compress: Any = 0,
    protocol: int | None = None,
) -> Path:
    """Write ``model`` to ``directory``, a new version directory, and return its path.

    X:         a DataFrame, a two-dimensional array or a list of texts as
               ``model.predict`` takes it, at least one row. Held-out data is best: with ``y`` given, the
               metrics in model.yaml are measured on exactly this X and y. Columns of
               dates and the like are left out where the model does not read them.
               Of a model trained on arrays or texts X names the columns. It is
               what traffic is compared with to find drift: some thousand rows,
               as they come in production, make that worth having.
    directory: usually ``<repository>/<model>/<version>``, the version a positive
               integer. It must not exist: a version never changes. It appears
               whole or not at all.
    name:      of the model; by default what the directory says.
    rows:      about how many golden rows to write.
    seed:      chooses the golden rows, and the windows that drift thresholds are
               made of; the same seed gives the same bytes.
    format:    "joblib", "pickle", "skops", "ubj", "json" or "binary" (XGBoost; the
               last is what it wrote before the others, until 2.0), "txt" (LightGBM),
               "cbm" or "json" (CatBoost), "onnx". By default a booster's own, and joblib
               for all else, the scikit-learn wrappers of XGBoost and LightGBM and
               all of CatBoost among it.
    compress:  as ``joblib.dump`` takes it; anything deflates a skops file.
               Uncompressed loads fastest.
    protocol:  of the pickle; by default what joblib or pickle choose.

    The caller's model is not changed.
    """
    directory = Path(directory)
    if directory.exists():
        raise FileExistsError(f"{directory} exists; a version never changes, save to a new number")
    model = _opened(model)
    format = format or _default_format(model)
    if format not in FORMATS:
        raise ValueError(f"format {format!r} is unknown; expected one of {', '.join(FORMATS)}")
    table = _Table(X, model)
    if rows < 1:
        raise ValueError(f"rows is {rows}; at least one golden row is needed")

    directory.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        artifact = temporary / FORMATS[format]
        _write(model, artifact, format, compress, protocol, X)
        oracle = _Oracle(_read(artifact, format, model))
        certificate = _certificate(oracle, table, rows, seed)
        description = {
            "apiVersion": "treehouse.dev/v1",
            "kind": "Model",
            "name": name or _name(directory),
            "artifact": artifact.name,
            "sha256": hashlib.sha256(artifact.read_bytes()).hexdigest(),
            "library": oracle.library,
            "class": _class(model),
            "versions": oracle.versions(),
            "task": oracle.task,
            "features": table.describe(),
            "outputs": oracle.describe(certificate),
        }
        if oracle.classes is not None:
            description["classes"] = oracle.classes
        predicted, refused = _predictions(oracle, table)
        if y is not None:
            description["metrics"] = _metrics(oracle, table, y, predicted, refused)
        description["golden"] = "golden.json"
        description["reference"] = _reference(oracle, table, predicted, seed)
        (temporary / "golden.json").write_text(_json(certificate), encoding="utf-8")
        (temporary / "model.yaml").write_text(_yaml(description), encoding="utf-8")
        for path in temporary.iterdir():
            with open(path, "rb+") as file:
                os.fsync(file.fileno())
            path.chmod(0o644)
        temporary.chmod(0o755)
        if directory.exists():  # someone else was faster
            raise FileExistsError(f"{directory} exists; a version never changes, save to a new number")
        os.rename(temporary, directory)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return directory


def golden(model: Any, X: Any, *, rows: int = 200, seed: int = 0) -> dict[str, Any]:
    """What golden.json would hold for ``model``, which is computed on as it is:
    with more than one thread, should it be set so."""
    model = _opened(model)
    return _certificate(_Oracle(model), _Table(X, model), rows, seed)


# --- the artifact -----------------------------------------------------------


def _default_format(model: Any) -> str:
    if isinstance(model, _Onnx):
        return "onnx"
    if _is(model, "xgboost", "Booster"):
        version = _boosters(model)[0]
        return "ubj" if version >= (1, 6) else "json" if version >= (1, 0) else "binary"
    if _is(model, "lightgbm", "Booster"):
        return "txt"
    if not hasattr(model, "predict") and not hasattr(model, "transform"):
        raise TypeError(f"{_class(model)} has neither predict nor transform; expected a fitted model")
    return "joblib"


def _opened(model: Any) -> Any:
    """An ONNX graph becomes a model; whatever else is one already."""
    if isinstance(model, (str, os.PathLike)):
        model = Path(model).read_bytes()
    if hasattr(model, "SerializeToString"):
        model = model.SerializeToString()
    return _Onnx(model) if isinstance(model, bytes) else model


def _write(model: Any, path: Path, format: str, compress: Any, protocol: int | None, X: Any) -> None:
    if isinstance(model, _Onnx) != (format == "onnx"):
        raise TypeError(f"format {format!r} is not for {_class(model)}")
    if format == "onnx":
        path.write_bytes(model.data)
    elif format == "joblib":
        import joblib

        joblib.dump(model, path, compress=compress, protocol=protocol)
    elif format == "skops":
        import zipfile

        import skops.io

        how = {"compression": zipfile.ZIP_DEFLATED} if compress else {}
        skops.io.dump(model, path, **how)
    elif format == "pickle":
        import pickle

        path.write_bytes(pickle.dumps(model, protocol=protocol))
    elif format == "txt":
        _need(model, "lightgbm", format)
        getattr(model, "booster_", model).save_model(str(path))
    elif format == "cbm" or _is(model, "catboost", "CatBoost"):
        _need(model, "catboost", format)
        categories, pool = model.get_cat_feature_indices(), None
        if format == "json" and categories:  # it looks their names up in the data
            pool = sys.modules["catboost"].Pool(X, cat_features=categories)
        model.save_model(str(path), format=format, pool=pool)
    else:
        _need(model, "xgboost", format)
        version = _boosters(model)[0]
        if format == "ubj" and version < (1, 6):
            raise ValueError("XGBoost writes UBJSON since 1.6; save as json")
        if format == "json" and version < (1, 0):
            raise ValueError("XGBoost writes JSON since 1.0; save as binary")
        if format == "binary" and version >= (2, 1):
            raise ValueError("XGBoost writes its binary format until 2.0; save as ubj")
        model.save_model(str(path))


def _read(path: Path, format: str, model: Any) -> Any:
    """The artifact, as its library reads it, set to one thread."""
    if format == "onnx":
        read = _Onnx(path.read_bytes())
    elif format == "joblib":
        import joblib

        read = joblib.load(path)
    elif format == "skops":
        import skops.io

        # This process wrote the file a moment ago: what it holds is trusted.
        read = skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))
    elif format == "pickle":
        import pickle

        read = pickle.loads(path.read_bytes())
    elif format == "txt":
        import lightgbm

        read = lightgbm.Booster(model_file=str(path))
    elif _is(model, "catboost", "CatBoost"):
        read = _catboost_class(model)().load_model(str(path), format=format)
    else:
        read = type(model)()
        read.load_model(str(path))
    for part in _parts(read):
        if getattr(part, "n_jobs", 1) != 1:
            part.n_jobs = 1
        if _is(part, "xgboost", "Booster"):
            part.set_param({"nthread": 1})
    return read


def _catboost_class(model: Any) -> type:
    """The class that a file is read as, which says nothing but the loss."""
    import catboost

    loss = str(model.get_all_params().get("loss_function", "")).split(":")[0]
    if loss in CLASSIFIES:
        return catboost.CatBoostClassifier
    return catboost.CatBoostRegressor if loss in REGRESSES else catboost.CatBoost


def _raw(model: Any) -> bool:
    """Whether a classifier answers scores: LightGBM's with an objective of one's own."""
    return _is(model, "lightgbm", "LGBMModel") and callable(getattr(model, "_objective", None) or model.objective)


def _need(model: Any, library: str, format: str) -> None:
    if type(model).__module__.split(".")[0] != library:
        raise TypeError(f"format {format!r} is for models of {library}, not {_class(model)}")


def _parts(model: Any) -> Iterable[Any]:
    """The model and everything of a known library within it."""
    seen: set[int] = set()
    stack = [model]
    while stack:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, dict):
            stack.extend(part.values())
        elif isinstance(part, (list, tuple)) or (isinstance(part, np.ndarray) and part.dtype == object):
            stack.extend(part if not isinstance(part, np.ndarray) else part.ravel())
        elif type(part).__module__.split(".")[0] in LIBRARIES:
            yield part
            stack.extend(getattr(part, "__dict__", {}).values())


# --- the library's own answers ----------------------------------------------


class _Oracle:
    """A model and the methods whose outputs are recorded."""

    def __init__(self, model: Any) -> None:
        root = type(model).__module__.split(".")[0]
        self.library = "scikit-learn" if root in WRAPPING else LIBRARIES.get(root, root)
        self.model = model
        if hasattr(model, "best_estimator_"):  # what a search delegates to
            model = model.best_estimator_
        elif hasattr(model, "cv_results_") and not hasattr(model, "estimator_"):
            raise TypeError(f"{_class(model)} was run with refit=False and has no model to save")
        last = model
        while hasattr(last, "steps"):
            last = last.steps[-1][1]
        functions = (getattr(part, "func", None) for part in _parts(model) if not hasattr(part, "regressor"))
        #: Whether a feature reaches the estimator to the last bit, wherever it runs.
        self.exact = all(f is None or getattr(f, "__name__", "") in EXACT for f in functions)
        if any({*type(part).__module__.split(".")[1:2], type(part).__name__} & SUMMING for part in _parts(model)):
            self.exact = False

        #: What is asked first, and tells which rows are refused.
        self.main = "predict" if hasattr(model, "predict") else "transform"
        self.methods: dict[str, Callable[[Any], Any]] = {self.main: getattr(model, self.main)}
        self.classes: list[Any] | None = None
        self.several = False  # labels a row
        if isinstance(model, _Onnx):
            self.library, self.classes = "onnxruntime", model.classes
            if model.probabilities is not None:
                self.methods["predict_proba"] = model.predict_proba
        elif _is(model, "xgboost", "Booster"):
            self.methods = {
                "predict": lambda X: model.predict(self._matrix(X)),
                "decision_function": lambda X: model.predict(self._matrix(X), output_margin=True),
            }
        elif _is(model, "lightgbm", "Booster"):
            self.methods = {
                "predict": lambda X: model.predict(X, num_threads=1),
                "decision_function": lambda X: model.predict(X, raw_score=True, num_threads=1),
            }
        elif _is_classifier(model) and not (_is(last, "catboost", "CatBoost") and _labels(last)) and not _raw(last):
            self.several = _several(model, last)
            if not self.several:
                self.classes = [_label(c) for c in model.classes_]
            for method in ("predict_proba", "decision_function"):
                if hasattr(model, method):
                    self.methods[method] = getattr(model, method)
            # The boosters' wrappers call their decision function by other names.
            if _is(last, "xgboost", "XGBModel"):
                self.methods["decision_function"] = lambda X: model.predict(X, output_margin=True)
            elif _is(last, "lightgbm", "LGBMModel"):
                self.methods["decision_function"] = lambda X: model.predict(X, raw_score=True)
            elif _is(last, "catboost", "CatBoost"):
                self.methods["predict"] = lambda X: np.asarray(model.predict(X)).reshape(len(X))
                self.methods["decision_function"] = lambda X: model.predict(X, prediction_type="RawFormulaVal")
        elif hasattr(last, "offset_") and hasattr(model, "decision_function"):  # tells outliers from others
            self.methods["decision_function"] = model.decision_function
        self.task = "regression" if self.classes is None and not self.several else "classification"
        self.columns: list[str] | None = None  # the names of those that transform yields
        if self.main == "transform":
            self.task = "transformation"
            try:
                self.columns = [str(name) for name in model.get_feature_names_out()]
            except Exception:  # whatever it is, the library has none
                pass

    def _matrix(self, X: Any) -> Any:
        import xgboost

        names = self.model.feature_names if not hasattr(X, "columns") else None
        types = self.model.feature_types if names else None
        options = {"enable_categorical": True} if _boosters(self.model)[0] >= (1, 3) else {}
        return xgboost.DMatrix(X, feature_names=names, feature_types=types, nthread=1, **options)

    def ask(self, X: Any) -> dict[str, list[Any]]:
        """Every method's outputs for X: one entry a row."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with np.errstate(all="ignore"):
                answers = {name: _dense(method(X)) for name, method in self.methods.items()}
        for name, answer in answers.items():
            if answer.ndim > 2 or len(answer) != len(X):
                raise TypeError(f"{name} returned an array of shape {answer.shape} for {len(X)} rows")
        outputs = {}
        for name, answer in answers.items():
            if name == "predict" and self.classes is not None:
                outputs[name] = [_label(v) for v in answer]
            elif name == "predict" and self.several:
                outputs[name] = [[_label(v) for v in row] for row in answer]
            else:
                outputs[name] = [[float(v) for v in np.atleast_1d(row)] for row in answer]
        return outputs

    def probe(self, table: _Table, rows: list[Row]) -> None:
        """Drop what the model has as a method, and refuses to do where predict
        works: predict_proba of multi:softmax in some versions of XGBoost."""
        for row in rows[:16]:
            X = table.build([row])
            kept = {}
            for name, method in self.methods.items():
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        method(X)
                    kept[name] = method
                except Exception:
                    continue  # a refused row, or a refused method: predict decides
            if self.main in kept:
                self.methods = kept
                return

    def versions(self) -> dict[str, str]:
        """The versions of the libraries that the model is made of, and numpy's."""
        roots = {type(part).__module__.split(".")[0] for part in _parts(self.model)}
        if isinstance(self.model, _Onnx):
            roots = {"onnxruntime"}
        found = {LIBRARIES[root]: sys.modules[root].__version__ for root in LIBRARIES if root in roots}
        return {**found, "numpy": np.__version__, "python": ".".join(map(str, sys.version_info[:3]))}

    def describe(self, certificate: dict[str, Any]) -> list[dict[str, Any]]:
        """Name and width of each output."""
        described = []
        for name, values in certificate["outputs"].items():
            width = len(values[0]) if values and isinstance(values[0], list) else 1
            described.append({"name": name, "width": width})
        return described


def _certificate(oracle: _Oracle, table: _Table, count: int, seed: int) -> dict[str, Any]:
    """The contents of golden.json."""
    rng = np.random.default_rng(seed)
    rows = table.sample(rng, max(1, count * 3 // 5))
    oracle.probe(table, rows)
    rows += _edges(oracle, table, rng, max(1, count - len(rows)))

    accepted: list[Row] = []
    outputs: dict[str, list[Any]] = {name: [] for name in oracle.methods}
    errors: list[dict[str, Any]] = []
    for batch, answer, error in _answers(oracle, table, rows):
        if answer is None:
            errors.append({"row": batch[0], "error": error})
            continue
        accepted += batch
        for name, values in answer.items():
            outputs[name] += values
    if not accepted:
        raise ValueError(f"the model refuses every row of X; the first one with {errors[0]['error']}")
    columns = {"columns": oracle.columns} if oracle.columns is not None else {}
    return {
        "format": "treehouse.dev/golden/v1",
        "library": oracle.library,
        "versions": oracle.versions(),
        "features": [column.name for column in table.columns],
        "rows": accepted,
        "outputs": outputs,
        "errors": errors,
        **columns,
    }


def _answers(oracle: _Oracle, table: _Table, rows: list[Row]) -> Iterable[tuple[list[Row], Any, str]]:
    """Batches of rows with their outputs; or one row, None and what the library
    said when it refused it. Blocks keep the price of a refused row low."""
    for start in range(0, len(rows), 32):
        block = rows[start : start + 32]
        try:
            yield block, oracle.ask(table.build(block)), ""
            continue
        except Exception:  # whatever a library raises is its refusal: find the row
            pass
        for row in block:
            try:
                yield [row], oracle.ask(table.build([row])), ""
            except Exception as error:
                yield [row], None, _refusal(error)


def _refusal(error: Exception) -> str:
    """The first line of an error, without XGBoost's time of day and place in its source."""
    text = f"{type(error).__name__}: {error}".strip().splitlines()[0]
    return re.sub(r"\[\d\d:\d\d:\d\d\] \S+: ", "", text)[:300]


class _Onnx:
    """An ONNX graph as a model: one input with all columns, or one a column; and
    a label with scores, a label, or numbers."""

    def __init__(self, data: bytes) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # With more threads the order of a sum depends on their number.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        self.data = data
        self.session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        self.inputs = self.session.get_inputs()
        single = len(self.inputs) == 1 and len(self.inputs[0].shape) == 2 and self.inputs[0].shape[1] != 1
        #: The names of the columns, or None where one input has them all.
        self.names = None if single else [i.name for i in self.inputs]
        #: The keys of a map that is the only input, a column each.
        self.keys = _onnx_keys(data) if self.inputs[0].type.startswith("map(") else None
        if self.keys is not None:
            self.names = [str(key) for key in self.keys]
        outputs = self.session.get_outputs()
        self.probabilities: int | None = None
        self.classes = _onnx_classes(data, [o.name for o in outputs])
        if self.classes is not None and len(outputs) > 1:
            self.probabilities = 1

    def feed(self, X: Any) -> dict[str, Any]:
        if self.names is None:
            return {self.inputs[0].name: _onnx_tensor(X, self.inputs[0].type)}
        columns = [X.iloc[:, i] if hasattr(X, "iloc") else np.asarray(X)[:, i] for i in range(len(self.inputs))]
        return {
            i.name: _onnx_tensor(column, i.type).reshape([-1, 1] if len(i.shape) == 2 else [-1])
            for i, column in zip(self.inputs, columns)
        }

    def run(self, X: Any) -> list[Any]:
        """The outputs; of maps, of which the runtime takes one at a time, the rows' put together."""
        if self.keys is None:
            return self.session.run(None, self.feed(X))
        answers = []
        for row in np.asarray(X, dtype=np.float64):
            # Python cannot hand over a map of nothing; a key with 0 is the same.
            given = {key: float(v) for key, v in zip(self.keys, row) if not np.isnan(v)} or {self.keys[0]: 0.0}
            answers.append(self.session.run(None, {self.inputs[0].name: given}))
        return [sum(parts, []) if isinstance(parts[0], list) else np.concatenate(parts) for parts in zip(*answers)]

    def predict(self, X: Any) -> Any:
        answer = np.asarray(self.run(X)[0])
        return answer.ravel() if self.classes is not None else answer

    def predict_proba(self, X: Any) -> Any:
        scores = self.run(X)[1]
        if isinstance(scores, list):  # of maps
            scores = [[row[label] for label in self.classes] for row in scores]
        scores = np.asarray(scores)
        if scores.shape[1:] != (len(self.classes),):
            raise TypeError(f"scores of shape {scores.shape} for {len(self.classes)} classes are no probabilities")
        return scores


def _onnx_tensor(values: Any, type: str) -> Any:
    """Values as ONNX Runtime takes them; what it has no values for is refused."""
    cells = np.asarray(values, dtype=object)
    if type == "tensor(string)":
        if any(not isinstance(v, str) for v in cells.ravel()):
            raise ValueError("a tensor of strings holds no missing value")
        return cells
    numbers = cells.astype(np.float64)
    if "float" in type or "double" in type:
        return numbers.astype(np.float32 if "float" in type else np.float64)
    if not (np.isfinite(numbers).all() and (numbers == np.trunc(numbers)).all() and (abs(numbers) < 2.0**63).all()):
        raise ValueError("a tensor of integers holds no missing value and no fraction")
    return numbers.astype(np.int64)


def _onnx_keys(data: bytes) -> list[Any]:
    """The keys that DictVectorizer knows, in the order of its columns."""
    import onnx

    for node in onnx.load_from_string(data).graph.node:
        if node.op_type == "DictVectorizer":
            values = onnx.helper.get_attribute_value(node.attribute[0])
            return [v.decode() if isinstance(v, bytes) else v for v in values]
    raise TypeError("a graph with a map as its input, but no DictVectorizer")


def _onnx_classes(data: bytes, outputs: list[str]) -> list[Any] | None:
    """The classes of a classifier, None of another graph: the keys of what became a
    map, what a classifying operator lists, or the constant that labels are taken from."""
    import onnx

    graph = onnx.load_from_string(data).graph
    found = []
    for node in reversed(graph.node):
        for attribute in node.attribute:
            if attribute.name.startswith("classlabels"):
                values = onnx.helper.get_attribute_value(attribute)
                values = [v.decode() if isinstance(v, bytes) else v for v in values]
                if values and (node.op_type == "ZipMap" or node.output[0] == outputs[0] or not found):
                    found.append(values)
    makers = {name: node for node in graph.node for name in node.output}
    constants = {c.name: c for c in graph.initializer}
    casts, name = [], outputs[0]
    while name in makers and makers[name].op_type in ("Cast", "Reshape", "Identity", "Squeeze"):
        if makers[name].op_type == "Cast":
            casts.append(onnx.helper.get_attribute_value(makers[name].attribute[0]))
        name = makers[name].input[0]
    if name in makers and makers[name].op_type == "ArrayFeatureExtractor" and makers[name].input[0] in constants:
        values = onnx.numpy_helper.to_array(constants[makers[name].input[0]]).ravel()
        found = [[v.decode() if isinstance(v, bytes) else v for v in values.tolist()]]
    elif not (name in makers and makers[name].op_type.endswith("Classifier")):
        return None
    if not found:
        return None
    for kind in reversed(casts):  # to what the label is
        convert = {onnx.TensorProto.STRING: str, onnx.TensorProto.BOOL: bool, onnx.TensorProto.INT64: int}.get(kind)
        if convert:
            found[0] = [convert(v) for v in found[0]]
    return found[0]


# --- rows -------------------------------------------------------------------


def _edges(oracle: _Oracle, table: _Table, rng: np.random.Generator, count: int) -> list[Row]:
    """Rows of X, each changed in one place (a few in all), at most count."""
    base = table.sample(rng, 16)
    free = [i for i, column in enumerate(table.columns) if not column.boolean and not column.odd]
    numbers = [i for i in free if table.columns[i].kind == "number"]
    strings = [i for i in free if table.columns[i].kind == "string" and table.columns[i].open]

    def row(i: int, value: Any) -> Row:
        changed = list(base[int(rng.integers(len(base)))])
        changed[i] = value
        return changed

    def some(columns: Sequence[int]) -> list[int]:
        return [int(i) for i in rng.permutation(columns)] if len(columns) else []

    far = some(range(len(FAR)))
    kinds: list[list[Row]] = [
        [row(i, None) for i in some(free)],
        _jumps(oracle, table, rng, base, some(numbers)[: max(1, count // 8)]),
        [row(i, value) for i in some(strings) for value in ("no such category", "")],
        [row(i, FAR[far[k % len(far)]]) for k, i in enumerate(some(numbers) * 2)],
        [row(i, -0.0) for i in some(numbers)],
        [row(i, math.inf if k % 2 else -math.inf) for k, i in enumerate(some(numbers)[:4])],
        [
            [v if c.boolean else None for c, v in zip(table.columns, base[0])],
            [0.0 if c.kind == "number" and not c.odd else v for c, v in zip(table.columns, base[0])],
        ],
    ]
    # One of each kind in turn, so that a small count still has every kind.
    turns = [kind[k] for k in range(max(map(len, kinds))) for kind in kinds if k < len(kind)]
    return turns[:count]


def _jumps(
    oracle: _Oracle, table: _Table, rng: np.random.Generator, base: list[Row], columns: list[int]
) -> list[Row]:
    """Pairs of rows that differ by one bit of one number, and in the model's answer.

    Bisection between two values of a column finds, whatever the model is made
    of, the neighbouring doubles between which its answer changes. Behind a
    logarithm or the like the two are moved apart by a billionth: its last bit
    depends on the processor, so which side such a double falls on does too.
    """
    lows, highs, rows = [], [], []
    for i in columns:
        values = [v for v in table.columns[i].values if v is not None and math.isfinite(v)]
        if values and min(values) < max(values):
            lows.append(_key(float(min(values))))
            highs.append(_key(float(max(values))))
            rows.append((i, base[int(rng.integers(len(base)))]))

    def answers(keys: list[int]) -> list[str]:
        changed = [_with(row, i, _unkey(key)) for (i, row), key in zip(rows, keys)]
        outputs = oracle.ask(table.build(changed))
        return [repr([values[k] for values in outputs.values()]) for k in range(len(changed))]

    if not rows:
        return []
    try:
        low_answers, high_answers = answers(lows), answers(highs)
        for _ in range(64):
            middles = [(low + high) // 2 for low, high in zip(lows, highs)]
            for k, answer in enumerate(answers(middles)):
                if answer == low_answers[k]:
                    lows[k] = middles[k]
                else:
                    highs[k] = middles[k]
    except Exception:  # the library refuses such rows: the errors will show it
        return []
    pairs: list[Row] = []
    for k, (i, row) in enumerate(rows):
        if low_answers[k] != high_answers[k]:
            low, high = _unkey(lows[k]), _unkey(highs[k])
            if not oracle.exact:
                gap = 1e-9 * max(abs(low), abs(high))
                low, high = low - gap, high + gap
            pairs += [_with(row, i, low), _with(row, i, high)]
    return pairs


def _with(row: Row, i: int, value: Any) -> Row:
    return [*row[:i], value, *row[i + 1 :]]


def _key(x: float) -> int:
    """An integer that orders as x does, neighbours next to each other."""
    bits = int(np.float64(x + 0.0).view(np.int64))
    return bits if bits >= 0 else -(bits & 0x7FFFFFFFFFFFFFFF)


def _unkey(key: int) -> float:
    return float(np.int64(abs(key)).view(np.float64)) * (1 if key >= 0 else -1)


class _Column:
    """One column of X: its values as JSON has them (None is missing), and how
    to turn such values back into what the library takes.

    Numbers become float64 whatever X had, since a request's numbers are float64;
    but bools stay for scikit-learn, which refuses as floats what it takes as bools.
    """

    def __init__(self, name: str, values: Any, xgboost: tuple[int, ...], lightgbm: bool, category: bool, none: list[set[Any]]) -> None:
        self.name = name
        if category:  # CatBoost knows categories by their text, integers too
            values = _texts(values)
        coded = (0,) < xgboost < (3, 1)  # since 3.1 XGBoost keeps the categories themselves
        self.dtype = values.dtype
        self.categories: list[Any] | None = None  # of a pandas categorical
        if hasattr(self.dtype, "categories"):
            if coded:
                known = list(self.dtype.categories)
                if known != list(range(len(known))) and not any(isinstance(v, str) for v in known):
                    raise ValueError(
                        f"column {name!r} has categories that are not 0, 1, 2, …, but {', '.join(map(str, known[:5]))}"
                        f"{', …' if len(known) > 5 else ''}; XGBoost before 3.1 keeps only their places, for which a caller's values"
                        " would be taken: train on the places (.cat.codes), or with XGBoost 3.1 or newer"
                    )
                codes = np.asarray(values.cat.codes)
                values = np.where(codes < 0, np.nan, codes.astype(np.float64))
                self.dtype = values.dtype
            else:
                self.categories = list(self.dtype.categories)
        self.boolean = self.dtype == bool and not xgboost and not lightgbm
        #: What it holds that can be no value of a request: then the model may not read it.
        self.odd: str | None = None
        # Whether an unknown category can be tried. XGBoost before 3.4 takes some
        # for a known one, by the order of their letters; Treehouse refuses them all.
        self.open = self.categories is None or not (0,) < xgboost < (3, 4)
        raw = list(values)
        present = [v for v in raw if not _is_missing(v)]
        gaps = [v for v in raw if _is_missing(v)]
        # Where a column has both NaN and None, missing is NaN; where it has neither,
        # what it was in training.
        self.missing: Any = math.nan
        if all(v is None for v in gaps) if gaps else self.dtype == object and any(known.issuperset(present) for known in none):
            self.missing = None
        known = present if self.categories is None else self.categories
        if known and all(isinstance(v, str) for v in known):
            self.kind = "string"
        elif all(isinstance(v, (bool, np.bool_, int, float, np.integer, np.floating)) for v in known):
            self.kind = "number"
        else:
            odd = sorted({type(v).__name__ for v in known})
            self.odd = f"column {name!r} holds {', '.join(odd)}; expected numbers or strings, not both"
            self.kind, self.values = "number", [None] * len(raw)
            return
        convert = str if self.kind == "string" else float
        self.values = [None if _is_missing(v) else convert(v) for v in raw]

    def build(self, values: list[Any]) -> Any:
        if self.odd:
            import pandas

            empty = [None] * len(values)
            return np.array(empty, dtype=object) if self.dtype == object else pandas.array(empty, dtype=self.dtype)
        if self.categories is not None:
            import pandas

            extra = [v for v in dict.fromkeys(values) if v is not None and v not in self.categories]
            known = {v: v for v in self.categories}  # 1.0 finds the category 1
            return pandas.Categorical(
                [None if v is None else known.get(v, v) for v in values],
                # XGBoost wants their type too: int32 is not int64.
                categories=self.categories + extra if extra else self.dtype.categories,
                ordered=self.dtype.ordered,
            )
        values = [self.missing if v is None else v for v in values]
        if self.kind == "number" and self.dtype != object:
            return np.array(values, dtype=bool if self.boolean else np.float64)
        if isinstance(self.dtype, np.dtype):
            cells = np.empty(len(values), dtype=object)
            cells[:] = values
            return cells
        import pandas

        return pandas.array(values, dtype=self.dtype)


def _cells(values: list[Any]) -> Any:
    """A column of numbers, or of objects where some are none."""
    if all(v is None or isinstance(v, (bool, int, float)) for v in values):
        return np.array([math.nan if v is None else float(v) for v in values])
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    return cells


def _with_none(model: Any) -> list[set[Any]]:
    """The categories of each column in which an encoder knows None, and not NaN."""
    held = [getattr(part, "categories_", None) for part in _parts(model)]
    lists = [c for lists in held if isinstance(lists, list) for c in lists if getattr(c, "dtype", None) == object]
    missing = [[v for v in c if _is_missing(v)] for c in lists]
    return [set(c) for c, gaps in zip(lists, missing) if gaps and all(v is None for v in gaps)]


def _texts(values: Any) -> Any:
    """Categories as CatBoost writes them: a bool is 1 or 0 to it."""
    cells = np.empty(len(values), dtype=object)
    plain = (int(v) if isinstance(v, (bool, np.bool_)) else v for v in values)
    cells[:] = [math.nan if _is_missing(v) else v if isinstance(v, str) else str(v) for v in plain]
    return cells


class _Table:
    """X, column by column, in the order of the model's features."""

    def __init__(self, X: Any, model: Any) -> None:
        if hasattr(X, "toarray"):
            raise TypeError("X is a sparse matrix; pass the same rows as X.toarray()")
        names = _feature_names(model)
        self.frame = hasattr(X, "columns") and hasattr(X, "iloc")
        if isinstance(model, _Onnx) and names is None and self.frame:
            names = [str(name) for name in X.columns]  # the graph has none of its own
        self.records = not self.frame and isinstance(X, list) and bool(X) and all(isinstance(x, dict) for x in X)
        self.texts = not self.frame and not self.records and np.ndim(X) == 1 and all(isinstance(x, str) for x in X)
        if self.records:  # of a DictVectorizer: what is absent is missing
            names = names or list(dict.fromkeys(name for x in X for name in x))
            columns = [_cells([x.get(name) for x in X]) for name in names]
            self.labels = list(names)
        elif self.texts:  # a vectorizer takes them as they are
            columns, self.labels = [np.asarray(X, dtype=object)], [0]
        elif self.frame:
            if names and set(names) <= set(X.columns):
                X = X[list(names)]
            columns = [X.iloc[:, i] for i in range(X.shape[1])]
            self.labels = list(X.columns)
        else:
            X = np.asarray(X)
            if X.ndim != 2:
                raise ValueError(f"X has {X.ndim} dimensions; expected 2: rows and features")
            columns = [X[:, i] for i in range(X.shape[1])]
            self.labels = list(range(X.shape[1]))
        if names and len(names) != len(columns):
            raise ValueError(f"X has {len(columns)} columns; the model was trained on {len(names)}")
        if not columns or not len(X):
            raise ValueError(f"X has {len(X)} rows and {len(columns)} columns; expected at least one of each")
        self.names = names
        called = [str(name) for name in names or self._called(X)]
        known = _boosters(model)
        inner = _inner(model)
        categories = set(inner.get_cat_feature_indices()) if _is(inner, "catboost", "CatBoost") else ()
        none = _with_none(model)
        self.columns = [
            _Column(called[i], column, *known, i in categories, none) for i, column in enumerate(columns)
        ]
        self.rows = len(X)
        if any(column.odd for column in self.columns):
            self._unread(X, model)

    def _called(self, X: Any) -> list[Any]:
        """Names for the columns of a model that has none: X's, where it has some."""
        labels = [X.name] if self.texts and getattr(X, "name", None) is not None else self.labels if self.frame else []
        given = [str(label) for label in labels]
        return labels if given and all(given) and len(set(given)) == len(given) else [f"x{i}" for i in range(len(self.labels))]

    def _unread(self, X: Any, model: Any) -> None:
        """Columns of dates and the like are left out of the rows, unless the model's
        answers are others without them."""
        odd = [i for i, column in enumerate(self.columns) if column.odd]
        refusal = TypeError(self.columns[odd[0]].odd)
        if not self.frame:
            raise refusal
        import pandas

        given = X.iloc[:16]
        cells = {i: given.iloc[:, i] for i in range(given.shape[1])}
        for i in odd:
            cells[i] = pandas.Series(self.columns[i].build([None] * len(given)), index=given.index, dtype=self.columns[i].dtype)
        emptied = pandas.DataFrame(cells)
        emptied.columns = given.columns
        answers = []
        for rows in (given, emptied):
            try:
                answers.append(repr(_Oracle(model).ask(rows)))
            except Exception as error:
                answers.append(_refusal(error))
        if answers[0] != answers[1]:
            raise refusal

    def take(self, indices: Iterable[int]) -> list[Row]:
        return [[column.values[i] for column in self.columns] for i in indices]

    def sample(self, rng: np.random.Generator, count: int) -> list[Row]:
        """About count rows: one for each category of a few, the rest at random."""
        chosen: dict[int, None] = {}
        for column in self.columns:
            if column.kind == "string":
                first = {v: i for i, v in reversed(list(enumerate(column.values)))}
                chosen.update((i, None) for i in sorted(first.values())[: count // 4])
        for i in rng.permutation(self.rows):
            chosen.setdefault(int(i))
        return self.take(list(chosen)[:count])

    def build(self, rows: list[Row]) -> Any:
        """Rows in the container that X was."""
        cells = [column.build([row[i] for row in rows]) for i, column in enumerate(self.columns)]
        if self.texts:
            return cells[0]
        if self.records:
            return [{k: v for k, v in zip(self.labels, row) if not _is_missing(v)} for row in zip(*cells)]
        if self.frame:
            import pandas

            # With their types, or pandas would make strings of objects its own kind.
            frame = pandas.DataFrame({i: pandas.Series(c, dtype=c.dtype) for i, c in enumerate(cells)})
            frame.columns = self.labels
            return frame
        if all(c.dtype != object for c in cells):
            return np.column_stack(cells)
        mixed = np.empty((len(rows), len(cells)), dtype=object)
        for i, column in enumerate(cells):
            mixed[:, i] = column
        return mixed

    def describe(self) -> list[dict[str, Any]]:
        described = []
        for column in self.columns:
            entry: dict[str, Any] = {"name": column.name, "type": column.kind}
            if column.kind == "string":
                seen = column.categories or sorted({v for v in column.values if v is not None})
                if len(seen) <= 1000:  # more is text rather than a category
                    entry["categories"] = seen
            described.append(entry)
        return described


def _feature_names(model: Any) -> list[str] | None:
    """The names the model was trained with, or None."""
    model = _inner(model)
    if isinstance(model, _Onnx):
        return model.names
    first = model
    while hasattr(first, "steps"):
        first = first.steps[0][1]
    if type(first).__name__ == "DictVectorizer":  # name=value of strings, the name alone of numbers
        return list(dict.fromkeys(name.split(first.separator)[0] for name in first.feature_names_))
    if _is(model, "xgboost", "Booster"):
        return model.feature_names
    names = model.feature_name() if _is(model, "lightgbm", "Booster") else None
    if _is(model, "lightgbm", "LGBMModel"):
        names = model.booster_.feature_name()  # feature_name_ came with 3.0
    if _is(model, "catboost", "CatBoost"):
        names = list(map(str, model.feature_names_))
        return None if names == [str(i) for i in range(len(names))] else names
    if names is not None:  # LightGBM's own names for columns without one
        return None if names == [f"Column_{i}" for i in range(len(names))] else list(names)
    try:
        names = model.feature_names_in_
    except AttributeError:
        if _is(model, "xgboost", "XGBModel"):
            return model.get_booster().feature_names
        # A pipeline asks its first step. Before 1.3 that does not say if it is
        # a union, nor before 1.2 if it is a function: then the next one does.
        for _, step in getattr(model, "steps", None) or getattr(model, "transformer_list", ()):
            if step in (None, "passthrough", "drop") or not hasattr(step, "n_features_in_"):
                continue
            return _feature_names(step)
        if "n_features_in_" not in vars(model):  # nor do those made of several, of boosters
            for attribute in ("estimators_", "estimator_", "estimator"):
                held = getattr(model, attribute, None)
                if held is not None:
                    return _feature_names(held[0] if isinstance(held, (list, np.ndarray)) else held)
    return None if names is None else list(names)


def _inner(model: Any) -> Any:
    """The model that a search, or one of a transformed target, hands the columns to."""
    for attribute in ("best_estimator_", "regressor_"):
        if hasattr(model, attribute):
            return _inner(getattr(model, attribute))
    return model


def _boosters(model: Any) -> tuple[tuple[int, ...], bool]:
    """What takes the columns: the version of XGBoost, if it is that (else empty);
    and whether it is LightGBM."""
    model = _inner(model)
    version: tuple[int, ...] = ()
    if _is(model, "xgboost", "Booster") or _is(model, "xgboost", "XGBModel"):
        version = tuple(int(v) for v in sys.modules["xgboost"].__version__.split(".")[:2])
    return version, _is(model, "lightgbm", "Booster") or _is(model, "lightgbm", "LGBMModel")


# --- the reference distribution ---------------------------------------------


def _reference(oracle: _Oracle, table: _Table, predicted: list[Any], seed: int) -> dict[str, Any]:
    """How the features and the predictions of X are distributed."""
    thresholds = _Thresholds(seed)
    features = []
    for column in table.columns:
        present = [v for v in column.values if v is not None]
        entry: dict[str, Any] = {"name": column.name, "missing": 1 - len(present) / table.rows}
        if column.kind == "string":
            features.append({**entry, **thresholds.add(_categories(present))})
            continue
        finite = np.array([v for v in present if math.isfinite(v)], dtype=np.float64)
        if len(finite):
            entry["min"], entry["max"] = float(finite.min()), float(finite.max())
        features.append({**entry, **thresholds.add(_quantiles(finite))})
    found: dict[str, Any] = {
        "format": "treehouse.dev/reference/v1",
        "rows": table.rows,
        "window": WINDOW,
        "falseAlarms": FALSE_ALARMS,
        "features": features,
    }
    if oracle.classes is not None:
        found["prediction"] = thresholds.add(_classes(predicted, oracle.classes))
    elif oracle.task == "regression" and predicted and all(len(row) == 1 for row in predicted):
        values = np.array(predicted, dtype=np.float64).ravel()
        found["prediction"] = thresholds.add(_quantiles(values[np.isfinite(values)]))
    return found


def _quantiles(values: np.ndarray) -> dict[str, Any]:
    """Bins of about as many values each. A bin is above the edge before it, up
    to its own and with it; values that are often the same make fewer bins."""
    if not len(values):
        return {"edges": [], "counts": []}
    values = np.sort(values)
    last = np.searchsorted(values, values[-1])  # the first of the greatest value
    edges = []
    for k in range(1, BINS):
        at = -(-k * len(values) // BINS) - 1  # the edge that holds k tenths or just more
        if at < last:
            edges.append(float(values[at]))
        elif last:  # no edge is the greatest value: nothing would lie above it
            edges.append(float(values[last - 1]))
    edges = sorted(set(edges))
    bins = np.searchsorted(np.array(edges), values, side="left")
    return {"edges": edges, "counts": np.bincount(bins, minlength=len(edges) + 1).tolist()}


def _categories(values: list[str]) -> dict[str, Any]:
    """A bin for each of the most frequent values, and the last for all others.
    A long text is no category that a chart could show."""
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    names = sorted((v for v in counts if len(v.encode("utf-8", "replace")) <= 128), key=lambda v: (-counts[v], v))
    names = names[: BINS - 1]
    return {"categories": names, "counts": [counts[v] for v in names] + [len(values) - sum(counts[v] for v in names)]}


def _classes(predicted: list[Any], classes: list[Any]) -> dict[str, Any]:
    """A bin for each class; where there are many, the last is for the rarer ones."""
    counts = {label: 0 for label in classes}
    for label in predicted:
        if label in counts:
            counts[label] += 1
    if len(classes) <= CLASSES:
        return {"classes": classes, "counts": list(counts.values())}
    named = sorted(classes, key=lambda label: -counts[label])[: CLASSES - 1]
    return {"classes": named, "counts": [counts[v] for v in named] + [len(predicted) - sum(counts[v] for v in named)]}


class _Thresholds:
    """Turns the counts of bins into shares and the distances of drift.

    Both the window and the reference itself are drawn anew: the shares of X are
    a sample, too, and the fewer rows it has the more they are off by chance.
    Only the counts matter, not whose they are, so those of quantiles, which are
    nearly the same for every column, are simulated once.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.known: dict[tuple[int, ...], tuple[float, float]] = {}

    def add(self, distribution: dict[str, Any]) -> dict[str, Any]:
        counts = distribution.pop("counts")
        total = sum(counts)
        if not total:
            return {**distribution, "shares": []}
        key = tuple(sorted(counts))
        if key not in self.known:
            rng = np.random.default_rng([self.seed, len(counts), total])
            shares = np.array(key) / total
            window = rng.multinomial(WINDOW, shares, DRAWS) / WINDOW
            reference = rng.multinomial(total, shares, DRAWS) / total
            self.known[key] = tuple(  # type: ignore[assignment]
                round(float(np.quantile(distances, 1 - FALSE_ALARMS)), 6) for distances in _distances(window, reference)
            )
        psi, js = self.known[key]
        return {**distribution, "shares": [count / total for count in counts], "psi": psi, "js": js}


def _distances(p: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The population stability index and the Jensen-Shannon distance (base 2) of
    rows of shares. The rules of charts/monitoring compute the same."""
    p, q = np.maximum(p, FLOOR), np.maximum(q, FLOOR)
    p, q = p / p.sum(axis=-1, keepdims=True), q / q.sum(axis=-1, keepdims=True)
    middle = (p + q) / 2
    divergence = (p * np.log2(p / middle) + q * np.log2(q / middle)).sum(axis=-1) / 2
    return ((p - q) * np.log(p / q)).sum(axis=-1), np.sqrt(np.maximum(divergence, 0))


# --- small things -----------------------------------------------------------


def _predictions(oracle: _Oracle, table: _Table) -> tuple[list[Any], str]:
    """What the model predicts for X, without the rows that it refuses; and the
    first refusal, if there is one."""
    predicted: list[Any] = []
    refused = ""
    for start in range(0, table.rows, 65536):
        block = table.take(range(start, min(start + 65536, table.rows)))
        try:
            predicted += oracle.ask(table.build(block))[oracle.main]
            continue
        except Exception:  # whatever a library raises is its refusal: find the row
            pass
        for _, answer, error in _answers(oracle, table, block):
            predicted += answer[oracle.main] if answer is not None else []
            refused = refused or error
    return predicted, refused


def _metrics(oracle: _Oracle, table: _Table, y: Any, predicted: list[Any], refused: str) -> dict[str, Any]:
    y = np.asarray(y)
    if oracle.main != "predict":
        raise ValueError("y is given, but the model predicts nothing; expected y=None")
    if len(y) != table.rows:
        raise ValueError(f"y has {len(y)} values for {table.rows} rows of X")
    if refused:
        raise ValueError(f"the model refuses a row of X, so that no metric can be measured: {refused}")
    if oracle.classes is not None:
        right = sum(_label(a) == b for a, b in zip(y, predicted))
        found = {"accuracy": right / len(y)}
    elif oracle.several:  # a row is right where all its labels are
        if y.shape != (len(y), len(predicted[0])):
            raise ValueError(f"y has the shape {y.shape}; the model predicts {len(predicted[0])} labels a row")
        right = sum([_label(a) for a in row] == labels for row, labels in zip(y, predicted))
        found = {"accuracy": right / len(y)}
    else:
        values = np.array(predicted, dtype=np.float64)
        if values.shape != (len(y), *y.shape[1:]) and values.shape != (len(y), 1):
            raise ValueError(f"y has the shape {y.shape}; the model predicts {values.shape}")
        difference = values.reshape(y.shape) - y.astype(np.float64)
        found = {"rmse": float(np.sqrt(np.mean(difference**2)))}
    return {**found, "rows": len(y), "measuredOn": "the X and y passed to treehouse.save"}


def _several(model: Any, last: Any) -> bool:
    """Whether a classifier predicts several labels a row."""
    binarizer = getattr(last, "_label_binarizer", getattr(last, "label_binarizer_", None))
    kind = str(getattr(binarizer, "y_type_", ""))
    return isinstance(model.classes_, list) or kind.startswith("multilabel") or _class(last).endswith("ClassifierChain")


def _dense(answer: Any) -> Any:
    """An answer as one array: of a sparse matrix its values, of one array a label all of them side by side."""
    if hasattr(answer, "toarray"):
        return answer.toarray()
    return np.hstack(answer) if isinstance(answer, list) else np.asarray(answer)


def _label(value: Any) -> Any:
    """A class label as JSON has it: int, float, str or bool."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, np.ndarray):
        raise TypeError(f"a class is an array of shape {value.shape}; only one class a row can be served")
    if not isinstance(value, (bool, int, float, str)):
        raise TypeError(f"a class is a {type(value).__name__}; expected int, float, str or bool")
    return value


def _is(model: Any, package: str, name: str) -> bool:
    """isinstance, without importing the package."""
    cls = getattr(sys.modules.get(package), name, None)
    return cls is not None and isinstance(model, cls)


def _labels(model: Any) -> bool:
    """Whether a model of CatBoost says of each of several labels whether it holds."""
    return str(model.get_all_params().get("loss_function", "")).startswith(("MultiLogloss", "MultiCrossEntropy"))


def _is_classifier(model: Any) -> bool:
    if _is(model, "catboost", "CatBoost"):
        return _is(model, "catboost", "CatBoostClassifier")
    try:
        from sklearn.base import is_classifier
    except ImportError:
        return hasattr(model, "classes_")
    return bool(is_classifier(model))


def _is_missing(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, (float, np.floating)):
        return bool(np.isnan(value))
    return type(value).__name__ in ("NAType", "NaTType")


def _class(model: Any) -> str:
    return f"{type(model).__module__}.{type(model).__qualname__}"


def _name(directory: Path) -> str:
    directory = directory.absolute()
    return directory.parent.name if directory.name.isdigit() else directory.name


def _plain(value: Any) -> Any:
    """Floats that JSON cannot write become strings."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value


def _json(certificate: dict[str, Any]) -> str:
    """golden.json: valid JSON with one row a line, floats in their shortest exact form."""

    def line(value: Any) -> str:
        return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)

    def block(values: list[Any], indent: str) -> str:
        if not values:
            return "[]"
        return "[\n" + ",\n".join(indent + "  " + line(v) for v in values) + "\n" + indent + "]"

    known = [key for key in ("format", "library", "versions", "features", "columns") if key in certificate]
    parts = [f'  "{key}": {line(certificate[key])}' for key in known]
    outputs = [f'    "{name}": {block(values, "    ")}' for name, values in certificate["outputs"].items()]
    parts.append(f'  "rows": {block(certificate["rows"], "  ")}')
    parts.append('  "outputs": {\n' + ",\n".join(outputs) + "\n  }")
    errors = [{**error, "row": _plain(error["row"])} for error in certificate["errors"]]
    parts.append(f'  "errors": {block(errors, "  ")}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)


def _yaml(description: dict[str, Any]) -> str:
    """YAML of one level of maps and lists, and of lists of maps in them; what lies
    deeper is written as JSON, which YAML includes."""

    def scalar(value: Any) -> str:
        if isinstance(value, float):
            if not math.isfinite(value):
                return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
            text = repr(value)
            return text if "." in text or "e" not in text else text.replace("e", ".0e")
        if isinstance(value, dict):
            return "{" + ", ".join(f"{scalar(k)}: {scalar(v)}" for k, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(scalar(v) for v in value) + "]"
        text = json.dumps(value, ensure_ascii=False)
        # What YAML does not allow unescaped though JSON does.
        return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in text)

    lines = []
    for key, value in description.items():
        if isinstance(value, dict) and value:
            lines.append(f"{key}:")
            for k, v in value.items():
                lines += [f"  {k}:", *(f"    - {scalar(e)}" for e in v)] if _records(v) else [f"  {k}: {scalar(v)}"]
        elif isinstance(value, list) and value:
            lines += [f"{key}:", *(f"  - {scalar(v)}" for v in value)]
        else:
            lines.append(f"{key}: {scalar(value)}")
    return "\n".join(lines) + "\n"
