"""Random streams of rows, made into the counters that pods of predict would
have shown, against scipy: the rules of drift must come to the distances that
scipy computes from the rows themselves.

Three kinds of streams, for each window:

    fresh      one pod, whose counters begin within the window and may begin again
               from 0. Prometheus extrapolates every bin alike, so the
               shares are exact: a relative error of 1e-9 is allowed.
    replaced   pods that come and go within the window; each lasts at least a
               third of it. Prometheus extrapolates each by up to a scrape
               interval, so that pods weigh a little more or less than they had
               rows: shares are off by at most 2 %, distances by less than 0.01.
    old        a pod that counted long before the window. The window begins and
               ends between scrapes: distances are off by less than 0.01.

Streams of fewer than 1,000 rows must have no value at all.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from prometheus import Prometheus, series

FLOOR = 1e-4
WINDOWS = {"1h": 3600, "1d": 86400}
EXACT, NEAR = 1e-9, 0.01


def distances(counts: np.ndarray, shares: np.ndarray) -> tuple[float, float]:
    """What scipy says. The index is the sum of both relative entropies."""
    p, q = np.maximum(counts / counts.sum(), FLOOR), np.maximum(shares, FLOOR)
    return float(entropy(p, q) + entropy(q, p)), float(jensenshannon(p, q, base=2))


class Pod:
    """A process's scrapes: times and, at each, the rows counted so far by column.
    It may be replaced under the same name, and then counts from 0 again. The first
    scrape of a process comes before its first row, because its series are there
    when the model is loaded."""

    def __init__(self, times: np.ndarray, new: np.ndarray, begin: float, restarts: Iterable[int] = ()) -> None:
        self.times = times
        new[[0, *restarts]] = 0
        self.rows = new[times > begin].sum(axis=0)  # that came within the window
        self.counters = new.cumsum(axis=0)
        for at in restarts:
            self.counters[at:] -= self.counters[at]


def stream(rng: np.random.Generator, kind: str, window: int, now: float, rates: np.ndarray) -> list[Pod]:
    begin = now - window

    def pod(start: float, end: float, restarts: int = 0) -> Pod:
        times = np.arange(start, end, window / 240)
        new = rng.poisson(rates * window / 240, (len(times), len(rates)))
        return Pod(times, new, begin, sorted(rng.integers(1, len(times), restarts).tolist()))

    if kind == "fresh":
        return [pod(begin + window / 6, now, restarts=int(rng.integers(0, 3)))]
    if kind == "old":
        return [pod(begin - window / 3, now)]
    starts = begin + rng.uniform(0.05, 0.6, int(rng.integers(2, 4))) * window
    return [pod(start, min(now, start + rng.uniform(1 / 3, 1) * window)) for start in starts]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--streams", type=int, default=12, help="of each kind and window")
    options = parser.parse_args()
    print(f"rules: seed {options.seed}")
    rng = np.random.default_rng(options.seed)
    now = time.time()
    samples, expected = [], []

    def write(name: str, labels: dict[str, str], times: np.ndarray, values: np.ndarray) -> None:
        text = series(name, labels)
        samples.extend(f"{text} {value} {at:.3f}" for at, value in zip(times, values))

    for window, length in WINDOWS.items():
        for kind in ("fresh", "replaced", "old"):
            for number in range(options.streams):
                bins = int(rng.integers(2, 13))
                shares = rng.dirichlet(np.ones(bins) * rng.choice([0.3, 1, 50]))
                shares[rng.random(bins) < 0.1] = 0
                shares = shares / shares.sum() if shares.sum() else np.eye(1, bins)[0]
                drifted = shares if number % 3 == 0 else rng.dirichlet(np.ones(bins) + shares * rng.choice([5, 500]))
                total = 500 if number % 6 == 5 else 10 ** rng.uniform(3.5, 6)
                # The rows' bins, and two more columns: missing and unseen ones.
                missing, unseen = rng.uniform(0, 0.3, 2)
                rates = np.array([*drifted, missing, unseen]) * total / length
                version = {"namespace": f"{kind}-{window}-{number}", "model": "m", "version": "1"}
                feature = number % 2 == 1
                named = {**version, "feature": "x"} if feature else version
                what = "feature" if feature else "prediction"
                pods = stream(rng, kind, length, now, rates)
                for i, pod in enumerate(pods):
                    target = {"pod": f"predict-{i}"}
                    for b in range(bins):
                        write(f"treehouse_{what}_bin_total", {**named, **target, "bin": f"bin {b}"}, pod.times, pod.counters[:, b])
                        write(f"treehouse_reference_{what}_share", {**named, **target, "bin": f"bin {b}"}, [now], [shares[b]])
                    write("treehouse_drift_rows_total", {**version, **target}, pod.times, pod.counters[:, :bins].sum(axis=1))
                    if feature:
                        for column, name in ((bins, "missing"), (bins + 1, "unseen"), (bins, "out_of_range")):
                            write(f"treehouse_feature_{name}_total", {**named, **target}, pod.times, pod.counters[:, column])
                        write("treehouse_reference_missing_share", {**named, **target}, [now], [0.1])
                rows = sum(pod.rows for pod in pods)
                expected.append((window, kind, what, frozenset(named.items()), rows, bins, shares))

    with tempfile.TemporaryDirectory() as folder, Prometheus(Path(folder), samples) as prometheus:
        prometheus.evaluated()
        found = {
            (what, rule, window): prometheus.query(f"treehouse:{what}_{rule}:{window}")
            for window in WINDOWS
            for what, rules in (("prediction", ["psi", "js"]), ("feature", ["psi", "js", "missing_change", "unseen_rate", "out_of_range_rate"]))
            for rule in rules
        }
    sys.exit(compare(expected, found))


def compare(expected: list, found: dict) -> int:
    checks = failures = 0
    worst = {"fresh": 0.0, "replaced": 0.0, "old": 0.0}
    for window, kind, what, labels, rows, bins, shares in expected:
        counts, total = rows[:bins], rows[:bins].sum()
        psi, js = distances(counts, shares)
        wanted = {"psi": psi, "js": js}
        if what == "feature":
            missing, unseen = rows[bins:] / total
            wanted |= {"missing_change": missing - 0.1, "unseen_rate": unseen, "out_of_range_rate": missing}
        for rule, want in wanted.items():
            checks += 1
            got = found[what, rule, window].get(labels)
            if total < 1000 or got is None:
                error, allowed = (0.0 if total < 1000 and got is None else np.inf), 0.0
            else:
                exact = kind == "fresh" and rule != "js"
                error = abs(got - want) / (max(abs(want), 1e-3) if kind == "fresh" else max(1.0, abs(want)))
                # The root of a distance near 0 is known to half its digits only.
                allowed = (EXACT if exact else 1e-7) if kind == "fresh" else NEAR
                worst[kind] = max(worst[kind], error)
            if not error <= allowed:
                failures += 1
                print(f"FAILED {dict(labels)['namespace']}: {what}_{rule}:{window} is {got}, scipy says {want} of {total} rows")
    for kind, error in worst.items():
        print(f"ok {kind}: largest error {error:.2g}")
    print(f"result drift_rule_checks {checks}")
    print(f"result drift_rule_failures {failures}")
    return 1 if failures or checks == 0 else 0


if __name__ == "__main__":
    main()
