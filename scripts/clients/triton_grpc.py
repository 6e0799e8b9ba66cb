"""tritonclient over gRPC: raw tensors, compression, streams, the repository."""

import queue
import threading

import numpy as np
import tritonclient.grpc as triton

from checks import GRPC, check, equal, refused, run
from golden import Golden, golden

client = triton.InferenceServerClient(GRPC)


def tensors(rows: Golden) -> list:
    """One raw tensor a feature."""
    inputs = []
    for name, is_string, values in rows.columns():
        array = (
            np.array(values, dtype=object)
            if is_string
            else np.array([np.nan if v is None else v for v in values], dtype=np.float64)
        )
        tensor = triton.InferInput(name, [len(values)], "BYTES" if is_string else "FP64")
        inputs.append(tensor.set_data_from_numpy(array))
    return inputs


def predictions(result) -> list[float]:
    return result.as_numpy("predict").reshape(-1).tolist()


@check("tritonclient grpc: health, readiness, metadata")
def _():
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("housing") and client.is_model_ready("housing", "2")
    metadata = client.get_server_metadata(as_json=True)
    assert metadata["name"] and metadata["version"], metadata
    metadata = client.get_model_metadata("housing", "1")
    want = [(n, "BYTES" if s else "FP64") for n, s, _ in golden("housing", 1).columns()]
    equal([(i.name, i.datatype) for i in metadata.inputs], want, "inputs")
    equal([o.name for o in metadata.outputs], ["predict"], "outputs")


@check("tritonclient grpc: a model that is not there")
def _():
    def ready(*model) -> bool:
        try:
            return client.is_model_ready(*model)
        except triton.InferenceServerException as error:
            equal(error.status(), "StatusCode.NOT_FOUND", "status")
            return False

    assert not ready("no-such-model") and not ready("housing", "99")
    refused(lambda: client.infer("no-such-model", tensors(golden("housing", 1).plain())), "NOT_FOUND", "no-such-model")


for version in (1, 2, 3):

    @check(f"tritonclient grpc: raw tensors, housing {version}")
    def _(version=version):
        for rows in (golden("housing", version).plain(), golden("housing", version).with_missing_numbers()):
            result = client.infer("housing", tensors(rows), model_version=str(version), request_id="r-7")
            equal(rows.differs(predictions(result)), [], "differing rows")
            response = result.get_response()
            equal((response.id, response.model_name, response.model_version), ("r-7", "housing", str(version)))


@check("tritonclient grpc: a classifier's labels and probabilities, as requested")
def _():
    rows = golden("classifier", 1).plain()
    result = client.infer("classifier", tensors(rows))
    equal([label.decode() for label in result.as_numpy("predict").reshape(-1)], rows.predict, "labels")
    equal(result.as_numpy("predict_proba").tolist(), rows.predict_proba, "probabilities")
    result = client.infer("classifier", tensors(rows), outputs=[triton.InferRequestedOutput("predict_proba")])
    equal([o.name for o in result.get_response().outputs], ["predict_proba"], "outputs")
    equal(result.as_numpy("predict_proba").tolist(), rows.predict_proba, "probabilities")


@check("tritonclient grpc: gzip and deflate")
def _():
    rows = golden("housing", 1).plain()
    for algorithm in ("gzip", "deflate"):
        result = client.infer("housing", tensors(rows), model_version="1", compression_algorithm=algorithm)
        equal(rows.differs(predictions(result)), [], algorithm)


@check("tritonclient grpc: parameters of every kind, a client timeout, headers")
def _():
    rows = golden("housing", 1).plain()
    result = client.infer(
        "housing", tensors(rows), model_version="1", priority=1, timeout=5_000_000, client_timeout=10,
        sequence_id="s", parameters={"text": "x", "flag": True, "number": 1.5, "int": 3}, headers={"x-custom": "1"},
    )  # fmt: skip
    equal(rows.differs(predictions(result)), [])


@check("tritonclient grpc: async_infer")
def _():
    rows = golden("housing", 3).plain()
    answers: queue.Queue = queue.Queue()
    for i in range(20):
        client.async_infer("housing", tensors(rows), lambda result, error: answers.put((result, error)), request_id=str(i))
    seen = set()
    for _ in range(20):
        result, error = answers.get(timeout=10)
        assert error is None, error
        seen.add(result.get_response().id)
        equal(rows.differs(predictions(result)), [])
    equal(len(seen), 20, "ids")


@check("tritonclient grpc: a stream answers in order and outlives an error")
def _():
    rows = golden("housing", 1).plain()
    answers: queue.Queue = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    try:
        for i in range(10):
            model = "no-such-model" if i == 4 else "housing"
            client.async_stream_infer(model, tensors(rows), model_version="1", request_id=str(i))
        for i in range(10):
            result, error = answers.get(timeout=10)
            if i == 4:
                assert error is not None and "no-such-model" in str(error), (result, error)
                continue
            assert error is None, error
            equal(result.get_response().id, str(i), "id")
            equal(rows.differs(predictions(result)), [])
    finally:
        client.stop_stream()


@check("tritonclient grpc: a stream marks the final response")
def _():
    rows = golden("housing", 1).plain()
    answers: queue.Queue = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)), compression_algorithm="gzip")
    try:
        client.async_stream_infer("housing", tensors(rows), model_version="1", enable_empty_final_response=True)
        result, error = answers.get(timeout=10)
        assert error is None, error
        assert result.get_response().parameters["triton_final_response"].bool_param
    finally:
        client.stop_stream()


@check("tritonclient grpc: keepalive pings are tolerated")
def _():
    options = triton.KeepAliveOptions(keepalive_time_ms=10_000, keepalive_permit_without_calls=True)
    with triton.InferenceServerClient(GRPC, keepalive_options=options) as pinging:
        assert pinging.is_server_live()


@check("tritonclient grpc: many threads")
def _():
    rows = golden("classifier", 1).plain()
    failures: list = []

    def work():
        try:
            for _ in range(20):
                equal(client.infer("classifier", tensors(rows)).as_numpy("predict_proba").tolist(), rows.predict_proba)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(failures, [], "failures")


@check("tritonclient grpc: errors carry a code and say what is wrong")
def _():
    inputs = tensors(golden("housing", 1).plain())
    text = triton.InferInput("longitude", inputs[0].shape(), "BYTES")
    text.set_data_from_numpy(np.array(["west"] * inputs[0].shape()[0], dtype=object))
    refused(lambda: client.infer("housing", [text, *inputs[1:]]), "INVALID_ARGUMENT", "longitude")
    extra = triton.InferInput("colour", [1], "FP64").set_data_from_numpy(np.array([1.0]))
    refused(lambda: client.infer("housing", [*inputs, extra]), "INVALID_ARGUMENT", "colour")
    refused(lambda: client.get_model_config("housing"), "UNIMPLEMENTED")


@check("tritonclient grpc: repository index, unload and load")
def _():
    def states() -> dict:
        return {(m.name, m.version): m.state for m in client.get_model_repository_index().models}

    want = {("housing", "1"), ("housing", "2"), ("housing", "3"), ("classifier", "1")}
    equal(set(states()), want, "index")
    client.unload_model("classifier")
    assert states()["classifier", "1"] != "READY", states()
    refused(lambda: client.infer("classifier", tensors(golden("classifier", 1).plain())), "classifier")
    client.load_model("classifier")
    equal(states()["classifier", "1"], "READY", "state")
    assert client.is_model_ready("classifier")


run()
