"""The three ways to serve one model: Treehouse, FastAPI + scikit-learn, FastAPI + ONNX Runtime."""

import json
import http.client
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from processes import Failure, Process, free_ports

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


@dataclass
class Stack:
    """A way to serve: where it listens, the processes behind it and how exact it must be."""

    name: str
    port: int
    tolerance: float  # relative, to the golden answers
    processes: list[Process] = field(default_factory=list)
    admin: tuple[int, ...] = ()  # ports with /metrics
    credential: str = ""  # that a caller shows

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/predict"

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.stop()

    def ask(self, bodies: list[str]) -> list[float]:
        """The prediction for each body, over one connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        answers = []
        for body in bodies:
            connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            content = response.read()
            if response.status != 200:
                raise Failure(f"{self.name} answered {response.status} to {body}: {content[:300]!r}")
            answers.append(prediction(json.loads(content)))
        connection.close()
        return answers


def prediction(answer: dict) -> float:
    """The one number in an answer, which is {"prediction": x} or {"predictions": [x], …}."""
    value = answer["prediction"] if "prediction" in answer else answer["predictions"]
    while isinstance(value, list):
        (value,) = value
    return float(value)


def treehouse(
    model: Path, work: Path, core: int, log: str = "treehouse", predict: Sequence[str] = (), gateway: Sequence[str] = (),
    credential: str = "",
) -> Stack:  # fmt: skip
    """gateway and predict on the same core, serving one version of one model, with more flags."""
    repository = work / "repository"
    if not repository.exists():
        shutil.copytree(model, repository / "housing" / model.name)
    http_port, gateway_admin, grpc_port, predict_admin = free_ports(4)
    stack = Stack("gateway + predict", http_port, 1e-12, admin=(gateway_admin, predict_admin), credential=credential)
    try:
        stack.processes.append(
            Process(
                "predict",
                [str(ROOT / "bin/predict"), "serve", "--auth=off", f"--repository={repository}",
                 f"--grpc-address=127.0.0.1:{grpc_port}", f"--admin-address=127.0.0.1:{predict_admin}", *predict],
                core, (predict_admin, "/readyz"), work / f"{log}-predict.log",
            )  # fmt: skip
        )
        stack.processes.append(
            Process(
                "gateway",
                [str(ROOT / "bin/gateway"), "--auth=off", f"--predict=127.0.0.1:{grpc_port}", "--default-model=housing",
                 f"--http-address=127.0.0.1:{http_port}", f"--admin-address=127.0.0.1:{gateway_admin}", *gateway],
                core, (gateway_admin, "/readyz"), work / f"{log}-gateway.log",
            )  # fmt: skip
        )
    except BaseException:
        stack.stop()
        raise
    return stack


def _fastapi(name: str, module: str, artifact: Path, tolerance: float, work: Path, core: int) -> Stack:
    (port,) = free_ports(1)
    command = [
        sys.executable, "-m", "uvicorn", f"{module}:app", "--app-dir", str(HERE), "--host", "127.0.0.1",
        "--port", str(port), "--workers", "1", "--loop", "uvloop", "--http", "httptools",
        "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip
    # One thread each: there is one core.
    env = {"BENCH_MODEL": str(artifact), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    process = Process(name, command, core, (port, "/health"), work / f"{module}.log", env)
    return Stack(name, port, tolerance, [process])


def sklearn(model: Path, work: Path, core: int) -> Stack:
    return _fastapi("FastAPI + scikit-learn", "sklearn_server", model / "model.joblib", 1e-12, work, core)


def onnxruntime(model: Path, work: Path, core: int) -> Stack:
    artifact = work / "model.onnx"
    command = [sys.executable, str(HERE / "export_onnx.py"), str(model / "model.joblib"), str(model / "golden.json")]
    export = subprocess.run([*command, str(artifact)], capture_output=True, text=True, timeout=120)
    if export.returncode != 0:
        raise Failure(f"the export to ONNX failed:\n{export.stderr[-2000:]}")
    return _fastapi("FastAPI + ONNX Runtime", "onnx_server", artifact, 1e-5, work, core)
