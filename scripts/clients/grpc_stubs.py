"""Plain gRPC: reflection, health, and stubs that grpcio-tools makes from proto/ here and now."""

import importlib
import sys
import tempfile
from pathlib import Path

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_tools import protoc

from checks import GRPC, check, equal, refused, run
from golden import golden

PROTO = Path(__file__).resolve().parents[2] / "proto"
FILES = ("inference/inference.proto", "treehouse/predict/v1/predict.proto")

channel = grpc.insecure_channel(GRPC)
generated = tempfile.TemporaryDirectory(prefix="stubs-")
sys.path.insert(0, generated.name)


def module(name: str):
    return importlib.import_module(name)


@check("grpcio-tools: stubs from proto/")
def _():
    arguments = ["protoc", f"-I{PROTO}", f"--python_out={generated.name}", f"--grpc_python_out={generated.name}"]
    equal(protoc.main([*arguments, *FILES]), 0, "protoc's status")


@check("grpc reflection: lists the services")
def _():
    services = set(ProtoReflectionDescriptorDatabase(channel).get_services())
    want = {"inference.GRPCInferenceService", "treehouse.predict.v1.PredictService", "grpc.health.v1.Health"}
    assert want <= services, services


@check("grpc reflection: describes ModelInfer well enough to call it")
def _():
    pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
    service = pool.FindServiceByName("inference.GRPCInferenceService")
    method = service.FindMethodByName("ModelInfer")
    equal(method.input_type.full_name, "inference.ModelInferRequest", "request")
    equal(method.input_type.fields_by_name["raw_input_contents"].number, 7, "field number")
    ready = service.FindMethodByName("ModelReady")
    call = channel.unary_unary(
        f"/{service.full_name}/{ready.name}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(ready.output_type).FromString,
    )
    assert call(GetMessageClass(ready.input_type)(name="housing"), timeout=10).ready


@check("grpc health: the server and its services")
def _():
    stub = health_pb2_grpc.HealthStub(channel)
    for service in ("", "inference.GRPCInferenceService", "treehouse.predict.v1.PredictService"):
        answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=10)
        equal(answer.status, health_pb2.HealthCheckResponse.SERVING, service)


@check("plain stubs: ModelInfer with typed contents")
def _():
    messages, services = module("inference.inference_pb2"), module("inference.inference_pb2_grpc")
    stub = services.GRPCInferenceServiceStub(channel)
    rows = golden("housing", 1).plain()
    request = messages.ModelInferRequest(model_name="housing", model_version="1", id="p")
    for name, is_string, values in rows.columns():
        contents = (
            messages.InferTensorContents(bytes_contents=[v.encode() for v in values])
            if is_string
            else messages.InferTensorContents(fp64_contents=values)
        )
        request.inputs.add(
            name=name, datatype="BYTES" if is_string else "FP64", shape=[len(values)], contents=contents
        )
    response = stub.ModelInfer(request, timeout=10)
    equal((response.id, response.model_version, len(response.raw_output_contents)), ("p", "1", 0))
    equal(rows.differs(list(response.outputs[0].contents.fp64_contents)), [], "differing rows")

    answers = list(stub.ModelStreamInfer(iter([request, request]), timeout=10))
    equal([a.infer_response.id for a in answers], ["p", "p"], "stream")


@check("plain stubs: the typed API")
def _():
    messages, services = module("treehouse.predict.v1.predict_pb2"), module("treehouse.predict.v1.predict_pb2_grpc")
    stub = services.PredictServiceStub(channel)
    rows = golden("housing", 2)
    table = messages.Table(rows=len(rows.rows))
    for name, is_string, values in reversed(rows.columns()):
        column = table.columns.add(name=name, missing=[i for i, v in enumerate(values) if v is None])
        if is_string:
            column.strings.values.extend(v or "" for v in values)
        else:
            column.numbers.values.extend(0.0 if v is None else v for v in values)
    answer = stub.Predict(messages.PredictRequest(model="housing", version=2, table=table), timeout=10)
    equal((answer.model, answer.version, answer.rows), ("housing", 2, len(rows.rows)))
    equal(rows.differs(list(answer.values)), [], "differing rows")

    names = [model.name for model in stub.ListModels(messages.ListModelsRequest(), timeout=10).models]
    equal(names, ["classifier", "housing"], "models")
    signature = stub.GetModel(messages.GetModelRequest(name="housing", version=2), timeout=10).signature
    equal([feature.name for feature in signature.features], rows.features, "features")
    refused(lambda: stub.GetModel(messages.GetModelRequest(name="nothing"), timeout=10), "NOT_FOUND", "nothing")


run()
