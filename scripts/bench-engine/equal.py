"""Checks that all contestants compute the same."""

from pathlib import Path

import numpy as np

from contest import Contestant

# How far a peer's output may be from the training library's, relative to the
# spread of the outputs: ONNX Runtime and tl2cgen add float32 in an order of their own.
TOLERANCE = 1e-5
# Rows that may be farther off: those that sit within float32's last bit of a threshold.
STRAY_ROWS = 0.001


def rows_to_check(batch: int) -> int:
    return min(10_000, 64 * batch)


class Different(Exception):
    """This project's engine differs from the library that trained the model."""


def outputs(contestant: Contestant, batch: int, folder: Path) -> np.ndarray:
    path = folder / f"{contestant.name}.outputs"
    contestant.ask("outputs", batch=batch, rows=rows_to_check(batch), path=str(path))
    return np.fromfile(path)


def check_ours(shape: str, batch: int, got: np.ndarray, want: np.ndarray) -> None:
    """Bit for bit; a float32 of the library is compared as the float64 of the same value."""
    if got.shape != want.shape or not (got.view(np.int64) == want.view(np.int64)).all():
        rows = "the number of rows" if got.shape != want.shape else f"{(got != want).sum()} of {len(want)} rows"
        raise Different(f"{shape}, batch of {batch}: the engine differs from the training library in {rows}")


def compare_peer(got: np.ndarray, want: np.ndarray) -> tuple[bool, str]:
    """Whether a peer's outputs are close enough to compare its speed, and how close they are."""
    if got.shape != want.shape:
        return False, f"{len(got)} outputs instead of {len(want)}"
    if (got == want).all():
        return True, "equal"
    off = np.abs(got - want)
    stray = int((~(off <= TOLERANCE * np.ptp(want))).sum())
    if stray > STRAY_ROWS * len(want):
        return False, f"{stray} of {len(want)} rows differ, by up to {off.max():.3g}"
    return True, f"within {off.max():.2g}" + (f", {stray} stray rows" if stray else "")
