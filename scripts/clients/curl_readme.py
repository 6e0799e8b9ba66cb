"""curl: the commands of README.md that ask for a prediction, run as they are written."""

import json
import re
import shlex
import subprocess
from pathlib import Path

from checks import HTTP, check, run

README = Path(__file__).resolve().parents[2] / "README.md"


def commands() -> list[str]:
    """curl commands that ask for a prediction, each with all its lines."""
    found, lines = [], README.read_text().splitlines()
    for i, line in enumerate(lines):
        if not re.match(r"\s*(\$ )?curl .*localhost:8080/predict", line):
            continue
        command = re.sub(r"^\s*(\$ )?", "", line)
        for more in lines[i + 1 :]:
            try:
                shlex.split(command)
                break
            except ValueError:  # a quote or a line is not closed yet
                command += "\n" + more
        found.append(command)
    return found


@check("curl: the README's predictions")
def _():
    wanted = commands()
    assert wanted, "README.md has no curl command for localhost:8080/predict"
    for command in wanted:
        command = command.replace("localhost:8080", HTTP)
        answer = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30)
        assert answer.returncode == 0, f"{command}: status {answer.returncode}: {answer.stderr}"
        document = json.loads(answer.stdout)
        assert document["model"] and document["version"], answer.stdout
        price = document["predictions"][0] if "predictions" in document else document["prediction"]
        assert 10_000 < price < 1_000_000, f"{command}: {answer.stdout}"


run()
