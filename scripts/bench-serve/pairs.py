"""What something costs that can be switched: the pair of services with it and without, at the same time."""

import math
import re
import statistics
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import stacks
from processes import Failure
from wrk import Wrk

PAIRS = 16
SECONDS = 2
CONNECTIONS = 16


def cost(what: str, model: Path, work: Path, cores: tuple[int, int], bodies: Path, more: dict, counted: list[str]) -> float:
    """By how many percent a request takes more processor time.

    What stacks.treehouse is told more is more["off"] and more["on"]; counted are metrics that must have counted where
    it is on. Both are loaded at once and share the core, so that whatever else the machine does in that second slows
    both, and each is charged its own processes' time. Each pair has new processes: where memory happens to lie makes one
    a few percent quicker than another.
    """
    print(f"{what}: {PAIRS} pairs, {SECONDS} s each", flush=True)
    ratios = []
    for number in range(PAIRS):
        names = ("off", "on") if number % 2 == 0 else ("on", "off")
        with ExitStack() as stop:
            pair = {}
            for name in names:
                pair[name] = stacks.treehouse(model, work, cores[0], log=name, **more[name])
                stop.callback(pair[name].stop)
            try:
                load(pair, 1, bodies, cores[1])  # warm up
            except Failure:  # a gateway whose first connection failed tries again after a second; what is measured is strict
                load(pair, 2, bodies, cores[1])
            spent = load(pair, SECONDS, bodies, cores[1])
            check_counted(pair["on"], counted)
        ratios.append(spent["on"] / spent["off"])
        print(f"pair {number + 1:2}: {spent['off']:.1f} s off, {spent['on']:.1f} s on: {percent(ratios[-1]):+.1f} %", flush=True)
    middle, low, high = estimate(ratios)
    print(f"{what}: {percent(middle):+.2f} %, with a confidence of 95 % between {percent(low):+.2f} and {percent(high):+.2f} %")
    return percent(middle)


def load(pair: dict[str, stacks.Stack], seconds: int, bodies: Path, core: int) -> dict[str, float]:
    """Seconds of processor time that a million requests take of each, loaded at once."""
    before = {name: cpu(stack) for name, stack in pair.items()}
    runs = {name: Wrk(stack, CONNECTIONS, seconds, bodies, core) for name, stack in pair.items()}
    counts = {name: run.result() for name, run in runs.items()}
    return {name: (cpu(stack) - before[name]) / counts[name]["requests"] * 1e6 for name, stack in pair.items()}


def cpu(stack: stacks.Stack) -> float:
    return sum(p.cpu_seconds() for p in stack.processes)


def estimate(ratios: list[float]) -> tuple[float, float, float]:
    """Hodges' and Lehmann's estimate, and its interval of confidence by Wilcoxon's signed ranks.

    It is the median of the means of any two, which a few disturbed pairs do not move and which needs a third fewer
    pairs than their median does.
    """
    n = len(ratios)
    means = sorted((a + b) / 2 for i, a in enumerate(ratios) for b in ratios[i:])
    outside = max(0, math.floor(n * (n + 1) / 4 - 1.96 * math.sqrt(n * (n + 1) * (2 * n + 1) / 24)))
    return statistics.median(means), means[outside], means[-1 - outside]


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
