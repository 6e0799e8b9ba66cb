"""Prints what the environments met together, and fails where they lack something. See run.sh."""

import argparse
import json
import re
import sys
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("met", type=Path, nargs="+", help="what parity.py wrote, one file an environment")
    parser.add_argument("--catalog", type=Path, help="all parts that must be met; without it, those that the environments can have")
    options = parser.parse_args()
    runs = [json.loads(file.read_text()) for file in options.met]
    needed = {name for run in runs for name in run["possible"]}
    if options.catalog:
        needed |= set(json.loads(options.catalog.read_text())) - {name for run in runs for name in run["elsewhere"]}
    met: dict[str, list[float]] = {}
    for run in runs:
        for name, (count, largest) in run["parts"].items():
            before = met.get(name, [0, 0.0])
            met[name] = [before[0] + count, max(before[1], largest)]

    for name in sorted(needed - set(met)):
        print(f"parity: {name} was not met: {'no draw makes it' if not any(name in run['draws'] for run in runs) else 'no draw had it'}")
    for what in ("models", "rows", "mismatches"):
        print(f"result parity_{what} {sum(run[what] for run in runs)}")
    print(f"result parity_classes {len(needed & set(met))}")
    for name in sorted(met):
        print(f"result parity_{re.sub(r'[^A-Za-z0-9_]', '_', name)} {met[name][1]:.2g}")
    return 1 if needed - set(met) or any(run["mismatches"] for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
