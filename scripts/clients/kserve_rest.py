"""The kserve SDK over REST: protocol V1, and V2 with lists and with numpy arrays."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import numpy as np
from kserve import InferInput, InferRequest, RESTConfig
from kserve.inference_client import InferenceRESTClient
from kserve.protocol.infer_type import RequestedOutput

from checks import HTTP, check, equal, refused, run
from golden import Golden, golden

BASE = f"http://{HTTP}"


def call(protocol: str, function: Callable[[InferenceRESTClient], Awaitable]):
    """Runs one call on a fresh client."""

    async def once():
        async with InferenceRESTClient(RESTConfig(protocol=protocol, retries=1, timeout=20)) as client:
            return await function(client)

    return asyncio.run(once())


def v1(model: str, instances: list) -> dict:
    return call("v1", lambda c: c.infer(BASE, {"instances": instances}, model_name=model))


def v2(model: str, inputs: list[InferInput], **options):
    request = InferRequest(model, inputs, **options)
    return call("v2", lambda c: c.infer(BASE, request, model_name=model))


def finite(rows: Golden) -> Golden:
    """JSON has no infinities."""
    keep = [i for i, row in enumerate(rows.rows) if not any(v in (np.inf, -np.inf) for v in row)]
    return rows._only(keep)


def lists(rows: Golden) -> list[InferInput]:
    """JSON tensors; None is missing."""
    return [
        InferInput(name, [len(values)], "BYTES" if is_string else "FP64", data=values)
        for name, is_string, values in rows.columns()
    ]


def arrays(rows: Golden) -> list[InferInput]:
    """Binary tensors."""
    inputs = []
    for name, is_string, values in rows.columns():
        array = np.array(values, dtype=object if is_string else np.float64)
        tensor = InferInput(name, list(array.shape), "BYTES" if is_string else "FP64")
        tensor.set_data_from_numpy(array, binary_data=True)
        inputs.append(tensor)
    return inputs


def predictions(response) -> list[float]:
    return response.get_output_by_name("predict").as_numpy().reshape(-1).tolist()


@check("kserve REST V1: liveness and model readiness")
def _():
    assert call("v1", lambda c: c.is_server_live(BASE)) is True
    assert call("v1", lambda c: c.is_model_ready(BASE, "housing")) is True
    refused(lambda: call("v1", lambda c: c.is_model_ready(BASE, "no-such-model")), "no-such-model", "404")


@check("kserve REST V1: rows and records give the library's numbers")
def _():
    rows = finite(golden("housing", 3))
    for instances in (rows.rows, rows.records()):
        answer = v1("housing", instances)
        equal(rows.differs(answer["predictions"]), [], "differing rows")


@check("kserve REST V1: a classifier's labels")
def _():
    rows = golden("classifier", 1)
    equal(v1("classifier", rows.rows)["predictions"], rows.predict, "labels")


@check("kserve REST V1: errors say what is wrong")
def _():
    record = golden("housing", 3).plain().records()[0]
    refused(lambda: v1("housing", [{**record, "longitude": "west"}]), "longitude")
    refused(lambda: v1("housing", [[1.0]]), "422", "9 features")
    refused(lambda: v1("no-such-model", [record]), "no-such-model", "404")
    refused(lambda: call("v1", lambda c: c.explain(BASE, "housing", {"instances": [record]})))


@check("kserve REST V2: liveness, readiness")
def _():
    assert call("v2", lambda c: c.is_server_live(BASE)) is True
    assert call("v2", lambda c: c.is_server_ready(BASE)) is True
    assert call("v2", lambda c: c.is_model_ready(BASE, "housing")) is True
    assert call("v2", lambda c: c.is_model_ready(BASE, "no-such-model")) is False


@check("kserve REST V2: lists, null for missing")
def _():
    rows = finite(golden("housing", 3))
    response = v2("housing", lists(rows), request_id="k-1")
    equal((response.id, response.model_name), ("k-1", "housing"))
    equal(rows.differs(predictions(response)), [], "differing rows")


@check("kserve REST V2: numpy arrays as binary tensors, binary and JSON answers")
def _():
    rows = golden("housing", 3).plain()
    equal(rows.differs(predictions(v2("housing", arrays(rows)))), [], "JSON answer")
    binary = v2("housing", arrays(rows), parameters={"binary_data_output": True})
    equal(rows.differs(predictions(binary)), [], "binary answer")
    outputs = [RequestedOutput("predict", {"binary_data": True})]
    equal(rows.differs(predictions(v2("housing", arrays(rows), request_outputs=outputs))), [], "requested output")


@check("kserve REST V2: a classifier's outputs")
def _():
    rows = golden("classifier", 1).plain()
    matrix = np.array(rows.rows)
    tensor = InferInput("input", list(matrix.shape), "FP64")
    tensor.set_data_from_numpy(matrix)
    for parameters in (None, {"binary_data_output": True}):
        response = v2("classifier", [tensor], parameters=parameters)
        equal(response.get_output_by_name("predict").as_numpy().reshape(-1).tolist(), rows.predict, "labels")
        proba = response.get_output_by_name("predict_proba").as_numpy().tolist()
        equal(proba, rows.predict_proba, "probabilities")


@check("kserve REST V2: the SDK finds the error's text")
def _():
    try:
        v2("housing", [InferInput("colour", [1], "FP64", data=[1.0])])
    except httpx.HTTPStatusError as error:
        assert "unknown" in str(error) and "colour" in str(error), error
    else:
        raise AssertionError("a request with a colour was answered")


run()
