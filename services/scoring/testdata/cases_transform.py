"""Transformers of scikit-learn that stand alone, or end a pipeline: transform is what they are for.

Like the cases of cases_family.py they are few rows of few columns, of some versions.
"""

import numpy as np
from sklearn import decomposition as de
from sklearn import feature_selection as fs
from sklearn import preprocessing as pp
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.kernel_approximation import Nystroem, RBFSampler
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from cases_family import small, wanted_version
from data import classes, houses, numbers, target

FEW = dict(rows=8, described=False)
SENTENCES = [
    "the house is near the bay", "a small house, far inland", "near the ocean", "two rooms and a garden",
    "the garden is small", "an old house with a view of the ocean", "new", "rooms rooms rooms",
]  # fmt: skip


def cases(v):
    """Yields (name, fitted model, X, options of treehouse.save)."""
    if not wanted_version(v):
        return
    for group in (alone, columns, texts, chains):
        for name, model, X, *options in group(v):
            yield "RFE-predict" if name == "recursive" else f"transform-{name}", model, X, {**FEW, **(options[0] if options else {})}


def alone(v):
    X, gaps = small(), numbers(n=60, features=3, missing=0.2, seed=3)
    y = target(X)
    for name, transformer, options in [
        ("StandardScaler", StandardScaler(), {}), ("MinMaxScaler", pp.MinMaxScaler(clip=True), dict(format="pickle")),
        ("RobustScaler", pp.RobustScaler(), {}), ("MaxAbsScaler", pp.MaxAbsScaler(), {}), ("Normalizer", pp.Normalizer(), {}),
        ("Binarizer", pp.Binarizer(threshold=0.2), {}), ("PolynomialFeatures", pp.PolynomialFeatures(), {}),
        ("KBinsDiscretizer", pp.KBinsDiscretizer(3), {}), ("PowerTransformer", pp.PowerTransformer(), {}),
        ("QuantileTransformer", pp.QuantileTransformer(n_quantiles=10), {}), ("PCA", de.PCA(2), {}),
        ("TruncatedSVD", de.TruncatedSVD(2, random_state=0), {}), ("Nystroem", Nystroem(n_components=4, random_state=0), {}),
        ("RBFSampler", RBFSampler(n_components=4, random_state=0), {}), ("VarianceThreshold", fs.VarianceThreshold(), {}),
        ("SelectKBest", fs.SelectKBest(fs.f_regression, k=2), {}),
        ("SelectFromModel", fs.SelectFromModel(RandomForestRegressor(3, max_leaf_nodes=4, random_state=0, n_jobs=1)), {}),
        ("FunctionTransformer", pp.FunctionTransformer(np.log1p, validate=True), {}),
    ]:  # fmt: skip
        yield name, transformer.fit(np.abs(X) if name == "FunctionTransformer" else X, y), X, options
    yield "SimpleImputer", SimpleImputer(add_indicator=True).fit(gaps), gaps
    yield "MissingIndicator", MissingIndicator(features="all").fit(gaps), gaps


def columns(v):
    frame = houses(n=60)
    dense = {"sparse_output" if v >= (1, 2) else "sparse": False}
    numeric = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    selected = ColumnTransformer([
        ("numbers", numeric, make_column_selector(dtype_include=np.number)),
        ("words", OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_include=object)),
    ], remainder="drop")  # fmt: skip
    yield "ColumnTransformer", selected.fit(frame), frame
    rest = ColumnTransformer([("words", OneHotEncoder(handle_unknown="ignore", **dense), ["ocean"]), ("age", SimpleImputer(), slice(1, 2))],
                             remainder="passthrough", verbose_feature_names_out=False)  # fmt: skip
    yield "ColumnTransformer-passthrough", rest.fit(frame.drop(columns="state")), frame.drop(columns="state")
    words = frame[["ocean", "state"]]
    yield "OneHotEncoder", OneHotEncoder().fit(words), words
    yield "OrdinalEncoder", pp.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(words), words
    if v >= (1, 5):
        encoder = pp.TargetEncoder(random_state=0)
        yield "TargetEncoder", encoder.fit(words, frame["rooms"].to_numpy() * 1.0), words


def texts(v):
    for vectorizer in (CountVectorizer(max_features=9), TfidfVectorizer(ngram_range=(1, 2), max_features=12), HashingVectorizer(n_features=16)):
        yield type(vectorizer).__name__, vectorizer.fit(SENTENCES), SENTENCES


def chains(v):
    X = small()
    yield "Pipeline", make_pipeline(StandardScaler(), de.PCA(2)).fit(X), X
    yield "Pipeline-passthrough", Pipeline([("scale", StandardScaler()), ("last", "passthrough")]).fit(X), X
    yield "FeatureUnion", make_union(StandardScaler(), de.PCA(1)).fit(X), X
    search = GridSearchCV(make_pipeline(StandardScaler(), de.PCA()), {"pca__n_components": [1, 2]}, cv=2)
    yield "search", search.fit(X), X
    yield "recursive", make_pipeline(StandardScaler(), fs.RFE(LogisticRegression(), n_features_to_select=2)).fit(X, classes(X, ["no", "yes"])), X
    grid = make_pipeline(StandardScaler(), fs.SelectFromModel(LogisticRegression())).fit(X, classes(X, [0, 1]))
    yield "selected", grid, X
