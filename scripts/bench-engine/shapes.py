"""What is compared: the shapes of the models, and who takes part in each."""

from dataclasses import dataclass, replace

BATCHES = (1, 16, 256, 10_000)


@dataclass(frozen=True)
class Shape:
    name: str
    library: str  # that trains it, and whose outputs are the truth
    trees: int
    size: int | None  # depth, for LightGBM leaves; None: unlimited
    peers: tuple[str, ...]
    title: str
    absent: tuple[str, ...] = ()  # who does not take part, and why

    @property
    def data(self) -> str:
        return "mixed" if self.library == "lightgbm" else "numbers"

    def against(self, peers: list[str] | None) -> "Shape":
        """The shape with some of its peers: the library that trains it is always there."""
        return replace(self, peers=tuple(p for p in self.peers if not peers or p in (self.library, *peers)))

    @property
    def stump(self) -> "Shape":
        """One tree of one split: what is left is the cost of a call."""
        size = 2 if self.library == "lightgbm" else 1
        return Shape(f"stump-{self.library}", self.library, 1, size, self.peers, f"{self.library}, one split")


SHAPES = (
    Shape("xgb100x6", "xgboost", 100, 6, ("xgboost", "onnxruntime", "treelite", "tl2cgen", "leaves"),
          "XGBoost hist, 100 trees of depth 6"),
    Shape("xgb1000x8", "xgboost", 1000, 8, ("xgboost", "onnxruntime", "treelite", "leaves"),
          "XGBoost hist, 1000 trees of depth 8",
          ("tl2cgen: gcc takes minutes for the C of 150,000 leaves",)),
    Shape("lgb500x31", "lightgbm", 500, 31, ("lightgbm", "onnxruntime", "treelite", "tl2cgen", "lleaves", "leaves"),
          "LightGBM, 500 trees of 31 leaves, categories, missing values"),
    Shape("lgb500x255", "lightgbm", 500, 255, ("lightgbm", "onnxruntime", "treelite", "leaves"),
          "LightGBM, 500 trees of 255 leaves, categories, missing values",
          ("tl2cgen, lleaves: gcc and LLVM take minutes for 127,500 leaves",)),
    Shape("cat1000x6", "catboost", 1000, 6, ("catboost", "onnxruntime"),
          "CatBoost, 1000 oblivious trees of depth 6",
          ("treelite, tl2cgen, lleaves, leaves: read no models of CatBoost",)),
    Shape("rf100xdeep", "scikit-learn", 100, None, ("scikit-learn", "onnxruntime", "treelite"),
          "scikit-learn random forest, 100 trees of unlimited depth",
          ("leaves: reads no random forests of scikit-learn", "tl2cgen: gcc takes minutes for 650,000 leaves")),
    Shape("rf500x12", "scikit-learn", 500, 12, ("scikit-learn", "onnxruntime", "treelite"),
          "scikit-learn random forest, 500 trees of depth 12",
          ("leaves: reads no random forests of scikit-learn", "tl2cgen: gcc takes minutes for 650,000 leaves")),
)  # fmt: skip
