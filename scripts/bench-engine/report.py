"""What the benchmark prints: tables, what does not meet the bars, and the result lines."""

from shapes import BATCHES, SHAPES, Shape

# Per shape, batch and peer: how many times faster the engine is to be, with AVX-512.
BARS = {
    ("xgb100x6", 10_000, "xgboost"): 5, ("xgb100x6", 10_000, "onnxruntime"): 5,
    ("xgb1000x8", 10_000, "xgboost"): 4, ("xgb1000x8", 10_000, "onnxruntime"): 4,
    ("xgb100x6", 1, "onnxruntime less call"): 8,
}  # fmt: skip

Times = dict[tuple[str, int], dict[str, float]]  # µs a row, by shape and batch, by contestant


def table(shape: Shape, times: Times) -> None:
    rows = {batch: times[shape.name, batch] for batch in BATCHES if (shape.name, batch) in times}
    names = [n for n in ("treehouse", "portable", *shape.peers) if any(n in row for row in rows.values())]
    print(f"\n{'µs a row, batch of':>20}" + "".join(f"{batch:>10,}" for batch in rows))
    for name in names:
        print(f"{name:>20}" + "".join(f"{row[name]:>10.4g}" if name in row else f"{'–':>10}" for row in rows.values()))


def call_costs(times: Times) -> None:
    print("\nWhat a call costs: batch of 1 of a model of one split, µs")
    for (name, batch), row in times.items():
        if name.startswith("stump-"):
            print(f"  {name.removeprefix('stump-')}: " + ", ".join(f"{peer} {took:.3g}" for peer, took in row.items()))


def ratios(times: Times):
    """Yields shape, batch, peer and how many times faster the engine is than the peer."""
    for shape in SHAPES:
        for batch in BATCHES:
            row = times.get((shape.name, batch), {})
            for peer in shape.peers:
                if peer in row:
                    yield shape.name, batch, peer, row[peer] / row["treehouse"]
                calls = times.get((shape.stump.name, 1), {})
                call, own = calls.get(peer), calls.get("treehouse")
                if batch == 1 and peer in row and call and peer != "leaves":  # leaves is no foreign call
                    yield shape.name, batch, f"{peer} less call", (row[peer] - call) / row["treehouse"]
                    yield shape.name, batch, f"{peer} less both calls", (row[peer] - call) / (row["treehouse"] - own)
            if "portable" in row and "xgboost" in row:
                yield shape.name, batch, "portable", row["xgboost"] / row["portable"]


def below(results) -> list[str]:
    """Lines about what is slower than a peer, or below its bar."""
    lines = []
    for shape, batch, peer, ratio in results:
        least = BARS.get((shape, batch, peer), 1)
        if ratio < least:
            what = "portable against xgboost" if peer == "portable" else f"against {peer}"
            lines.append(f"  {shape}, batch of {batch:,}, {what}: {ratio:.3g}, the bar is {least}")
    return lines


def result_lines(results) -> None:
    for shape, batch, peer, ratio in results:
        name = "portable_vs_xgboost" if peer == "portable" else f"vs_{peer.replace(' ', '_')}"
        print(f"result {shape}_{batch}_{name} {ratio:.3g}")
