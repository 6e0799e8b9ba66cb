"""What it costs to observe: the pair with everything on, and with all off that can be off."""

import sys
from contextlib import ExitStack
from pathlib import Path

import pairs
import stacks
from processes import Process, free_ports

# The flags of all that can be switched: {collector} is host:port of one for traces, {work} a folder that goes away.
ON = {
    "gateway": ["--access-log=20", "--native-histograms", "--otlp-endpoint={collector}", "--trace-sample=0.01"],
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


def cost(model: Path, work: Path, cores: tuple[int, int], bodies: Path, cleanup: ExitStack) -> float:
    """By how many percent a request takes more processor time."""
    collector_port, health_port = free_ports(2)
    command = [sys.executable, str(stacks.HERE / "collector.py"), str(collector_port), str(health_port)]
    collector = Process("collector", command, cores[1], (health_port, "/"), work / "collector.log")
    cleanup.callback(collector.stop)
    fill = {"collector": f"127.0.0.1:{collector_port}", "work": str(work)}
    flags = {
        name: {service: [flag.format(**fill) for flag in more[service]] for service in more}
        for name, more in (("off", OFF), ("on", ON))
    }
    return pairs.cost("observability", model, work, cores, bodies, flags, COUNTED)
