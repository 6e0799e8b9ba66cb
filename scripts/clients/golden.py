"""The golden rows of the models that are served: what the training library itself computed."""

import json
import math
import os
import struct
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(os.environ["CLIENTS_REPOSITORY"])


@dataclass
class Golden:
    """Rows of one model version, with the library's outputs."""

    features: list[str]
    rows: list[list]  # None is missing
    predict: list  # [value] of a regressor, the label of a classifier
    predict_proba: list[list[float]] | None
    errors: list[list]  # rows that the library refuses

    def plain(self) -> "Golden":
        """The rows in which nothing is missing: every client can send these."""
        return self._only([i for i, row in enumerate(self.rows) if None not in row])

    def with_missing_numbers(self) -> "Golden":
        """The rows with a missing number, which clients send as NaN."""
        strings = self.strings()
        wanted = [
            i
            for i, row in enumerate(self.rows)
            if None in row and all(v is not None for v, s in zip(row, strings, strict=True) if s)
        ]
        return self._only(wanted)

    def strings(self) -> list[bool]:
        """Which columns are strings."""
        return [any(isinstance(row[i], str) for row in self.rows) for i in range(len(self.features))]

    @property
    def float32(self) -> bool:
        """The library computes in single precision."""
        return all(isinstance(value, list) and value[0] == single(value[0]) for value in self.predict)

    def differs(self, got: list[float]) -> list[tuple]:
        """The rows whose prediction is not the library's, to the last bit: (row, got, want)."""
        assert len(got) == len(self.predict), f"{len(got)} predictions for {len(self.predict)} rows"
        round_ = single if self.float32 else float
        pairs = zip(self.rows, got, self.predict, strict=True)
        return [(row, value, want[0]) for row, value, want in pairs if round_(value) != want[0]]

    def records(self) -> list[dict]:
        return [dict(zip(self.features, row, strict=True)) for row in self.rows]

    def columns(self) -> list[tuple[str, bool, list]]:
        """Each feature's name, whether it is a string, and its values."""
        values = [list(column) for column in zip(*self.rows, strict=True)]
        return list(zip(self.features, self.strings(), values, strict=True))

    def _only(self, wanted: list[int]) -> "Golden":
        assert wanted, "no such golden rows"
        proba = self.predict_proba and [self.predict_proba[i] for i in wanted]
        return Golden(
            self.features, [self.rows[i] for i in wanted], [self.predict[i] for i in wanted], proba, self.errors
        )


def single(value: float) -> float:
    """The float32 nearest to a number; one a float32 was printed as gives it back."""
    return math.inf if abs(value) > 3.5e38 else struct.unpack("f", struct.pack("f", value))[0]


def golden(model: str, version: int) -> Golden:
    """Reads a version's golden.json; infinities come back as floats."""
    document = json.loads((REPOSITORY / model / str(version) / "golden.json").read_text())
    outputs = document["outputs"]
    # A column of numbers spells infinities as strings, a column of strings holds other strings.
    spelled = {"Infinity": float("inf"), "-Infinity": float("-inf"), "NaN": None}
    texts = [
        any(isinstance(row[i], str) and row[i] not in spelled for row in document["rows"])
        for i in range(len(document["features"]))
    ]

    def row(values: list) -> list:
        return [v if text or not isinstance(v, str) else spelled[v] for v, text in zip(values, texts, strict=True)]

    return Golden(
        document["features"],
        [row(values) for values in document["rows"]],
        outputs["predict"],
        outputs.get("predict_proba"),
        [row(error["row"]) for error in document.get("errors", [])],
    )
