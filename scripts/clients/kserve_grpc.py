"""The kserve SDK over gRPC: typed and raw tensors, and its stub's repository calls."""

import asyncio
from collections.abc import Awaitable, Callable

import grpc
import numpy as np
from kserve import InferInput, InferRequest
from kserve.inference_client import InferenceGRPCClient
from kserve.protocol.grpc import grpc_predict_v2_pb2 as messages
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from checks import GRPC, check, equal, refused, run
from golden import Golden, golden


def call(function: Callable[[InferenceGRPCClient], Awaitable]):
    """Runs one call on a fresh client."""

    async def once():
        async with InferenceGRPCClient(GRPC, timeout=20) as client:
            return await function(client)

    return asyncio.run(once())


def inputs(rows: Golden, raw: bool) -> list[InferInput]:
    """A tensor a feature: numpy arrays go raw, lists as typed contents."""
    tensors = []
    for name, is_string, values in rows.columns():
        datatype = "BYTES" if is_string else "FP64"
        if is_string:
            data = np.array(values, dtype=object) if raw else values
        else:
            numbers = [float("nan") if v is None else v for v in values]
            data = np.array(numbers) if raw else numbers
        tensors.append(InferInput(name, [len(values)], datatype, data=data))
    return tensors


def infer(model: str, tensors: list[InferInput], **options):
    return call(lambda c: c.infer(InferRequest(model, tensors, **options)))


def array(response, name: str) -> np.ndarray:
    return response.get_output_by_name(name).as_numpy().reshape(-1)


@check("kserve gRPC: liveness, readiness")
def _():
    assert call(lambda c: c.is_server_live())
    assert call(lambda c: c.is_server_ready())
    assert call(lambda c: c.is_model_ready("housing"))


for raw in (False, True):
    kind = "raw" if raw else "typed"

    @check(f"kserve gRPC: {kind} tensors give the library's numbers")
    def _(raw=raw):
        for version in (1, 2, 3):
            for rows in (golden("housing", version).plain(), golden("housing", version).with_missing_numbers()):
                response = infer("housing", inputs(rows, raw), model_version=str(version), request_id="k-2")
                equal((response.id, response.model_version), ("k-2", str(version)))
                equal(rows.differs(array(response, "predict").tolist()), [], f"version {version}")

    @check(f"kserve gRPC: {kind} tensors of a classifier")
    def _(raw=raw):
        rows = golden("classifier", 1).plain()
        response = infer("classifier", inputs(rows, raw), parameters={"text": "x", "flag": True, "int": 1})
        equal([label.decode() for label in array(response, "predict")], rows.predict, "labels")
        proba = response.get_output_by_name("predict_proba").as_numpy().tolist()
        equal(proba, rows.predict_proba, "probabilities")


@check("kserve gRPC: errors carry a code")
def _():
    rows = golden("housing", 3).plain()
    colour = InferInput("colour", [1], "FP64", data=[1.0])
    for tensors, model, code, word in (
        ([colour], "housing", grpc.StatusCode.INVALID_ARGUMENT, "colour"),
        (inputs(rows, True), "no-such-model", grpc.StatusCode.NOT_FOUND, "no-such-model"),
    ):
        try:
            infer(model, tensors)
        except grpc.RpcError as error:
            equal(error.code(), code, "code")
            assert word in error.details(), error.details()
        else:
            raise AssertionError(f"{model} answered")


@check("kserve gRPC: the stub's repository calls, with the model's name in field 1")
def _():
    with grpc.insecure_channel(GRPC) as channel:
        stub = GRPCInferenceServiceStub(channel)
        answer = stub.RepositoryModelUnload(messages.RepositoryModelUnloadRequest(model_name="classifier"), timeout=10)
        assert answer.isUnloaded and answer.model_name == "classifier", answer
        refused(lambda: infer("classifier", inputs(golden("classifier", 1).plain(), True)), "classifier")
        answer = stub.RepositoryModelLoad(messages.RepositoryModelLoadRequest(model_name="classifier"), timeout=10)
        assert answer.isLoaded and answer.model_name == "classifier", answer
        assert call(lambda c: c.is_model_ready("classifier"))


run()
