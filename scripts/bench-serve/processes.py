"""Processes of the benchmark: pinned, watched, measured through /proc, always stopped."""

import http.client
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

START_TIMEOUT = 60.0  # seconds; importing scikit-learn on a cold disk is slow


class Failure(Exception):
    """What went wrong, to be shown without a traceback."""


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago; all are held until the last is known, so none comes twice."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def busy_seconds(core: int) -> float:
    """What a core has worked since the machine started, or was kept from working by its host."""
    line = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith(f"cpu{core} "))
    user, nice, system, _, _, _, _, steal = map(int, line.split()[1:9])
    return (user + nice + system + steal) / os.sysconf("SC_CLK_TCK")


class Process:
    """A server on one core. Its output goes to a file, shown when it fails."""

    def __init__(self, name: str, command: list[str], core: int, health: tuple[int, str], log: Path, env=None):
        self.name, self.log = name, log
        with log.open("wb") as out:
            begin = time.perf_counter()
            self.popen = subprocess.Popen(
                ["taskset", "--cpu-list", str(core), *command],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})},
            )  # fmt: skip
        try:
            self._wait(*health)
        except BaseException:
            self.stop()
            raise
        self.ready_ms = (time.perf_counter() - begin) * 1000

    def _wait(self, port: int, path: str) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            self.check()
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            finally:
                connection.close()
            time.sleep(0.0005)
        raise Failure(f"{self.name} was not ready after {START_TIMEOUT:.0f} s; its output ends with:\n{self.tail()}")

    def check(self) -> None:
        if (code := self.popen.poll()) is not None:
            raise Failure(f"{self.name} ended with status {code}; its output ends with:\n{self.tail()}")

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def cpu_seconds(self) -> float:
        # The process's clock (clock_getcpuclockid(3)): /proc counts hundredths of a second.
        return time.clock_gettime(~self.popen.pid << 3 | 2)

    def rss_mb(self) -> float:
        status = Path(f"/proc/{self.popen.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    def stop(self) -> None:
        if self.popen.poll() is not None:
            return
        self.popen.send_signal(signal.SIGTERM)
        try:
            self.popen.wait(10)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
