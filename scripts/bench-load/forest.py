"""Write a random forest of 500 deep trees to DIRECTORY, as a pickle, joblib and skops file of 200 MB each.

    python forest.py DIRECTORY
"""

import pickle
import sys
from pathlib import Path

import joblib
import numpy as np
import skops.io
from sklearn.ensemble import RandomForestRegressor

TREES, ROWS, COLUMNS = 500, 4400, 20


def main(directory: Path) -> None:
    random = np.random.default_rng(1)
    X = random.normal(size=(ROWS, COLUMNS)).astype(np.float32)
    y = 2 * X[:, 0] + np.sin(3 * X[:, 1]) + random.normal(size=ROWS)
    forest = RandomForestRegressor(TREES, max_features=5, n_jobs=2, random_state=1).fit(X, y)
    with open(directory / "forest.pkl", "wb") as file:
        pickle.dump(forest, file)
    joblib.dump(forest, directory / "forest.joblib")
    skops.io.dump(forest, directory / "forest.skops")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
