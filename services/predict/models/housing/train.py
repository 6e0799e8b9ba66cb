"""Train the housing models: the median price of a house in a California district.

    python train.py --data housing.csv [--output DIR]     (or DATA=housing.csv)

The data is the 1990 census, one row a block group (Pace and Barry, 1997), with
the columns of the sample in ../../testdata/housing-1000.csv, which this script
writes as well (--sample FILE). It makes three versions:

    1   RandomForestRegressor behind imputation, scaling and one-hot encoding
    2   HistGradientBoostingRegressor with a native categorical
    3   XGBRegressor in a pipeline; the newest is what is served by default

Made with scikit-learn 1.9.1 and xgboost 3.2.0 (requirements.txt). Seeded: the
same versions on the same machine write the same models. A version directory
that exists is not overwritten: remove it first.
"""

import argparse
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
os.environ["OMP_NUM_THREADS"] = "1"  # sums over threads would depend on how many there are
sys.path.insert(0, str(HERE.parents[2] / "scoring" / "python"))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402
from sklearn.pipeline import Pipeline, make_pipeline  # noqa: E402
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler  # noqa: E402
from xgboost import XGBRegressor  # noqa: E402

import treehouse  # noqa: E402

SEED = 1990
TARGET = "median_house_value"
NUMBERS = [
    "longitude", "latitude", "housing_median_age", "total_rooms", "total_bedrooms",
    "population", "households", "median_income",
]  # fmt: skip
CATEGORY = "ocean_proximity"


def forest() -> Pipeline:
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    prepare = ColumnTransformer(
        [("numbers", numbers, NUMBERS), ("ocean", OneHotEncoder(handle_unknown="ignore"), [CATEGORY])]
    )
    # 400 leaves a tree keep the file under 6 MB. Grown in full it has 145 MB, and an error of 48,530.
    model = RandomForestRegressor(100, max_leaf_nodes=400, max_features=0.4, random_state=SEED, n_jobs=-1)
    return Pipeline([("prepare", prepare), ("model", model)])


def hist() -> Pipeline:
    encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    prepare = ColumnTransformer([("ocean", encode, [CATEGORY])], remainder="passthrough")
    model = HistGradientBoostingRegressor(
        max_iter=400, learning_rate=0.08, categorical_features=[0], random_state=SEED
    )
    return Pipeline([("prepare", prepare), ("model", model)])


def boosted() -> Pipeline:
    prepare = ColumnTransformer(
        [
            ("numbers", "passthrough", NUMBERS),
            ("ocean", OneHotEncoder(handle_unknown="ignore", sparse_output=False), [CATEGORY]),
        ]
    )
    model = XGBRegressor(
        n_estimators=500, max_depth=6, learning_rate=0.08, subsample=0.8, colsample_bytree=0.8, random_state=SEED,
        n_jobs=1,
    )
    return Pipeline([("prepare", prepare), ("model", model)])


def read(path: str | None) -> pd.DataFrame:
    expected = [*NUMBERS, TARGET, CATEGORY]
    if not path or not Path(path).is_file():
        sys.exit(
            f"train.py: the data is missing: {path or 'neither --data nor DATA is given'}\n"
            f"expected the California housing CSV with the columns {', '.join(expected)}"
        )
    data = pd.read_csv(path)
    if missing := sorted(set(expected) - set(data.columns)):
        sys.exit(f"train.py: {path} has no column {', '.join(missing)}")
    return data


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("DATA"), help="the CSV; or the environment's DATA")
    parser.add_argument("--output", default=HERE, type=Path, help="where the versions go (default: beside this file)")
    parser.add_argument("--sample", type=Path, help="also write 1000 rows of the test set to this CSV")
    options = parser.parse_args()
    data = read(options.data)

    train, test = train_test_split(data, test_size=0.2, random_state=SEED)
    if options.sample:
        test[:1000].to_csv(options.sample, index=False, lineterminator="\n")
    features = [*NUMBERS, CATEGORY]
    for version, model in enumerate([forest(), hist(), boosted()], start=1):
        model.fit(train[features], train[TARGET])
        path = treehouse.save(
            model, test[features], options.output / str(version), test[TARGET], name="housing", seed=SEED
        )
        size = sum(file.stat().st_size for file in path.iterdir()) / 1e6
        rmse = next(line.strip() for line in (path / "model.yaml").read_text().splitlines() if "rmse" in line)
        print(f"{path}: {size:.1f} MB, {rmse}")


if __name__ == "__main__":
    main()
