"""Compares this project's engine with other evaluators of tree ensembles: see README.md."""

import argparse
import os
import platform
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import contest
import data
import equal
import prepare
import report
from contest import Clock, Contestant, Refused
from shapes import BATCHES, SHAPES, Shape

HERE = Path(__file__).parent
# One thread, by the variables that the libraries look at, besides the options that they are given.
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "GOMAXPROCS")}


def main() -> int:
    options = arguments()
    shapes = [shape.against(options.peer) for shape in SHAPES if not options.shape or shape.name in options.shape]
    core = options.core if options.core is not None else max(os.sched_getaffinity(0))
    print(f"{cpu_model()}, core {core}, one thread; Python {platform.python_version()}; {options.clock} clock")
    if kernel := os.environ.get("TREEHOUSE_ENGINE"):
        print(f"TREEHOUSE_ENGINE={kernel} for treehouse, too")
    with tempfile.TemporaryDirectory(prefix="bench-engine-") as name:
        folder, contestants = Path(name), {}
        try:
            contestants = start(shapes, core, folder, options)
            failed = prepare_all(shapes, folder, options.binary_writer)
            versions(contestants)
            return compare(shapes, contestants, failed, folder, options)
        except equal.Different as e:
            print(f"bench-engine: {e}", file=sys.stderr)
            return 1
        finally:
            for contestant in contestants.values():
                contestant.stop()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--go-contestant", required=True, help="the program built from go/")
    parser.add_argument("--binary-writer", required=True, help="a Python whose XGBoost writes the binary format")
    parser.add_argument("--shape", action="append", help="only this shape; may be repeated")
    parser.add_argument("--peer", action="append", help="only against this one, and the library that trains the model; may be repeated")
    parser.add_argument("--core", type=int, help="the core to run on (default: the last)")
    parser.add_argument("--seconds", type=float, default=1, help="for the rounds of a shape and batch (default 1; at least 3 rounds)")
    parser.add_argument("--rounds", type=int, default=15, help="at most, of a shape and batch (default 15)")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="cpu: of the process; for a busy machine")
    return parser.parse_args()


def start(shapes, core, folder, options) -> dict[str, Contestant]:
    """Starts the processes first, so that Python's imports are over when models are ready."""
    environment = {**os.environ, **ONE_THREAD}
    portable = {**environment, "TREEHOUSE_ENGINE": "portable"}
    peers = dict.fromkeys(peer for shape in shapes for peer in shape.peers)
    commands = {"treehouse": [options.go_contestant, "treehouse"], "portable": [options.go_contestant, "treehouse"]}
    for peer in peers:
        commands[peer] = [options.go_contestant, peer] if peer == "leaves" else [sys.executable, str(HERE / "contestant.py"), peer]
    return {name: Contestant(name, command, core, folder / f"{name}.log", portable if name == "portable" else environment)
            for name, command in commands.items()}  # fmt: skip


def prepare_all(shapes, folder: Path, binary_writer: str) -> dict[tuple[str, str], str]:
    """Makes data, models and their conversions, on all cores; returns which conversions failed, and why."""
    begin, failed = time.monotonic(), {}
    for kind in ("numbers", "mixed"):
        getattr(data, kind)(data.SCORED_ROWS, prepare.SEED + 1)[0].tofile(folder / f"{kind}.f32")
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), initializer=quiet, initargs=(folder / "prepare.log",)) as pool:
        # What takes longest to compile comes first.
        order = sorted([*shapes, *stumps_of(shapes)], key=lambda shape: "lleaves" not in shape.peers)
        trained = {shape: pool.submit(prepare.train, shape, folder) for shape in order}
        converted = {}
        for shape, training in trained.items():
            training.result()
            for peer in sorted(shape.peers, key=("lleaves", "tl2cgen").__contains__, reverse=True):
                converted[shape.name, peer] = pool.submit(prepare.convert, shape, peer, folder, binary_writer)
        for key, conversion in converted.items():
            if error := conversion.exception():
                failed[key] = f"{type(error).__name__}: {error}"[:200]
    print(f"\nModels, trained and converted in {time.monotonic() - begin:.0f} s:")
    for shape in shapes:
        print(f"  {shape.name}: {shape.title}; {trained[shape].result()}")
    return failed


def quiet(log: Path) -> None:
    """Sends what compilers and converters print to a log; what fails comes back as an exception."""
    with log.open("ab") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)


def stumps_of(shapes) -> list[Shape]:
    return list({shape.library: shape.stump for shape in reversed(shapes)}.values())


def versions(contestants: dict[str, Contestant]) -> None:
    print("\nContestants:")
    for name, contestant in list(contestants.items()):
        try:
            print(f"  {name} {contestant.ask('hello')['version']}")
        except Refused as e:
            print(f"  {name} does not take part: {e}")
            contestants.pop(name).stop()


def compare(shapes, contestants, failed, folder, options) -> int:
    times, clock = {}, Clock()
    for shape in [*stumps_of(shapes), *shapes]:
        stump = shape not in shapes
        print(f"\n{'calls: ' if stump else ''}{shape.title}")
        for reason in () if stump else shape.absent:
            print(f"  absent: {reason}")
        present = load(shape, contestants, failed, folder)
        for batch in (1,) if stump else BATCHES:
            equals = check(shape, batch, present, folder)
            times[shape.name, batch] = contest.take_turns(equals, batch, options.seconds, options.rounds, clock, options.clock)
        if not stump:
            report.table(shape, times)
    report.call_costs(times)
    print(f"\nThe core was away from the contestants for {100 * clock.away:.0f} % of the time that was measured.")
    results = list(report.ratios(times))
    lines = report.below(results)
    print("\nSlower than a peer, or below the bar:" if lines else "\nFaster than every peer, above every bar.")
    print("\n".join(lines), end="\n\n" if lines else "\n")
    report.result_lines(results)
    return 0


def load(shape: Shape, contestants, failed, folder: Path) -> list[Contestant]:
    """The contestants that have opened the model; prints why the others have not."""
    ours = ["treehouse", "portable"] if shape.library == "xgboost" else ["treehouse"]
    present = []
    for name in [*ours, *shape.peers]:
        if name not in contestants:
            continue  # said so before
        peer = shape.library if name in ours else name
        try:
            if (shape.name, name) in failed:
                raise Refused(failed[shape.name, name])
            contestants[name].ask("load", library=shape.library, path=str(prepare.file(folder, shape, peer)),
                                  rows=str(folder / f"{shape.data}.f32"), columns=data.FEATURES)  # fmt: skip
            present.append(contestants[name])
        except Refused as e:
            if name in (*ours, shape.library):
                raise equal.Different(f"{shape.name}: {name}: {e}") from e
            print(f"  absent: {name}: {e}")
    return present


def check(shape: Shape, batch: int, present: list[Contestant], folder: Path) -> list[Contestant]:
    """Those whose outputs equal the training library's; says how equal they are."""
    want = equal.outputs(next(c for c in present if c.name == shape.library), batch, folder)
    equals, notes = [], []
    for contestant in present:
        if contestant.name == shape.library:
            equals.append(contestant)
            continue
        got = equal.outputs(contestant, batch, folder)
        if contestant.name in ("treehouse", "portable"):
            equal.check_ours(shape.name, batch, got, want)
            close, note = True, "bit for bit"
        else:
            close, note = equal.compare_peer(got, want)
        equals += [contestant] if close else []
        notes.append(f"{contestant.name} {note}" + ("" if close else ", so its speed is not compared"))
    print(f"  outputs of batches of {batch:,} against {shape.library}'s: " + "; ".join(notes))
    return equals


def cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    return f"{model} ({'AVX-512' if 'avx512bw' in flags else 'AVX2' if 'avx2' in flags else 'no AVX2'})"


if __name__ == "__main__":
    sys.exit(main())
