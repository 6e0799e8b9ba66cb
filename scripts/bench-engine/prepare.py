"""Trains the models and writes them in the format of each contestant. Nothing is kept between runs."""

import json
import subprocess
from pathlib import Path

import data
from shapes import Shape

SEED = 4
# What each contestant reads, as a suffix of the shape's name; "model" is what the training library wrote.
SUFFIX = {"xgboost": "ubj", "lightgbm": "txt", "scikit-learn": "joblib", "catboost": "cbm"}


def file(folder: Path, shape: Shape, contestant: str) -> Path:
    own = {"onnxruntime": "onnx", "tl2cgen": "so", "lleaves": "txt", "leaves": "leaves"}
    return folder / f"{shape.name}.{own.get(contestant, SUFFIX[shape.library])}"


def train(shape: Shape, folder: Path) -> str:
    """Trains a model, saves it and describes it."""
    x, y = getattr(data, shape.data)(data.TRAINING_ROWS, SEED)
    out = file(folder, shape, shape.library)
    return {"xgboost": _xgboost, "lightgbm": _lightgbm, "scikit-learn": _forest, "catboost": _catboost}[shape.library](shape, x, y, out)


def _xgboost(shape, x, y, out):
    import xgboost

    parameters = {"tree_method": "hist", "max_depth": shape.size, "eta": 0.01, "min_child_weight": 5,
                  "colsample_bytree": 0.3, "nthread": 1, "seed": SEED}  # fmt: skip
    booster = xgboost.train(parameters, xgboost.QuantileDMatrix(x, y, nthread=1), shape.trees)
    booster.save_model(out)
    trees = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]["trees"]
    return f"{sum(child < 0 for tree in trees for child in tree['left_children'])} leaves"


def _lightgbm(shape, x, y, out):
    import lightgbm

    parameters = {"num_leaves": shape.size, "learning_rate": 0.05, "feature_fraction": 0.5, "num_threads": 1,
                  "seed": SEED, "verbose": -1}  # fmt: skip
    columns = list(range(data.FIRST_CATEGORY, data.FEATURES))
    booster = lightgbm.train(parameters, lightgbm.Dataset(x, y, categorical_feature=columns), shape.trees)
    booster.save_model(out)
    lines = out.read_text().splitlines()
    count = {key: sum(int(line.partition("=")[2]) for line in lines if line.startswith(key + "="))
             for key in ("num_leaves", "num_cat")}  # fmt: skip
    return f"{count['num_leaves']} leaves, {count['num_cat']} categorical splits"


def _catboost(shape, x, y, out):
    import catboost

    model = catboost.CatBoostRegressor(iterations=shape.trees, depth=shape.size, learning_rate=0.03, rsm=0.3, random_seed=SEED,
                                       thread_count=1, verbose=0, allow_writing_files=False).fit(x, y)  # fmt: skip
    model.save_model(str(out))
    return f"{sum(model.get_tree_leaf_counts())} leaves"


def _forest(shape, x, y, out):
    import joblib
    from sklearn.ensemble import RandomForestRegressor

    rows = 4_000 if shape.trees > 100 else 8_000
    forest = RandomForestRegressor(shape.trees, max_depth=shape.size, max_features=1 / 3, max_samples=rows,
                                   n_jobs=1, random_state=SEED).fit(x, y)  # fmt: skip
    joblib.dump(forest, out)
    trees = [estimator.tree_ for estimator in forest.estimators_]
    return f"{sum(tree.n_leaves for tree in trees)} leaves, depth {max(tree.max_depth for tree in trees)}"


def convert(shape: Shape, contestant: str, folder: Path, binary_writer: str) -> None:
    """Writes the file that a contestant reads, where that is not the training library's own."""
    model, out = file(folder, shape, shape.library), file(folder, shape, contestant)
    if contestant == "onnxruntime" and shape.library == "catboost":
        import catboost

        catboost.CatBoost().load_model(str(model)).save_model(str(out), format="onnx")
    elif contestant == "onnxruntime":
        out.write_bytes(_onnx(shape, model).SerializeToString())
    elif contestant == "tl2cgen":
        import tl2cgen
        import treelites

        parameters = {"parallel_comp": 8} if shape.trees > 1 else {}
        tl2cgen.export_lib(treelites.load(shape.library, model), toolchain="gcc", libpath=str(out), nthread=1, params=parameters)
    elif contestant == "lleaves":
        import lleaves

        lleaves.Model(model_file=str(model)).compile(cache=str(model.with_suffix(".o")))
    elif contestant == "leaves" and shape.library == "xgboost":
        import xgboost

        text = model.with_suffix(".json")
        xgboost.Booster(model_file=model).save_model(text)
        writer = Path(__file__).parent / "write_binary.py"
        subprocess.run([binary_writer, writer, text, out], check=True, capture_output=True, text=True)
    elif contestant == "leaves":
        # It refuses the version line that LightGBM has written since 4.0, but can read the rest.
        out.write_text(model.read_text().replace("\nversion=v4\n", "\nversion=v3\n", 1))


def _onnx(shape, model):
    if shape.library == "scikit-learn":
        import joblib
        import numpy
        from skl2onnx import to_onnx

        return to_onnx(joblib.load(model), numpy.zeros((1, data.FEATURES), numpy.float32))
    from onnxmltools import convert_lightgbm, convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType

    inputs = [("X", FloatTensorType([None, data.FEATURES]))]
    if shape.library == "lightgbm":
        import lightgbm

        return convert_lightgbm(lightgbm.Booster(model_file=model), initial_types=inputs, target_opset=15, zipmap=False)
    import xgboost

    return convert_xgboost(xgboost.Booster(model_file=model), initial_types=inputs, target_opset=15)
