"""tritonclient over HTTP: the Open Inference Protocol with JSON and binary tensors."""

import asyncio

import numpy as np
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio

from checks import HTTP, check, equal, refused, run
from golden import Golden, golden

client = triton.InferenceServerClient(HTTP, concurrency=4)


def tensors(rows: Golden, binary: bool = True, shape: tuple = (-1,), number=np.float64, module=triton) -> list:
    """One tensor a feature."""
    inputs = []
    for name, is_string, values in rows.columns():
        if is_string:
            array, datatype = np.array(values, dtype=object), "BYTES"
        else:
            array = np.array([np.nan if v is None else v for v in values], dtype=number)
            datatype = "FP64" if number is np.float64 else "FP32"
        array = array.reshape(shape)
        tensor = module.InferInput(name, list(array.shape), datatype)
        inputs.append(tensor.set_data_from_numpy(array, binary_data=binary))
    return inputs


def matrix(rows: Golden, binary: bool = True) -> list:
    """One numeric tensor with a column a feature."""
    array = np.array([[np.nan if v is None else v for v in row] for row in rows.rows])
    return [triton.InferInput("input", list(array.shape), "FP64").set_data_from_numpy(array, binary_data=binary)]


def predictions(result) -> list[float]:
    return result.as_numpy("predict").reshape(-1).tolist()


def housing(version: int, rows: Golden, **options) -> list:
    """The rows on which a version differs from the library."""
    binary = options.pop("binary", True)
    result = client.infer("housing", tensors(rows, binary), model_version=str(version), **options)
    equal(result.get_response()["model_version"], str(version), "model_version")
    return rows.differs(predictions(result))


@check("tritonclient http: server health and metadata")
def _():
    assert client.is_server_live() and client.is_server_ready()
    metadata = client.get_server_metadata()
    assert metadata["name"] and metadata["version"] and isinstance(metadata["extensions"], list), metadata


@check("tritonclient http: readiness of models and versions")
def _():
    for version in ("", "1", "2", "3"):
        assert client.is_model_ready("housing", version), version
    assert not client.is_model_ready("housing", "99")
    assert not client.is_model_ready("no-such-model")


@check("tritonclient http: metadata of a regressor and a classifier")
def _():
    metadata = client.get_model_metadata("housing", "1")
    equal(metadata["name"], "housing", "name")
    assert "1" in metadata["versions"], metadata
    want = [(n, "BYTES" if s else "FP64") for n, s, _ in golden("housing", 1).columns()]
    equal([(i["name"], i["datatype"]) for i in metadata["inputs"]], want, "inputs")
    assert all(i["shape"][0] == -1 for i in metadata["inputs"]), metadata
    equal([o["name"] for o in metadata["outputs"]], ["predict"], "outputs")
    equal([o["name"] for o in client.get_model_metadata("classifier")["outputs"]], ["predict", "predict_proba"], "outputs")


for version in (1, 2, 3):

    @check(f"tritonclient http: binary tensors, housing {version}")
    def _(version=version):
        equal(housing(version, golden("housing", version).plain()), [], "differing rows")

    @check(f"tritonclient http: JSON tensors, housing {version}")
    def _(version=version):
        rows = golden("housing", version).plain()
        if version > 1:  # tritonclient writes Infinity into its JSON, which JSON does not have
            keep = [i for i, row in enumerate(rows.rows) if not any(v in (np.inf, -np.inf) for v in row)]
            rows = rows._only(keep)
        outputs = [triton.InferRequestedOutput("predict", binary_data=False)]
        equal(housing(version, rows, binary=False, outputs=outputs), [], "differing rows")

    @check(f"tritonclient http: NaN is a missing value, housing {version}")
    def _(version=version):
        equal(housing(version, golden("housing", version).with_missing_numbers()), [], "differing rows")


@check("tritonclient http: what the library refuses is refused")
def _():
    errors = golden("housing", 1).errors
    rows = golden("housing", 1)
    for row in [row for row in errors if None not in row]:
        bad = Golden(rows.features, [row, rows.rows[0]], [], None, [])
        inputs = []
        for name, is_string, values in zip(rows.features, rows.strings(), zip(*bad.rows, strict=True), strict=True):
            array = np.array(values, dtype=object if is_string else np.float64)
            datatype = "BYTES" if is_string else "FP64"
            inputs.append(triton.InferInput(name, [2], datatype).set_data_from_numpy(array))
        refused(lambda inputs=inputs: predictions(client.infer("housing", inputs, model_version="1")), "row 0")


@check("tritonclient http: tensors of shape [n, 1], FP32 widened exactly")
def _():
    rows = golden("housing", 1).plain()
    equal(rows.differs(predictions(client.infer("housing", tensors(rows, shape=(-1, 1)), model_version="1"))), [])
    with np.errstate(over="ignore"):
        singles = [[float(np.float32(v)) if isinstance(v, float) else v for v in row] for row in rows.rows]
    finite = [i for i, row in enumerate(singles) if np.inf not in row and -np.inf not in row]
    widened = Golden(rows.features, [singles[i] for i in finite], [[0.0]] * len(finite), None, [])
    want = predictions(client.infer("housing", tensors(widened), model_version="1"))
    got = predictions(client.infer("housing", tensors(widened, number=np.float32), model_version="1"))
    equal(got, want)


@check("tritonclient http: a classifier from one matrix, labels and probabilities")
def _():
    rows = golden("classifier", 1)
    for binary in (True, False):
        result = client.infer("classifier", matrix(rows.plain(), binary))
        labels = [label.decode() for label in result.as_numpy("predict").reshape(-1)]
        equal(labels, rows.plain().predict, "labels")
        equal(result.as_numpy("predict_proba").tolist(), rows.plain().predict_proba, "probabilities")


@check("tritonclient http: only the requested outputs, binary and JSON mixed")
def _():
    rows = golden("classifier", 1).plain()
    wanted = [triton.InferRequestedOutput("predict_proba")]
    result = client.infer("classifier", tensors(rows), outputs=wanted)
    equal([o["name"] for o in result.get_response()["outputs"]], ["predict_proba"], "outputs")
    equal(result.as_numpy("predict_proba").tolist(), rows.predict_proba, "probabilities")

    wanted = [triton.InferRequestedOutput("predict_proba"), triton.InferRequestedOutput("predict", binary_data=False)]
    result = client.infer("classifier", tensors(rows), outputs=wanted)
    equal([o["name"] for o in result.get_response()["outputs"]], ["predict_proba", "predict"], "outputs")
    assert "data" in result.get_output("predict") and "data" not in result.get_output("predict_proba")
    equal(result.as_numpy("predict").reshape(-1).tolist(), rows.predict, "labels")
    equal(result.as_numpy("predict_proba").tolist(), rows.predict_proba, "probabilities")
    refused(lambda: client.infer("classifier", tensors(rows), outputs=[triton.InferRequestedOutput("nothing")]), "nothing")


@check("tritonclient http: gzip and deflate, both ways")
def _():
    rows = golden("housing", 1).plain()
    for binary in (True, False):
        for request in (None, "gzip", "deflate"):
            for response in (None, "gzip", "deflate"):
                outputs = [triton.InferRequestedOutput("predict", binary_data=binary)]
                result = client.infer(
                    "housing", tensors(rows, binary), model_version="1", outputs=outputs,
                    request_compression_algorithm=request, response_compression_algorithm=response,
                )  # fmt: skip
                equal(result._buffer is not None if binary else "data" in result.get_output("predict"), True)
                equal(rows.differs(predictions(result)), [], f"{request}, {response}")


@check("tritonclient http: id, parameters and headers")
def _():
    rows = golden("housing", 1).plain()
    result = client.infer(
        "housing", tensors(rows), model_version="1", request_id="a-1", priority=1, timeout=5_000_000,
        sequence_id=7, sequence_start=True, parameters={"text": "x", "flag": True, "number": 1.5},
        headers={"X-Custom": "1"}, query_params={"unused": 1},
    )  # fmt: skip
    equal(result.get_response()["id"], "a-1", "id")
    equal(rows.differs(predictions(result)), [])


@check("tritonclient http: async_infer")
def _():
    rows = golden("housing", 3).plain()
    pending = [client.async_infer("housing", tensors(rows), request_id=str(i)) for i in range(20)]
    for i, request in enumerate(pending):
        result = request.get_result(timeout=10)
        equal(result.get_response()["id"], str(i), "id")
        equal(rows.differs(predictions(result)), [])


@check("tritonclient http.aio: concurrent requests")
def _():
    rows = golden("housing", 1).plain()

    async def ask():
        async with triton_aio.InferenceServerClient(HTTP) as aio:
            assert await aio.is_server_ready()
            calls = [
                aio.infer("housing", tensors(rows), model_version="1", response_compression_algorithm=algorithm)
                for algorithm in (None, "gzip", "deflate")
            ]
            return await asyncio.gather(*calls)

    for result in asyncio.run(ask()):
        equal(rows.differs(predictions(result)), [])


@check("tritonclient http: errors say what is wrong")
def _():
    rows = golden("housing", 1).plain()
    inputs = tensors(rows)
    refused(lambda: client.infer("no-such-model", inputs), "404", "no-such-model")
    refused(lambda: client.infer("housing", inputs, model_version="99"), "404", "99")
    extra = triton.InferInput("colour", [1], "FP64").set_data_from_numpy(np.array([1.0]))
    refused(lambda: client.infer("housing", [*inputs, extra]), "colour")
    short = triton.InferInput("longitude", [1], "FP64").set_data_from_numpy(np.array([1.0]))
    refused(lambda: client.infer("housing", [short, *inputs[1:]]), "400")
    text = triton.InferInput("longitude", [1], "BYTES").set_data_from_numpy(np.array(["x"], dtype=object))
    refused(lambda: client.infer("housing", [text, *inputs[1:]]), "longitude")
    for call in (client.get_model_config, client.get_inference_statistics, client.get_trace_settings):
        refused(lambda call=call: call("housing"), "404")


@check("tritonclient http: repository index, unload and load")
def _():
    def states() -> dict:
        return {(m["name"], m["version"]): m["state"] for m in client.get_model_repository_index()}

    want = {("housing", "1"), ("housing", "2"), ("housing", "3"), ("classifier", "1")}
    equal(set(states()), want, "index")
    equal(set(states().values()), {"READY"}, "states")
    rows = golden("classifier", 1).plain()
    client.unload_model("classifier")
    assert states()["classifier", "1"] != "READY" and not client.is_model_ready("classifier")
    refused(lambda: client.infer("classifier", tensors(rows)), "classifier")
    client.load_model("classifier")
    equal(states()["classifier", "1"], "READY", "state")
    equal(client.infer("classifier", tensors(rows)).as_numpy("predict_proba").tolist(), rows.predict_proba)
    refused(lambda: client.load_model("no-such-model"), "no-such-model")


run()
