"""A simulated shift in housing raises the alerts, and without it none is raised.

Two real servers of the housing model answer the same stream of houses, drawn
from the committed sample with replacement, 250 rows for each five minutes of
seven simulated hours. From the sixth hour on one of them gets houses of another
world: incomes grow by 30 %, a tenth of the bedrooms is missing, a twentieth
lies at a lake, and rooms are counted in hundreds in a few. What /metrics shows
after each five minutes is then played to the rules by promtool, which
evaluates each minute of the seven hours.
"""

import concurrent.futures
import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np
import pandas as pd

from prometheus import RULES, free_port, get, wait_for

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "services" / "predict" / "models"
SAMPLE = ROOT / "services" / "predict" / "testdata" / "housing-1000.csv"
SEED, ROWS, STEPS, SHIFT, MINUTES = 1990, 250, 84, 60, 5
# Treehouse samples beyond 500 rows a second; the simulated clock is slow enough for it to look at each.
RATE = 480

FAMILY = re.compile(r"^(treehouse_(?:drift|feature|prediction|reference)_\w+)(\{.*\}) (\S+)$", re.M)


def stream(shifted: bool) -> list[list[dict]]:
    """The steps' rows."""
    rng = np.random.default_rng(SEED)
    houses = pd.read_csv(SAMPLE).drop(columns="median_house_value").astype({"ocean_proximity": object})
    steps = []
    for step in range(STEPS):
        rows = houses.iloc[rng.integers(0, len(houses), ROWS)].reset_index(drop=True)
        bedrooms, lake, rooms = rng.random((3, ROWS)) < [[0.1], [0.05], [0.03]]
        if shifted and step >= SHIFT:
            rows["median_income"] *= 1.3
            rows.loc[bedrooms, "total_bedrooms"] = np.nan
            rows.loc[lake, "ocean_proximity"] = "LAKE"
            rows.loc[rooms, "total_rooms"] *= 100
        steps.append(json.loads(rows.to_json(orient="records", double_precision=15)))
    return steps


def serve(shifted: bool) -> dict[str, list[float]]:
    """What a server's counters and gauges were at each step."""
    steps = stream(shifted)
    http, grpc, admin = free_port(), free_port(), free_port()
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            [
                ROOT / "bin" / "treehouse", "serve", "--auth=off", "--host=127.0.0.1", f"--http-port={http}", f"--grpc-port={grpc}",
                f"--admin-port={admin}", "--drift-features=housing=*", MODELS,
            ],
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            wait_for(f"http://127.0.0.1:{admin}/readyz", server)
            found: dict[str, list[float]] = {}
            sent, due = 0, 0.0
            for step, rows in enumerate([[], *steps]):
                if rows:
                    time.sleep(max(0.0, due - time.monotonic()))
                    due = time.monotonic() + len(rows) / RATE
                    post(f"http://127.0.0.1:{http}/predict", rows)
                    sent += len(rows)
                for name, labels, value in FAMILY.findall(get(f"http://127.0.0.1:{admin}/metrics").decode()):
                    if 'version="3"' in labels:
                        found.setdefault(name + labels, []).append(float(value))
            short = [key for key, values in found.items() if len(values) != len(steps) + 1]
            counted = next(values[-1] for key, values in found.items() if key.startswith("treehouse_drift_rows_total{"))
            if short or counted != sent:
                raise RuntimeError(f"{counted} of {sent} rows are counted; series that come late: {short[:3]}")
            return found
        except BaseException:
            log.seek(0)
            print(log.read().decode()[-3000:])
            raise
        finally:
            server.terminate()
            server.wait(30)


def post(url: str, rows: list[dict]) -> None:
    body = json.dumps(rows).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        answers = json.loads(response.read())
    if len(answers.get("predictions", answers)) != len(rows):
        raise RuntimeError(f"{len(rows)} rows, but the answer is {str(answers)[:200]}")


def fired(namespace: str, minute: int, *alerts: str) -> dict:
    """A case: these alerts, and no others, fire at that minute; those of a day are still
    mostly about the hours before the shift."""
    return {"eval_time": f"{minute}m", "expr": f'count by (alertname, window, feature) (ALERTS{{alertstate="firing", window!="1d", namespace="{namespace}"}})',
            "exp_samples": [{"labels": "{" + labels(alert) + "}", "value": 1} for alert in alerts]}  # fmt: skip


def labels(alert: str) -> str:
    name, *more = alert.split()
    return ", ".join([f'alertname="{name}"', *(part.replace("=", '="') + '"' for part in more)])


def main() -> None:
    with concurrent.futures.ThreadPoolExecutor() as pool:
        calm, shifted = pool.map(serve, (False, True))
    begin, end = SHIFT * MINUTES, STEPS * MINUTES
    series = [
        {"series": key.replace("{", f'{{namespace="{namespace}",pod="p",', 1), "values": " ".join(map(repr, values))}
        for namespace, found in (("calm", calm), ("shifted", shifted))
        for key, values in found.items()
    ]
    alerts = [
        "TreehouseFeatureDrift window=1h feature=median_income",
        "TreehouseFeatureDrift window=1h feature=ocean_proximity",
        "TreehouseFeatureMissing feature=total_bedrooms",
        "TreehouseFeatureOutOfRange feature=total_rooms",
        "TreehouseFeatureUnseen feature=ocean_proximity",
        "TreehousePredictionDrift window=1h",
    ]
    ever = 'count by (alertname, window, feature) (count_over_time(ALERTS{alertstate="firing", namespace="%s"}[%dm]))'
    tests = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "name": "housing",
                "interval": f"{MINUTES}m",
                "input_series": series,
                "promql_expr_test": [
                    # Something is computed, so that silence means something.
                    {"eval_time": f"{end}m", "expr": 'count(treehouse:feature_psi:1h{namespace="calm"})', "exp_samples": [{"labels": "{}", "value": 9}]},
                    {"eval_time": f"{end}m", "expr": ever % ("calm", end), "exp_samples": []},
                    {"eval_time": f"{begin}m", "expr": ever % ("shifted", begin), "exp_samples": []},
                    fired("shifted", begin + 60, *alerts),
                    fired("shifted", end, *alerts),
                ],
            }
        ],
    }  # fmt: skip
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(tests, file)  # which YAML includes
        file.flush()
        result = subprocess.run(["promtool", "test", "rules", file.name], capture_output=True, text=True)
    if result.returncode != 0:
        print("housing:", result.stdout, result.stderr)
        sys.exit(1)
    rows = ROWS * STEPS
    print(f"ok housing: {rows} rows without a shift raise no alert, {len(alerts)} alerts fire within an hour of one")
    print(f"result drift_housing_rows {2 * rows}")


if __name__ == "__main__":
    main()
