"""Convert a scikit-learn pipeline to ONNX: export_onnx.py MODEL.joblib GOLDEN.json OUT.onnx

The golden rows tell the features' names and which of them are strings. Numbers
become float32, as ONNX's tree ensembles take nothing wider, so a value that
lies on a threshold can take the other branch; bench.py counts such rows.
"""

import json
import sys
from pathlib import Path

import joblib
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType


def main() -> None:
    model, golden, out = map(Path, sys.argv[1:])
    goldens = json.loads(golden.read_text())
    first = goldens["rows"][0]
    types = [
        (name, StringTensorType([None, 1]) if isinstance(value, str) else FloatTensorType([None, 1]))
        for name, value in zip(goldens["features"], first, strict=True)
    ]
    out.write_bytes(to_onnx(joblib.load(model), initial_types=types).SerializeToString())


if __name__ == "__main__":
    main()
