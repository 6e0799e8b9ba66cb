"""usage: train.py housing.csv DIRECTORY

Train one model of each kind on the housing data, and write DIRECTORY/KIND.joblib
and DIRECTORY/KIND.json: the columns of rows that were kept out, to ask with.
The text is made up: words of a district's own numbers, as a listing might have.
"""

import json
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

ASKED = 2000
NUMBERS = [
    "longitude", "latitude", "housing_median_age", "total_rooms", "total_bedrooms",
    "population", "households", "median_income",
]  # fmt: skip


def texts(rng: np.random.Generator, expensive: np.ndarray) -> list[str]:
    """30 to 60 of 20,000 words a row, the common ones more often; some tell about the price."""
    words = np.array([f"w{i:05d}" for i in range(20_000)])
    weights = 1 / np.arange(10, 20_010)
    drawn = rng.choice(words, size=(len(expensive), 60), p=weights / weights.sum())
    hints = np.where(expensive, "garden", "parking")
    return [" ".join([*row[: rng.integers(30, 60)], hint]) for row, hint in zip(drawn, hints, strict=True)]


def main() -> None:
    data, directory = Path(sys.argv[1]), Path(sys.argv[2])
    frame = pd.read_csv(data).dropna().sample(frac=1, random_state=1990)
    asked, frame = frame[:ASKED], frame[ASKED:]
    x, y = frame[NUMBERS], frame["median_house_value"] / 1e5
    # sklearn's default for 8 columns is a k-d tree.
    kinds = {
        "small-forest": (ExtraTreesRegressor(100, max_depth=6, random_state=1, n_jobs=-1), y),
        "deep-forest": (ExtraTreesRegressor(500, min_samples_leaf=5, random_state=1, n_jobs=-1), y),
        "knn": (make_pipeline(StandardScaler(), KNeighborsRegressor(10)), y),
        "knn-brute": (make_pipeline(StandardScaler(), KNeighborsRegressor(10, algorithm="brute")), y),
        "svr": (make_pipeline(StandardScaler(), SVR(C=10, cache_size=1000)), y),
        "svc": (make_pipeline(StandardScaler(), SVC(C=10, cache_size=1000)), y > y.median()),
    }
    for kind, (model, target) in kinds.items():
        few = slice(0, 8000) if kind.startswith("sv") else slice(None)  # libsvm takes the square of the rows
        model.fit(x[few], target[few])
        if "forest" in kind:
            model.set_params(n_jobs=1)
        write(directory, kind, model, {name: asked[name].tolist() for name in NUMBERS})
    rng = np.random.default_rng(1990)
    text = make_pipeline(TfidfVectorizer(), LogisticRegression())
    text.fit(texts(rng, y.to_numpy() > y.median()), y > y.median())
    write(directory, "text", text, {"text": texts(rng, asked["median_house_value"].to_numpy() / 1e5 > y.median())})


def write(directory: Path, kind: str, model: object, columns: dict[str, list]) -> None:
    joblib.dump(model, directory / f"{kind}.joblib")
    (directory / f"{kind}.json").write_text(json.dumps(columns))


if __name__ == "__main__":
    main()
