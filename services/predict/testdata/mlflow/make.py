"""Make the MLflow goldens: model directories by the real mlflow, with what its python_function predicts.

    python make.py

writes <mlflow version>-<case>/: model/ as mlflow.<flavor>.save_model makes it, without the files on
environments; rows.csv; and expected.json, predictions for the rows. Needs mlflow (mlflow-skinny does), pandas,
scikit-learn, and with mlflow 3 xgboost, lightgbm, catboost and skops.
"""

import importlib
import json
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow.models.signature import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

HERE = Path(__file__).resolve().parent
warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {"income": rng.normal(size=40).round(2), "rooms": rng.integers(1, 6, 40), "ocean": rng.choice(["INLAND", "ISLAND"], 40)}
)
PRICE = (FRAME["income"] * 2 + FRAME["rooms"] + (FRAME["ocean"] == "ISLAND")).to_numpy()


def save(case, flavor, model, X, **options):
    module = importlib.import_module(f"mlflow.{flavor}")
    home = HERE / f"{mlflow.__version__}-{case}"
    shutil.rmtree(home, ignore_errors=True)
    options.setdefault("signature", infer_signature(X, PRICE))
    with tempfile.TemporaryDirectory() as root:
        made = Path(root) / "model"
        module.save_model(model, str(made), input_example=X.head(2), **options)
        importlib.import_module("mlflow.pyfunc")
        expected = mlflow.pyfunc.load_model(str(made)).predict(X)
        for name in ("conda.yaml", "python_env.yaml"):
            (made / name).unlink(missing_ok=True)
        home.mkdir()
        shutil.copytree(made, home / "model")
    X.to_csv(home / "rows.csv", index=False)
    (home / "expected.json").write_text(json.dumps([v if isinstance(v, str) else float(v) for v in np.ravel(expected)]) + "\n")


def main():
    hot = ColumnTransformer([("hot", OneHotEncoder(), ["ocean"])], remainder="passthrough")
    pipeline = make_pipeline(hot, LinearRegression()).fit(FRAME, PRICE)
    save("sklearn", "sklearn", pipeline, FRAME, serialization_format="cloudpickle")
    save("sklearn-pickle", "sklearn", pipeline, FRAME, serialization_format="pickle")
    numbers = FRAME[["rooms", "income"]].astype(float)
    # Trained without names: the signature has them.
    save("sklearn-unnamed", "sklearn", LinearRegression().fit(numbers.to_numpy(), PRICE), numbers, serialization_format="pickle")
    if mlflow.__version__ < "3":
        return
    import catboost
    import lightgbm
    import xgboost

    save("sklearn-skops", "sklearn", pipeline, FRAME, serialization_format="skops", skops_trusted_types=[])
    few = dict(n_estimators=3, random_state=0)
    save("xgboost", "xgboost", xgboost.train({"max_depth": 2}, xgboost.DMatrix(numbers, PRICE), 3), numbers)
    save("xgboost-sklearn", "xgboost", xgboost.XGBRegressor(max_depth=2, **few).fit(numbers, PRICE), numbers, model_format="json")
    small = {"num_leaves": 4, "min_data_in_leaf": 2, "verbose": -1}
    save("lightgbm", "lightgbm", lightgbm.train(small, lightgbm.Dataset(numbers, PRICE), 3), numbers)
    save("lightgbm-sklearn", "lightgbm", lightgbm.LGBMRegressor(num_leaves=4, min_child_samples=2, verbose=-1, **few).fit(numbers, PRICE), numbers)
    cat = dict(iterations=3, depth=2, verbose=0, allow_writing_files=False, random_seed=0)
    frame = FRAME[["ocean", "income"]]
    model = catboost.CatBoostClassifier(cat_features=["ocean"], **cat).fit(frame, np.where(PRICE > 3, "dear", "cheap"))
    save("catboost", "catboost", model, frame)


if __name__ == "__main__":
    sys.exit(main())
