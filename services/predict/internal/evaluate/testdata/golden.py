"""Makes golden.json: predictions, labels, and scikit-learn's own figures for them.

    .venv/bin/python golden.py > golden.json

with the packages of services/predict/models/housing/requirements.txt.
"""
import json

import numpy as np
import sklearn
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, roc_auc_score, root_mean_squared_error

random = np.random.default_rng(5)
SEGMENTS = np.array(["INLAND", "NEAR BAY", ""])


def groups(versions, segments):
    for version in sorted(set(versions)):
        yield int(version), None, versions == version
        for segment in sorted(set(segments)):
            yield int(version), str(segment), (versions == version) & (segments == segment)


def frame(n):
    return random.integers(1, 3, n), SEGMENTS[random.integers(0, len(SEGMENTS), n)]


def regression(n):
    versions, segments = frame(n)
    truth = np.exp(random.normal(12, 1, n))
    predicted = truth * random.normal(1, 0.2, n)
    expected = [
        {"version": v, "segment": s, "rows": int(at.sum()), "rmse": root_mean_squared_error(truth[at], predicted[at]),
         "mae": mean_absolute_error(truth[at], predicted[at])}
        for v, s, at in groups(versions, segments)
    ]
    rows = [
        {"version": int(v), "segment": str(s), "outputs": [p], "label": repr(float(t))}
        for v, s, p, t in zip(versions, segments, predicted, truth)
    ]
    return {"outputs": 1, "rows": rows, "expected": expected}


def classification(n, classes, kind, digits, float32=False):
    """Probabilities rounded to a few digits have ties, zeros and ones."""
    versions, segments = frame(n)
    k = len(classes)
    truth = random.integers(0, k, n)
    logits = random.normal(0, 2, (n, k)) + 2 * np.eye(k)[truth]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    p = np.round(p, digits)
    p[:, 0] = 1 - p[:, 1:].sum(axis=1)
    p = np.clip(p, 0, 1)
    p /= p.sum(axis=1, keepdims=True)
    if float32:
        p = p.astype(np.float32)
    predicted = p.argmax(axis=1)
    expected = []
    for v, s, at in groups(versions, segments):
        score = p[at][:, 1] if k == 2 else p[at].astype(float)
        expected.append({
            "version": v, "segment": s, "rows": int(at.sum()), "accuracy": accuracy_score(truth[at], predicted[at]),
            "log_loss": log_loss(truth[at], p[at], labels=range(k)),
            "auc": roc_auc_score(truth[at], score) if k == 2 else
                   roc_auc_score(truth[at], score, multi_class="ovr", average="macro", labels=range(k)),
        })
    rows = [
        {"version": int(v), "segment": str(s), "class": int(c), "probabilities": [float(x) for x in q], "label": classes[t]}
        for v, s, c, q, t in zip(versions, segments, predicted, p, truth)
    ]
    return {"classes": classes, "labels": kind, "float32": float32, "rows": rows, "expected": expected}


print(json.dumps({
    "scikit-learn": sklearn.__version__,
    "cases": {
        "regression": regression(300),
        "two classes": classification(300, ["no", "yes"], "string", 9),
        "two classes with ties": classification(300, ["0", "1"], "integer", 1),
        "two classes in single precision": classification(300, ["false", "true"], "bool", 1, float32=True),
        "three classes with ties": classification(600, ["a", "b", "c"], "string", 1),
    },
}, indent=None, separators=(",", ":")))
