"""The fast Python way: FastAPI, uvicorn and the same pipeline in ONNX Runtime.

Missing numbers are NaN, which the exported imputer fills. No pandas: an array
a feature goes straight into the session. One thread, as there is one core.
"""

import os

import numpy as np
import onnxruntime
from fastapi import FastAPI

from schema import House, Price

app = FastAPI()
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(os.environ["BENCH_MODEL"], options, providers=["CPUExecutionProvider"])
outputs = [session.get_outputs()[0].name]


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/predict")
async def predict(house: House) -> Price:
    feed = {
        name: np.array([[value]], dtype=object if isinstance(value, str) else np.float32)
        for name, value in house
    }
    return Price(prediction=float(session.run(outputs, feed)[0][0, 0]))
