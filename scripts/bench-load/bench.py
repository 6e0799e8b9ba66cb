"""Load the files of DIRECTORY with `PREDICT inspect`: how long, and how much memory at most.

    python bench.py PREDICT DIRECTORY

That is reading, checking, compiling, and the digest. Time is the best of three, of the forests; memory is the
process's greatest resident size, to the file's size. Fails where one is over its bar. Imports nothing large: a
process starts with the greatest size of the one that it comes from.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

SECONDS = 3  # the bars: of the forests,
RATIO = 4  # and of all but
RATIOS = {".cbm": 6, ".onnx": 5}  # whose trees take much less of a file


def load(predict: str, path: Path) -> tuple[float, int]:
    """Seconds, and the greatest resident size in bytes."""
    begin = time.perf_counter()
    process = subprocess.Popen([predict, "inspect", str(path)], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"bench-load: {predict} inspect {path.name} failed")
    return seconds, used.ru_maxrss * 1024


def main(predict: str, directory: Path) -> None:
    slowest, greatest, over = 0.0, {}, []
    for path in sorted(directory.iterdir()):
        size, forest = path.stat().st_size, path.stem == "forest"
        runs = [load(predict, path) for _ in range(3 if forest else 1)]
        seconds, ratio = min(s for s, _ in runs), max(m for _, m in runs) / size
        print(f"{path.name:14} {size / 1e6:.0f} MB  {seconds:.2f} s  {ratio:.2f} times its size in memory", flush=True)
        kind = path.stem
        greatest[kind] = max(greatest.get(kind, 0.0), ratio)
        if ratio >= RATIOS.get(path.suffix, RATIO):
            over.append(f"{path.name} takes {ratio:.2f} times its size")
        if forest:
            slowest = max(slowest, seconds)
    print(f"result forest_load_seconds {slowest:.2f}")
    for kind, ratio in greatest.items():
        print(f"result {kind}_peak_ratio {ratio:.2f}")
    if not 0 < slowest < SECONDS:
        over.append(f"a forest takes {slowest:.2f} s")
    if over:
        sys.exit("bench-load: over the bar: " + ", ".join(over))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
