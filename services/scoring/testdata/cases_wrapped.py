"""Chains, dictionaries, and what other packages wrap around scikit-learn (where they are installed).

Like the cases of cases_family.py they are few rows of few columns, of some versions.
"""

import importlib.util

import numpy as np
from scipy.stats import randint, uniform
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_selection import RFECV
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.multioutput import ClassifierChain, RegressorChain
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from cases_family import small, wanted_version
from data import classes, distance, houses, price, target

FEW = dict(rows=8, described=False)


def cases(v):
    """Yields (name, fitted model, X, options of treehouse.save)."""
    if not wanted_version(v):
        return
    groups = [chains, dictionaries, owned]
    if importlib.util.find_spec("imblearn"):
        groups.append(balanced)
    if importlib.util.find_spec("sklearn2pmml"):
        groups.append(pmml)
    if importlib.util.find_spec("category_encoders"):
        groups.append(encoders)
    if importlib.util.find_spec("sklearn_pandas") and v < (1, 6):  # newer ones it does not work with
        groups.append(mapper)
    for group in groups:
        for name, model, X, *options in group(v):
            yield name, model, X, {**FEW, **(options[0] if options else {})}


def chains(v):
    X = small()
    Y = np.c_[target(X), X[:, 0] * 2, -X[:, 1]]
    yield "RegressorChain", RegressorChain(DecisionTreeRegressor(max_leaf_nodes=4, random_state=0), order=[2, 0, 1]).fit(X, Y), X
    yield "RegressorChain-ridge", make_pipeline(StandardScaler(), RegressorChain(Ridge())).fit(X, Y), X
    labels = np.c_[X[:, 0] > 0, X[:, 1] > 0.3, X[:, 2] + X[:, 0] > 0].astype(int)
    tree = DecisionTreeClassifier(max_leaf_nodes=4, random_state=0)
    yield "ClassifierChain", ClassifierChain(LogisticRegression(), order=[1, 2, 0]).fit(X, labels), X
    yield "ClassifierChain-tree", ClassifierChain(tree).fit(X, labels), X
    yield "ClassifierChain-svc", ClassifierChain(LinearSVC(dual=False), order="random", random_state=1).fit(X, labels), X
    some = np.where(np.arange(len(X)) % 3 == 0, -1, classes(X, [0, 1]))
    yield "SelfTrainingClassifier", SelfTrainingClassifier(LogisticRegression()).fit(X, some), X
    if v >= (1, 5):
        yield "ClassifierChain-three", ClassifierChain(tree).fit(X, np.c_[classes(X, [0, 1]), classes(X[:, ::-1], [3, 1, 7])]), X
        yield "ClassifierChain-proba", ClassifierChain(LogisticRegression(), chain_method="predict_proba").fit(X, labels), X


def dictionaries(v):
    frame = houses(n=60, missing=False)
    X = [{k: (val if isinstance(val, str) else float(val)) for k, val in row.items()} for row in frame.to_dict("records")]
    for i, row in enumerate(X):  # some know less than others
        row.pop("rooms" if i % 5 == 0 else "garden" if i % 7 == 0 else "state" if i % 11 == 0 else "", None)
    y = price(frame)
    yield "DictVectorizer", make_pipeline(DictVectorizer(), Ridge()).fit(X, y), X, dict(rows=12)
    yield "DictVectorizer-dense", make_pipeline(DictVectorizer(sparse=False, separator="__", sort=False), StandardScaler(), Ridge()).fit(X, y), X
    few = [{k: row[k] for k in ("ocean", "state") if k in row} for row in X]
    yield "DictVectorizer-words", make_pipeline(DictVectorizer(dtype=np.int32), DecisionTreeRegressor(max_leaf_nodes=5)).fit(few, y), few
    yield "transform-DictVectorizer", DictVectorizer().fit(X), X


def numeric(frame):
    """How columns may be chosen."""
    return [c for c in frame.columns if frame[c].dtype == float]


def owned(v):
    """Functions of one's own, which nothing asks once a model is fitted."""
    X = small()
    y, scorer = target(X), make_scorer(distance, greater_is_better=False)
    yield "own-scorer", GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, scoring=scorer, cv=2).fit(X, y), X
    drawn = {"max_depth": randint(2, 4), "min_samples_leaf": uniform(0.01, 0.1)}
    yield "own-draws", RandomizedSearchCV(DecisionTreeRegressor(random_state=0), drawn, n_iter=2, cv=2, random_state=0).fit(X, y), X
    yield "own-elimination", RFECV(Ridge(), scoring=scorer, cv=2).fit(X, y), X
    frame = houses(n=60, missing=False)
    chosen = ColumnTransformer([("numbers", StandardScaler(), numeric), ("words", OneHotEncoder(), make_column_selector("ocean"))])
    yield "own-columns", make_pipeline(chosen, Ridge()).fit(frame, price(frame)), frame


def balanced(v):
    from imblearn import ensemble as en
    from imblearn.combine import SMOTEENN
    from imblearn.over_sampling import SMOTE, RandomOverSampler
    from imblearn.pipeline import make_pipeline as imblearn_pipeline
    from imblearn.under_sampling import RandomUnderSampler

    X = small()
    few = dict(n_estimators=3, random_state=0)
    forest = RandomForestClassifier(2, max_leaf_nodes=4, n_jobs=1, random_state=0)
    rare = np.where(np.arange(len(X)) % 4 == 0, "rare", classes(X, ["a", "b"]))
    for name, model in [
        ("smote", imblearn_pipeline(StandardScaler(), SMOTE(random_state=0), LogisticRegression())),
        ("under", imblearn_pipeline(RandomUnderSampler(random_state=0), StandardScaler(), forest)),
        ("combined", imblearn_pipeline(SMOTEENN(random_state=0), forest)),
        ("nested", make_pipeline(StandardScaler(), imblearn_pipeline(RandomOverSampler(random_state=0), LogisticRegression()))),
    ]:
        yield f"imblearn-{name}", model.fit(X, rare), X
    tree = DecisionTreeClassifier(max_leaf_nodes=4, random_state=0)
    for labels in (["no", "yes", "yes"], [3, 1, 7, 7]):
        known, name = classes(X, labels), len(set(labels))
        yield f"BalancedBaggingClassifier-{name}", en.BalancedBaggingClassifier(tree, **few).fit(X, known), X
        forest = en.BalancedRandomForestClassifier(max_leaf_nodes=4, sampling_strategy="all", replacement=True, bootstrap=False, n_jobs=1, **few)
        yield f"BalancedRandomForestClassifier-{name}", forest.fit(X, known), X
        yield f"EasyEnsembleClassifier-{name}", en.EasyEnsembleClassifier(**few).fit(X, known), X
        yield f"RUSBoostClassifier-{name}", en.RUSBoostClassifier(tree, **few).fit(X, known), X


def pmml(v):
    from sklearn2pmml.pipeline import PMMLPipeline

    X = small()
    yield "PMMLPipeline", PMMLPipeline([("scale", StandardScaler()), ("model", LogisticRegression())]).fit(X, classes(X, ["no", "yes"])), X
    yield "PMMLPipeline-transform", PMMLPipeline([("scale", StandardScaler())]).fit(X), X


def encoders(v):
    from category_encoders import OrdinalEncoder

    frame = houses(n=60, missing=False)
    y = price(frame)
    yield "refused-category-encoders", make_pipeline(OrdinalEncoder(), Ridge()).fit(frame, y), frame, dict(refused="category_encoders.ordinal.OrdinalEncoder")


def mapper(v):
    from sklearn_pandas import DataFrameMapper

    frame = houses(n=60, missing=False)
    numbers, y = frame[["income", "age"]], price(frame)
    mapped = Pipeline([("mapper", DataFrameMapper([(["income", "age"], StandardScaler())])), ("model", Ridge())])
    yield "refused-data-frame-mapper", mapped.fit(numbers, y), numbers, dict(refused="sklearn_pandas.dataframe_mapper.DataFrameMapper")
