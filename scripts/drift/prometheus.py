"""A real Prometheus over series that a test made."""

import contextlib
import json
import re
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path

RULES = Path(__file__).resolve().parents[2] / "charts" / "monitoring" / "rules" / "drift.yaml"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.read()


def wait_for(url: str, process: subprocess.Popen, seconds: float = 60) -> None:
    """Until url answers 200, or it is an error."""
    end = time.monotonic() + seconds
    while True:
        try:
            get(url)
            return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{url} does not answer: {error}") from error
        time.sleep(0.05)


def series(name: str, labels: dict[str, str]) -> str:
    return name + "{" + ",".join(f"{k}={json.dumps(v, ensure_ascii=False)}" for k, v in labels.items()) + "}"


class Prometheus:
    """Serves samples, a list of lines in OpenMetrics' format, and evaluates the
    rules every second rather than every minute. Nothing else about them differs."""

    def __init__(self, folder: Path, samples: list[str]) -> None:
        self.folder = folder
        text = folder / "samples.txt"
        text.write_text("\n".join([*samples, "# EOF", ""]), encoding="utf-8")
        command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", str(text), str(folder / "data")]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (folder / "rules.yaml").write_text(re.sub(r"interval: \d+m\b", "interval: 1s", RULES.read_text(encoding="utf-8")))
        (folder / "prometheus.yaml").write_text("rule_files: [rules.yaml]\n")

    def __enter__(self) -> "Prometheus":
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                [
                    "prometheus", f"--config.file={self.folder}/prometheus.yaml", f"--storage.tsdb.path={self.folder}/data",
                    f"--web.listen-address=127.0.0.1:{port}", "--query.lookback-delta=30m", "--log.level=warn",
                ],
                stdout=log, stderr=log,
            )  # fmt: skip
        try:
            wait_for(self.url + "/-/ready", self.process)
        except RuntimeError:
            print((self.folder / "log").read_text())
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()

    def query(self, expression: str) -> dict[frozenset, float]:
        """The values by their labels."""
        url = f"{self.url}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        found = json.loads(get(url))["data"]["result"]
        return {
            frozenset((k, v) for k, v in r["metric"].items() if k != "__name__"): float(r["value"][1]) for r in found
        }

    def evaluated(self, times: int = 4) -> None:
        """Waits until every group was evaluated some times (a group needs what
        another one has recorded), and sees that no rule failed."""
        seen: dict[str, set[str]] = {}
        end = time.monotonic() + 30
        while not seen or any(len(moments) < times for moments in seen.values()):
            if time.monotonic() > end:
                raise RuntimeError(f"the rules were evaluated {seen} only")
            for group in json.loads(get(self.url + "/api/v1/rules"))["data"]["groups"]:
                if failed := [rule["lastError"] for rule in group["rules"] if rule.get("lastError")]:
                    raise RuntimeError(f"a rule of {group['name']} fails: {failed[0]}")
                seen.setdefault(group["name"], set())
                if not group["lastEvaluation"].startswith("0001"):
                    seen[group["name"]].add(group["lastEvaluation"])
            time.sleep(0.1)
