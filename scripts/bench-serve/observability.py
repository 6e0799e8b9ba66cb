"""What it costs to observe: the pair with everything on, and with all off that can be off."""

import re
import statistics
import sys
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import stacks
from processes import Failure, Process, free_ports

PAIRS = 12
TURNS = 4  # of each of a pair
CONNECTIONS = 16

# The flags of all that can be switched: {collector} is host:port of one for traces, {work} a folder that goes away.
ON = {
    "gateway": ["--access-log=100", "--native-histograms", "--otlp-endpoint={collector}", "--trace-sample=0.01"],
    "predict": [
        "--native-histograms", "--otlp-endpoint={collector}", "--trace-sample=0.01", "--drift=default", "--drift-features=housing=*",
    ],
}  # fmt: skip
OFF = {
    "gateway": ["--access-log=none"],
    "predict": ["--drift=off"],
}

# A metric of each part that must have counted, or the part was not on.
COUNTED = ["treehouse_trace_spans_total{result=\"exported\"}", "treehouse_drift_rows_total"]


def cost(model: Path, work: Path, cores: tuple[int, int], measure: Callable, cleanup: ExitStack) -> float:
    """By how many percent a request takes more processor time, the median of pairs that are measured in turns."""
    collector_port, health_port = free_ports(2)
    command = [sys.executable, str(stacks.HERE / "collector.py"), str(collector_port), str(health_port)]
    collector = Process("collector", command, cores[1], (health_port, "/"), work / "collector.log")
    cleanup.callback(collector.stop)
    fill = {"collector": f"127.0.0.1:{collector_port}", "work": str(work)}
    flags = {
        name: {service: [flag.format(**fill) for flag in more[service]] for service in more}
        for name, more in (("off", OFF), ("on", ON))
    }
    print(f"observability: {PAIRS} pairs, {TURNS} turns of 1 s each", flush=True)
    ratios = []
    for number in range(PAIRS):
        # New processes each time: where memory happens to lie makes one a few percent quicker than another. Turns,
        # because what else the machine does changes from one second to the next.
        with ExitStack() as stop:
            pair = {}
            for name in ("off", "on"):
                pair[name] = stacks.treehouse(model, work, cores[0], log=name, **flags[name])
                stop.callback(pair[name].stop)
                measure(pair[name], CONNECTIONS, 1)  # warm up
            windows = {"off": [], "on": []}
            for turn in range(TURNS):
                for name in ("off", "on") if (number + turn) % 2 == 0 else ("on", "off"):
                    windows[name].append(measure(pair[name], CONNECTIONS, 1).cpu_per_million)
            counted(pair["on"])
        spent = {name: statistics.mean(windows[name]) for name in windows}
        ratios.append(spent["on"] / spent["off"])
        print(f"pair {number + 1:2}: {spent['off']:.1f} s off, {spent['on']:.1f} s on: {percent(ratios[-1]):+.1f} %", flush=True)
    quarter, _, three = statistics.quantiles(ratios, n=4)
    print(f"the middle half of the pairs: {percent(quarter):+.1f} to {percent(three):+.1f} %")
    return percent(statistics.median(ratios))


def percent(ratio: float) -> float:
    return (ratio - 1) * 100


def counted(stack: stacks.Stack) -> None:
    """Fails where a part was not at work."""
    text = ""
    for port in stack.admin:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
            text += response.read().decode()
    for metric in COUNTED:
        name, _, labels = metric.partition("{")
        values = re.findall(rf"^{name}\{{?{re.escape(labels)}.* (\S+)$", text, flags=re.M)
        if not any(float(v) > 0 for v in values):
            raise Failure(f"{metric} has counted nothing, so not everything was on")
