"""Train random models, save them, and compare what Go makes of them. See run.sh."""

import argparse
import collections
import csv
import functools
import io
import json
import math
import re
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "services" / "scoring" / "python")]

import numpy as np  # noqa: E402

import models  # noqa: E402
import treehouse  # noqa: E402
import wanted  # noqa: E402

treehouse.DRAWS = 200  # drift thresholds are not what is compared here, and take half of the time
BATCH = 24  # models between two runs of the Go program
METHODS = ("predict", "predict_proba", "decision_function")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replay", required=True, help="the test binary of services/scoring")
    parser.add_argument("--predict", required=True, help="bin/predict")
    parser.add_argument("--failed", required=True, type=Path, help="where models that differ are kept")
    parser.add_argument("--met", required=True, type=Path, help="where to write what was met, for report.py")
    parser.add_argument("--known", type=Path, nargs="*", default=[], help="what other environments met: no draw is made for it alone")
    parser.add_argument("--seconds", type=float, default=100, help="make no more models after so long")
    parser.add_argument("--models", type=int, default=sys.maxsize, help="make no more than so many, but for what was not met yet")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"parity: seed {options.seed}, {models.versions()}", flush=True)

    catalog = [name for name in catalogued(options.replay) if wanted.possible(name)]
    known = {name for file in options.known for name in json.loads(file.read_text())["parts"]}
    plan = Plan([name for name in catalog if name not in known])
    end = time.monotonic() + options.seconds

    def enough() -> bool:
        return made > 0 and (time.monotonic() >= end or made >= options.models and not plan.open())

    counts, rows, mismatches, made = collections.Counter(), 0, 0, 0
    with tempfile.TemporaryDirectory(prefix="parity-") as root:
        while not enough():
            batch = Path(root) / str(made)
            batch.mkdir()
            while len(list(batch.iterdir())) < BATCH and not enough():
                seed = options.seed * 100_000 + made
                made += 1
                counts.update(make(seed, batch, plan))
            certified, failures = replay(options.replay, batch)
            failures |= score(options.predict, batch, certified, counts)
            for directory in sorted(batch.iterdir()):
                golden = json.loads((directory / "golden.json").read_text())
                rows += len(golden["rows"]) + len(golden["errors"])
                if directory.name not in failures:
                    plan.meet(certified[directory.name])
            for name, why in sorted(failures.items()):
                mismatches += 1
                kept = options.failed / name
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(batch / name, kept)
                print(f"MISMATCH {name} ({(batch / name / 'what.txt').read_text().strip()}): {why}\n  kept in {kept}", flush=True)
            shutil.rmtree(batch)
            plan.again()

    useless = counts.pop("useless", 0)
    print("parity: " + ", ".join(f"{n} {what}" for what, n in sorted(counts.items())))
    print(f"parity: {useless} of {made} random choices no library could train")
    broken = useless * 3 > made
    if broken:
        print("parity: that is too many; the generator is broken")
    met = {"models": made - useless, "rows": rows, "mismatches": mismatches, "possible": catalog, "parts": plan.met, "draws": sorted(wanted.made()), "elsewhere": sorted(wanted.ELSEWHERE)}
    options.met.write_text(json.dumps(met))
    return 1 if mismatches or broken else 0


class Plan:
    """Which parts of the catalog a draw is still to be made for, and what was met."""

    TRIES = 4  # draws for a part, after which it counts as not met

    def __init__(self, parts: list[str]) -> None:
        self.parts = parts
        self.met: dict[str, list[float]] = {}  # how many models had it, and the largest relative difference
        self.tries: collections.Counter = collections.Counter()
        self.hoped: set[str] = set()  # for: what models that were drawn should have
        self.again()

    def again(self) -> None:
        self.hoped = set()
        self.todo = [name for name in self.parts if name not in self.met and self.tries[name] < self.TRIES]

    def open(self) -> bool:
        return any(name not in self.hoped for name in self.todo)

    def next(self) -> str:
        """A part to make a draw for, or "" for any draw."""
        while self.todo:
            name = self.todo.pop(0)
            if name not in self.hoped:
                self.tries[name] += 1
                self.hoped.add(name)
                return name
        return ""

    def meet(self, certified: dict) -> None:
        for name in certified["parts"]:
            count, largest = self.met.get(name, [0, 0.0])
            self.met[name] = [count + 1, max(largest, certified["difference"])]


def make(seed: int, batch: Path, plan: Plan) -> list[str]:
    """Train and save the model of a seed: batch/<seed>. Returns what it is made of."""
    rng = np.random.default_rng(seed)
    want = plan.next()
    try:
        choice = models.choose(rng, want)
    except models.Useless as error:
        if want:
            print(f"parity: no {want}: {str(error)[:200]}")
        return ["useless"]
    plan.hoped.update(models.classes(choice.model))
    if hasattr(choice.model, "SerializeToString"):
        plan.hoped.update("onnx_" + ".".join(filter(None, (node.domain, node.op_type))) for node in choice.model.graph.node)
    model = treehouse._opened(choice.model)
    save = functools.partial(treehouse.save, model, choice.X, batch / str(seed), name=f"seed-{seed}", rows=80, seed=seed)
    try:
        directory = save(**choice.options)
    except Exception as error:
        if choice.options.get("format") == "skops" and models.SKOPS_VERSION < (0, 16):  # which cannot write all that it should
            choice.options = {"format": "pickle"}
            directory = save(**choice.options)
            (directory / "what.txt").write_text(f"{choice.what} {choice.options}\n")
            return ["models", choice.kind, "models that skops could not save"]
        raise RuntimeError(f"seed {seed}, for {want or 'any'}: cannot save {choice.what} {choice.options}") from error
    (directory / "what.txt").write_text(f"{choice.what} {choice.options}\n")
    return ["models", choice.kind]


def catalogued(program: str) -> list[str]:
    """All that the readers' own tables hold."""
    run = subprocess.run([Path(program).resolve(), "-test.run=TestParityCatalog$", "-test.v"], capture_output=True, text=True, check=True)
    return json.loads(re.search(r"catalog (\[.*\])", run.stdout)[1])


def replay(program: str, batch: Path) -> tuple[dict[str, dict], dict[str, str]]:
    """Open and certify every model of a batch in Go: what each has, or what went wrong, by name."""
    run = subprocess.run(
        [Path(program).resolve(), "-test.run=TestParity$", "-test.v"],
        env={"PARITY_DIR": str(batch), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    said: dict[str, list[str]] = collections.defaultdict(list)
    name = ""
    for line in run.stdout.splitlines():
        if begin := re.match(r"=== RUN +TestParity/(\S+)", line):
            name = begin[1]
        elif name and (text := re.match(r" +\S+\.go:\d+: (.*)", line)):
            said[name].append(text[1])
    certified, failures = {}, {}
    for directory in batch.iterdir():
        lines = said[directory.name]
        if len(lines) == 1 and lines[0].startswith("certified "):
            certified[directory.name] = json.loads(lines[0].removeprefix("certified "))
        else:
            failures[directory.name] = "; ".join(lines) or f"the Go program did not get to it: {run.stderr[-300:]}"
    if run.returncode and not failures:
        raise RuntimeError(f"{program} failed:\n{run.stdout}{run.stderr}")
    return certified, failures


def score(program: str, batch: Path, certified: dict[str, dict], counts: collections.Counter) -> dict[str, str]:
    """Read the golden rows of each model that was certified as a CSV with bin/predict score."""
    failures = {}
    for name, replayed in certified.items():
        directory = batch / name
        ties = set(replayed["ties"] or ())
        golden = json.loads((directory / "golden.json").read_text())
        # Not in a CSV: an empty cell is missing, so there is no empty string; and no infinities.
        # Nor an empty line, which is what one missing value alone would be.
        kept = [k for k, row in enumerate(golden["rows"]) if row != [None] and k not in ties and not any(v == "" or infinite(v) for v in row)]
        graph = (directory / "model.onnx").exists()  # computes with float32: where numbers are large, most of a sum may cancel
        if graph:
            kept = [k for k in kept if all(isinstance(v, str) or abs(v or 0) < 1e3 for v in golden["rows"][k])]
        if not kept:
            continue
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(golden["features"])
        for k in kept:
            table.writerow(["" if v is None else v if isinstance(v, str) else repr(v) for v in golden["rows"][k]])
        rows_file = directory / "rows.csv"
        rows_file.write_text(text.getvalue(), encoding="utf-8")
        artifact = next(f for f in directory.glob("model.*") if f.suffix != ".yaml")
        # Its scores are squared distances, expanded to |x|² - 2·x·p + |p|², most of which cancels where numbers are large.
        expanded = "NearestCentroid" in (directory / "what.txt").read_text()
        terms = [sum(v * v for v in golden["rows"][k] if not isinstance(v, str)) if expanded else 1e6 * graph for k in kept]
        # An exponential of float32 multiplies what its argument is off by: of 55, by 4e-6.
        relative = 1e-5 if graph else 1e-6
        for method in METHODS:
            if method not in golden["outputs"]:
                continue
            want = [golden["outputs"][method][k] for k in kept]
            command = [program, "score", "--model", artifact, "--input", rows_file, "--method", method]
            run = subprocess.run(command, capture_output=True, text=True)
            counts["CSV files scored"] += 1
            why = run.stderr.strip()[-300:] if run.returncode else differs(run.stdout, terms, want, method, relative)
            if why:
                failures[directory.name] = f"bin/predict score --method {method}: {why}"
                break
    return failures


def infinite(value) -> bool:
    return value in ("Infinity", "-Infinity", "NaN")


def differs(output: str, terms: list[float], want: list, method: str, relative: float) -> str:
    """Why a CSV of predictions is not what the library said; "" if it is."""
    header, *lines = csv.reader(io.StringIO(output))
    if method == "predict" and not (isinstance(want[0], list) and len(want[0]) > 1) and header != ["prediction"]:
        return f"the header is {header}; expected prediction"
    if len(lines) != len(want):
        return f"{len(lines)} rows for {len(want)}"
    for k, (line, size, expected) in enumerate(zip(lines, terms, want)):
        expected = expected if isinstance(expected, list) else [expected]
        if len(line) != len(expected):
            return f"row {k} has {len(line)} values; expected {len(expected)}"
        for cell, value in zip(line, expected):
            if not same(cell, value, size, relative):
                return f"row {k} is {cell}; expected {value!r}"
    return ""


def same(cell: str, value, terms: float, relative: float) -> bool:
    """As near as text shows: the replay of the certificate holds the exact tolerances."""
    if isinstance(value, bool):
        return cell.lower() == str(value).lower()
    if isinstance(value, str) and not infinite(value):
        return cell == value
    got, want = float(cell), float(value)
    if not math.isfinite(got) and not math.isfinite(want):
        return True  # to what a sum overflows hangs on its order
    return got == want or abs(got - want) <= relative * max(1.0, abs(want)) + 1e-9 * terms


if __name__ == "__main__":
    sys.exit(main())
