"""Load the files of DIRECTORY with `PREDICT inspect`: how long, and how much memory at most.

    python bench.py PREDICT DIRECTORY

That is reading, checking, compiling, and the digest. Time is the best of three; memory is the process's
greatest resident size, to the file's size. Fails where one is over its bar. Imports nothing large: a
process starts with the greatest size of the one that it comes from.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

SECONDS, RATIO = 3, 4  # the bars


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
    slowest, greatest = 0.0, 0.0
    for path in sorted(directory.iterdir()):
        size = path.stat().st_size
        runs = [load(predict, path) for _ in range(3)]
        seconds, ratio = min(s for s, _ in runs), max(m for _, m in runs) / size
        print(f"{path.name:14} {size / 1e6:.0f} MB  {seconds:.2f} s  {ratio:.2f} times its size in memory", flush=True)
        slowest, greatest = max(slowest, seconds), max(greatest, ratio)
    print(f"result forest_load_seconds {slowest:.2f}")
    print(f"result forest_peak_ratio {greatest:.2f}")
    if not (0 < slowest < SECONDS and 0 < greatest < RATIO):
        sys.exit(f"bench-load: over the bar of {SECONDS} s and {RATIO} times the file")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
