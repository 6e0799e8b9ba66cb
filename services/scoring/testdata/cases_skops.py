"""The skops cases: models of the other cases, chosen for what skops stores in a way of its own."""

import numpy as np
import sklearn

import cases_sklearn

#: Trees, records with padding, categories of every kind, arrays of objects and
#: of text, classes and functions as parameters, named tuples, a search.
CHOSEN = (
    "tree-regressor-two-outputs tree-classifier-string forest-classifier-bool logistic-three-string linear-float32 "
    "gradient-boosting-classifier-exponential hist-categories hist-pipeline columns-usual-forest columns-usual "
    "columns-infrequent columns-missing-category columns-number-categories columns-ordinal columns-scaled-gaps "
    "target-log search-grid"
).split()
#: Several labels a row and transformers alone, of the newest version.
NEWEST = (
    "several-tree-strings several-forest several-neighbors several-layers MultiOutputClassifier-strings OneVsRestClassifier-labels-logistic "
    "transform-StandardScaler transform-ColumnTransformer transform-Pipeline transform-TfidfVectorizer "
    "ClassifierChain RegressorChain DictVectorizer imblearn-smote BalancedRandomForestClassifier-3 RUSBoostClassifier-2 PMMLPipeline"
).split()
OLD = ("tree-regressor-two-outputs", "tree-classifier-string", "logistic-three-string", "columns-usual", "target-log")  # small ones
PLAIN = ("columns-usual", "tree-regressor-two-outputs")  # the others are deflated
BOOSTERS = {"cases_xgboost": ("wrapper-classifier", "pipeline-ordinal"), "cases_lightgbm": ("wrapper-classifier-string", "pipeline-sparse")}


def cases(v):
    """Yields (name, fitted model, X, options of treehouse.save)."""
    deflates = v >= (0, 7)
    names = CHOSEN + NEWEST if v >= (0, 16) else CHOSEN if deflates else OLD
    for name, model, X, options in chosen(cases_sklearn, sklearn, names):
        yield name, model, X, {"rows": 12, **options, "format": "skops", "compress": deflates and name not in PLAIN}
    if v < (0, 16):
        if v >= (0, 6):  # before, skops took no text within it
            yield "losses", *losses(), {"rows": 12, "format": "skops"}  # which old versions store in a way of their own
        return  # one version shows how a booster is stored
    import cases_lightgbm
    import cases_xgboost
    import lightgbm
    import xgboost

    for module, library in ((cases_xgboost, xgboost), (cases_lightgbm, lightgbm)):
        for name, model, X, options in chosen(module, library, BOOSTERS[module.__name__]):
            yield f"{library.__name__}-{name}", model, X, {**options, "format": "skops", "compress": True}


def losses():
    from sklearn.linear_model import PassiveAggressiveClassifier, SGDRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.feature_selection import SelectFromModel

    X = np.random.default_rng(5).normal(size=(60, 4))
    model = make_pipeline(SelectFromModel(SGDRegressor(random_state=0)), PassiveAggressiveClassifier(random_state=0))
    return model.fit(X, (X[:, 0] > 0.2).astype(int)), X


def chosen(module, library, names):
    version = tuple(int(part) for part in library.__version__.split(".")[:2])
    for name, model, X, options in module.cases(version):
        if name in names:
            yield name, model, X, {key: options[key] for key in options if key in ("rows", "y", "seed")}
