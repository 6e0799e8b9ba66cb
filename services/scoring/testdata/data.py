"""The data that the cases are trained on: small, seeded, with every kind of column."""

import numpy as np


def numbers(n=120, features=5, missing=0.0, seed=0):
    """Gaussian columns, rounded so that values repeat; a share of them missing."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, features)).round(2)
    if missing:
        X[rng.random(X.shape) < missing] = np.nan
    return X


def target(X, seed=0):
    """A noisy smooth function of X, about 0."""
    rng = np.random.default_rng(seed)
    filled = np.nan_to_num(X, nan=0.7)
    return filled[:, 0] * 2 + np.sin(3 * filled[:, 1]) + filled[:, -1] ** 2 + rng.normal(scale=0.1, size=len(X))


def classes(X, labels, seed=0):
    """Labels by the rank of the target: all occur equally often."""
    y = target(X, seed)
    return np.asarray(labels)[np.argsort(np.argsort(y)) * len(labels) // len(y)]


def houses(n=120, missing=True, seed=0):
    """A frame of mixed columns: numbers with gaps, an integer, a bool and strings."""
    import pandas as pd

    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "income": rng.gamma(3.0, 1.5, n).round(2),
            "age": rng.integers(1, 52, n).astype(np.float64),
            "rooms": rng.integers(1, 6, n),
            "garden": rng.random(n) < 0.4,
            "ocean": rng.choice(["INLAND", "NEAR BAY", "<1H OCEAN", "ISLAND"], n, p=[0.45, 0.3, 0.2, 0.05]),
            "state": rng.choice(["good", "bad", "new"], n),
        }
    )
    frame["ocean"] = frame["ocean"].astype(object)
    frame["state"] = frame["state"].astype(object)
    if missing:
        frame.loc[rng.random(n) < 0.1, "income"] = np.nan
        frame.loc[rng.random(n) < 0.1, "age"] = np.nan
    return frame


def price(frame, seed=0):
    """A target for houses()."""
    rng = np.random.default_rng(seed)
    ocean = frame["ocean"].astype(object).map({"INLAND": 0.0, "NEAR BAY": 2.0, "<1H OCEAN": 1.5, "ISLAND": 4.0})
    return (
        frame["income"].fillna(3).to_numpy() * 1.5
        + frame["age"].fillna(20).to_numpy() / 20
        + ocean.astype(np.float64).fillna(0.5).to_numpy()
        + frame["rooms"].to_numpy()
        + rng.normal(scale=0.2, size=len(frame))
    )


def squared(want, got):
    """An objective of one's own, which boosters ask when they are fitted."""
    return got - want, np.ones_like(got)


def logistic(want, got):
    p = 1 / (1 + np.exp(-got))
    return p - want, p * (1 - p)


def distance(want, got):
    """A metric of one's own."""
    return float(np.abs(np.asarray(want) - np.asarray(got)).mean())


def softened(want, got):
    """A softmax of three classes, which LightGBM until 3 hands over class by class."""
    scores = got if got.ndim == 2 else got.reshape(3, -1).T
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    first, second = p - np.eye(3)[want.astype(int)], 2 * p * (1 - p)
    return (first, second) if got.ndim == 2 else (first.T.ravel(), second.T.ravel())
