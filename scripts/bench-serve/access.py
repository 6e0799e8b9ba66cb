"""What it costs to ask callers who they are: API keys and a policy in both services, against --auth=off and no key."""

import subprocess
from pathlib import Path

import pairs
import stacks

POLICY = """rules:
  - {principals: ["key:other", "mtls:spiffe://example.com/*"], models: ["churn-*"], actions: [predict]}
  - {groups: [science], models: ["*"], actions: [predict, metadata]}
  - {principals: ["key:bench"], models: [housing], actions: [predict]}
"""

COUNTED = ['treehouse_auth_decisions_total{action="predict",result="allowed"}']


def cost(model: Path, work: Path, cores: tuple[int, int], bodies: Path) -> float:
    made = subprocess.run(
        [str(stacks.ROOT / "bin/predict"), "key", "new", "--principal=bench"], capture_output=True, text=True, check=True, timeout=10
    ).stdout.splitlines()
    key = next(line for line in made if line.startswith("th_"))
    keys, policy = work / "keys.yaml", work / "policy.yaml"
    keys.write_text(next(line for line in made if line.startswith("- ")) + "\n")
    policy.write_text(POLICY)
    on = ["--auth=", f"--auth-keys={keys}", f"--auth-policy={policy}"]  # the last --auth counts
    more = {"off": {}, "on": {"gateway": on, "predict": on, "credential": key}}
    return pairs.cost("access", model, work, cores, bodies, more, COUNTED)
