"""usage: kinds.py BENCH DIRECTORY

Compare models that are no trees with scikit-learn's own predict, on one thread:
microseconds a request of 1 and of 1,000 rows, each in turn, the quickest of
several slices (BENCH_ROUNDS). That the answers are the same `make parity` shows.
Last, lines `result <name> <number>`: how many times quicker.
"""

import json
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import joblib
import numpy as np
import pandas as pd

KINDS = ["knn", "knn-brute", "svr", "svc", "text"]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "25"))
SLICE = 0.004  # seconds, short: for the ones that nothing interrupts


def requests(columns: dict[str, list], rows: int) -> list:
    if "text" in columns:
        return [columns["text"][i : i + rows] for i in range(0, 1000, rows)]
    frame = pd.DataFrame(columns)[:1000]
    return [frame[i : i + rows] for i in range(0, 1000, rows)]


def measure(predict, asked: list) -> float:
    time.sleep(SLICE)  # others had to wait: let them catch up
    begin, calls = time.perf_counter(), 0
    while calls == 0 or time.perf_counter() - begin < SLICE:
        predict(asked[calls % len(asked)])
        calls += 1
    return (time.perf_counter() - begin) / calls * 1e6


def main() -> None:
    bench, directory = sys.argv[1], Path(sys.argv[2])
    results = []
    print("| model | rows | scikit-learn, µs | here, µs | times |\n|---|---|---|---|---|")
    for kind in KINDS:
        model = joblib.load(directory / f"{kind}.joblib")
        columns = json.loads((directory / f"{kind}.json").read_text())
        for rows in (1, 1000):
            asked, theirs, ours = requests(columns, rows), [], []
            with subprocess.Popen([bench, "kind", directory, kind, str(rows)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
                for _ in range(ROUNDS):
                    theirs.append(measure(model.predict, asked))
                    process.stdin.write("\n")
                    process.stdin.flush()
                    ours.append(float(process.stdout.readline()))
                process.stdin.close()
            quicker = min(theirs) / min(ours)
            print(f"| {kind} | {rows:,} | {min(theirs):,.0f} | {min(ours):,.1f} | {quicker:.1f} |", flush=True)
            results.append((f"kind_{kind.replace('-', '_')}_{rows}_times", quicker))
    for name, value in results:
        print(f"result {name} {value:.2f}")


if __name__ == "__main__":
    np.seterr(all="ignore")
    warnings.simplefilter("ignore")
    main()
