"""The contestants as processes on one core, and the schedule by which they take turns."""

import json
import subprocess
import time
from pathlib import Path
from statistics import median

TURN = 0.005  # seconds that a turn lasts at least
MOST_CALLS = 50_000  # a turn: the quickest take a quarter of a microsecond
LARGE = 10_000  # rows of a batch of which one call makes a turn
SLOW = 1.0  # seconds of a turn from which a contestant has two turns only


class Refused(Exception):
    """What a contestant answered instead of a result."""


class Contestant:
    """A process that answers commands; what it prints besides goes to a log."""

    def __init__(self, name: str, command: list[str], core: int, log: Path, env: dict[str, str]):
        self.name = name
        with log.open("ab") as out:
            self.popen = subprocess.Popen(
                ["taskset", "--cpu-list", str(core), *command],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out, text=True, bufsize=1, env=env,
            )  # fmt: skip

    def ask(self, do: str, **arguments) -> dict:
        try:
            self.popen.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            self.popen.stdin.flush()
        except BrokenPipeError:
            pass  # the missing answer says so
        line = self.popen.stdout.readline()
        if not line:
            raise Refused(f"ended with status {self.popen.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise Refused(answer["error"])
        return answer

    def stop(self) -> None:
        self.popen.stdin.close()
        try:
            self.popen.wait(10)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


class Clock:
    """Adds up what all turns took on the wall and of their processes: on a quiet machine the same."""

    def __init__(self):
        self.wall = self.cpu = 0.0

    @property
    def away(self) -> float:
        """The share of the time in which the core was not the contestant's."""
        return max(0.0, 1 - self.cpu / self.wall) if self.wall else 0.0


def take_turns(contestants, batch: int, seconds: float, most: int, clock: Clock, which: str) -> dict[str, float]:
    """Medians, in microseconds a row: in each round every contestant has one turn, in an order that moves on by one.

    Before it is found how many calls make a turn. Rounds end with the time, but
    not before the third; who is very slow rests from the third on.
    """
    calls = {c.name: 1 if batch >= LARGE else _calibrate(c, batch) for c in contestants}
    taken = {c.name: [] for c in contestants}

    def rests(name):
        return len(taken[name]) >= 2 and min(taken[name]) * calls[name] * batch > SLOW * 1e6

    deadline = time.monotonic() + seconds
    for turn in range(most):
        if turn >= 3 and time.monotonic() > deadline:
            break
        first = turn % len(contestants)
        for c in contestants[first:] + contestants[:first]:
            if rests(c.name):
                continue
            answer = c.ask("time", batch=batch, calls=calls[c.name])
            clock.wall, clock.cpu = clock.wall + answer["wall"], clock.cpu + answer["cpu"]
            taken[c.name].append(answer[which] / calls[c.name] / batch * 1e6)
    return {name: median(values) for name, values in taken.items()}


def _calibrate(contestant: Contestant, batch: int) -> int:
    calls = 1
    while True:
        took = contestant.ask("time", batch=batch, calls=calls)["cpu"]
        if took >= TURN / 4 or calls >= MOST_CALLS:
            return max(1, min(MOST_CALLS, round(calls * TURN / max(took, 1e-6))))
        calls *= 4
