"""What something costs that can be switched: the pair of services with it and without, in turns."""

import re
import statistics
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import stacks
from processes import Failure

TURNS = 3  # of each of a pair
CONNECTIONS = 16


def cost(what: str, model: Path, work: Path, core: int, pairs: int, more: dict, counted: list[str], measure: Callable) -> float:
    """By how many percent a request takes more processor time, the median of pairs that are measured in turns.

    What stacks.treehouse is told more is more["off"] and more["on"]; counted are metrics that must have counted where
    it is on.
    """
    print(f"{what}: {pairs} pairs, {TURNS} turns of 1 s each", flush=True)
    ratios = []
    for number in range(pairs):
        # New processes each time: where memory happens to lie makes one a few percent quicker than another. Turns,
        # because what else the machine does changes from one second to the next.
        with ExitStack() as stop:
            pair = {}
            for name in ("off", "on"):
                pair[name] = stacks.treehouse(model, work, core, log=name, **more[name])
                stop.callback(pair[name].stop)
                measure(pair[name], CONNECTIONS, 1)  # warm up
            windows = {"off": [], "on": []}
            for turn in range(TURNS):
                for name in ("off", "on") if (number + turn) % 2 == 0 else ("on", "off"):
                    windows[name].append(measure(pair[name], CONNECTIONS, 1).cpu_per_million)
            check_counted(pair["on"], counted)
        spent = {name: statistics.mean(windows[name]) for name in windows}
        ratios.append(spent["on"] / spent["off"])
        print(f"pair {number + 1:2}: {spent['off']:.1f} s off, {spent['on']:.1f} s on: {percent(ratios[-1]):+.1f} %", flush=True)
    quarter, _, three = statistics.quantiles(ratios, n=4)
    print(f"the middle half of the pairs: {percent(quarter):+.1f} to {percent(three):+.1f} %")
    return percent(statistics.median(ratios))


def percent(ratio: float) -> float:
    return (ratio - 1) * 100


def check_counted(stack: stacks.Stack, counted: list[str]) -> None:
    """Fails where a part was not at work."""
    text = ""
    for port in stack.admin:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
            text += response.read().decode()
    for metric in counted:
        name, _, labels = metric.partition("{")
        values = re.findall(rf"^{name}\{{?{re.escape(labels)}.* (\S+)$", text, flags=re.M)
        if not any(float(v) > 0 for v in values):
            raise Failure(f"{metric} has counted nothing, so not everything was on")
