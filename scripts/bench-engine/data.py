"""The rows of the benchmark: made from a fixed seed, held as float32, so that every library sees the same values."""

import numpy as np

FEATURES = 30
TRAINING_ROWS = 20_000
SCORED_ROWS = 10_000
# The last features of `mixed` are categories, this many each.
CATEGORIES = (4, 8, 12, 20, 40, 100)
FIRST_CATEGORY = FEATURES - len(CATEGORIES)


def numbers(rows: int, seed: int):
    """Numbers without a gap; a target of smooth and crossed effects, a third of its variance noise, so that trees grow full."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, FEATURES)).astype(np.float32)
    return x, _target(x) + rng.normal(scale=2, size=rows)


def mixed(rows: int, seed: int):
    """As `numbers`, with six categorical columns and one value in twenty missing."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, FEATURES)).astype(np.float32)
    y = _target(x) + rng.normal(scale=2, size=rows)
    effects = np.random.default_rng(7)  # the same for training and scoring
    for column, count in enumerate(CATEGORIES, FIRST_CATEGORY):
        x[:, column] = rng.integers(0, count, rows)
        y += effects.normal(size=count)[x[:, column].astype(int)]
    x[rng.random(x.shape) < 0.05] = np.nan
    return x, y


def _target(x):
    smaller = x[:, 6:FIRST_CATEGORY]
    return (
        2 * x[:, 0] + x[:, 1] * x[:, 2] + np.sin(3 * x[:, 3]) + np.abs(x[:, 4]) * x[:, 5]
        + 0.5 * (smaller * np.linspace(1, 0.1, smaller.shape[1])).sum(1)
    )  # fmt: skip
