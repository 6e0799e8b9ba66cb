"""The stack that Treehouse replaces: FastAPI, uvicorn and the pickled pipeline.

The handler is a coroutine: a plain function would be moved to a thread pool,
which on one core costs more than it brings. The forest's own threads are off
for the same reason.
"""

import os

import joblib
import pandas as pd
from fastapi import FastAPI

from schema import House, Price

app = FastAPI()
pipeline = joblib.load(os.environ["BENCH_MODEL"])
pipeline.set_params(**{name: 1 for name in pipeline.get_params() if name.endswith("n_jobs")})


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/predict")
async def predict(house: House) -> Price:
    frame = pd.DataFrame([house.model_dump()])
    return Price(prediction=float(pipeline.predict(frame)[0]))
