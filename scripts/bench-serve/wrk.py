"""The load: wrk, which posts records over a number of connections, each as soon as the one before is answered."""

import json
import subprocess
from pathlib import Path

from processes import Failure
from stacks import HERE, Stack


class Wrk:
    """A run of wrk against a stack, which has begun."""

    def __init__(self, stack: Stack, connections: int, seconds: int, bodies: Path, core: int):
        self.stack, self.seconds = stack, seconds
        command = [
            "taskset", "--cpu-list", str(core), "wrk", "--threads=1", f"--connections={connections}",
            f"--duration={seconds}s", "--timeout=10s", f"--script={HERE / 'post.lua'}", stack.url, "--", str(bodies), stack.credential,
        ]  # fmt: skip
        self.popen = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def result(self) -> dict:
        """What post.lua counted, when it is done; no request may have failed."""
        try:
            out, err = self.popen.communicate(timeout=self.seconds + 60)
        finally:
            self.popen.kill()
        for process in self.stack.processes:
            process.check()
        line = next((line for line in out.splitlines() if line.startswith("result ")), None)
        if self.popen.returncode != 0 or line is None:
            raise Failure(f"wrk failed with status {self.popen.returncode}: {err}{out}")
        counts = json.loads(line.removeprefix("result "))
        if counts["failed"] or not counts["requests"]:
            raise Failure(f"{self.stack.name}: {counts['failed']} of {counts['requests']} requests failed\n{out}")
        return counts
