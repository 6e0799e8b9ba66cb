"""Make the goldens: small models by the real libraries, with the libraries' own outputs.

    python make.py scikit-learn|xgboost|lightgbm|skops|catboost|onnxruntime [CASE…]

writes <library>-<version>/<case>/ for the version that is installed: the
artifact, model.yaml and golden.json by treehouse.save; or, for what Treehouse
must refuse, the artifact and unsupported.json. make.sh runs it for every
version. Directories of the same cases are replaced.
"""

import importlib
import json
import os
import pickle
import shutil
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "python")]
os.environ["OMP_NUM_THREADS"] = "1"  # sums of products depend on the number of threads

import numpy as np  # noqa: E402

import treehouse  # noqa: E402

ROWS = 20  # golden rows a case: what matters is the edge rows
LARGE = 3000  # bytes; a larger pickle is compressed
LATEST = ("1.9.", "3.4", "4.7", "0.16", "1.2.10", "1.32")  # the versions whose cases keep their model.yaml


def main(library: str, wanted: list[str]) -> None:
    warnings.simplefilter("ignore")
    package = importlib.import_module({"scikit-learn": "sklearn"}.get(library, library))
    version = tuple(int(part) for part in package.__version__.split(".")[:2])
    home = Path(os.environ.get("TREEHOUSE_GOLDENS", HERE)) / f"{library}-{package.__version__}"
    cases = importlib.import_module("cases_" + {"onnxruntime": "onnx"}.get(library, package.__name__))
    made = 0
    for name, model, X, options in cases.cases(version):
        if wanted and name not in wanted:
            continue
        directory = home / name
        shutil.rmtree(directory, ignore_errors=True)
        try:
            if "refused" in options:
                refuse(directory, model, options["refused"])
            else:
                model = treehouse._opened(model)
                options.setdefault("rows", ROWS)
                described = options.pop("described", package.__version__.startswith(LATEST))
                treehouse.DRAWS = 20_000 if described else 200  # of what only model.yaml has
                if treehouse._default_format(model) == "joblib" and len(pickle.dumps(model)) > LARGE:
                    options.setdefault("compress", 3)
                treehouse.save(model, X, directory, name=name, **options)
                if not described:
                    (directory / "model.yaml").unlink()
        except Exception as error:
            raise RuntimeError(f"{home.name}/{name}: {error}") from error
        made += 1
    if wanted and made < len(wanted):
        sys.exit(f"make.py: {home.name} has {made} of the cases {', '.join(wanted)}")
    size = sum(file.stat().st_size for file in home.rglob("*") if file.is_file())
    print(f"{home.name}: {made} cases, {size / 1e6:.1f} MB, numpy {np.__version__}")


def refuse(directory: Path, model, refused: str) -> None:
    """A model that must be refused, with an error that holds the text refused."""
    directory.mkdir(parents=True)
    artifact = "model.joblib"
    if hasattr(model, "save_borders"):  # of CatBoost
        artifact = "model.cbm"
        model.save_model(str(directory / artifact))
    elif hasattr(model, "SerializeToString"):
        artifact = "model.onnx"
        (directory / artifact).write_bytes(model.SerializeToString())
    else:
        import joblib

        joblib.dump(model, directory / artifact)
    (directory / "unsupported.json").write_text(json.dumps({"artifact": artifact, "refused": refused}) + "\n")


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ("scikit-learn", "xgboost", "lightgbm", "skops", "catboost", "onnxruntime"):
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
