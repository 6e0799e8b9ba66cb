"""Classifiers that predict several labels a row, of scikit-learn.

Like the cases of cases_family.py they are few rows of few columns, of some versions.
"""

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

from cases_family import small, wanted_version
from data import classes

FEW = dict(rows=8, described=False)


def cases(v):
    """Yields (name, fitted model, X, options of treehouse.save)."""
    if not wanted_version(v):
        return
    for group in (outputs, labels):
        for name, model, X, *options in group(v):
            yield name, model, X, {**FEW, **(options[0] if options else {})}


def outputs(v):
    """Each label has classes of its own."""
    X = small()
    numbers = np.c_[classes(X, [0, 1]), classes(X[:, ::-1], [3, 1, 7])]
    texts = np.c_[classes(X, ["no", "yes"]), classes(X[:, ::-1], ["red", "green", "blue"])].astype(object)
    few = dict(n_estimators=3, max_leaf_nodes=4, n_jobs=1, random_state=0)
    yield "several-tree", DecisionTreeClassifier(max_leaf_nodes=5, random_state=0).fit(X, numbers), X
    yield "several-tree-strings", DecisionTreeClassifier(max_leaf_nodes=5, random_state=0).fit(X, texts), X, dict(format="pickle")
    yield "several-extra-tree", ExtraTreeClassifier(max_leaf_nodes=5, random_state=0).fit(X, texts), X
    yield "several-forest", RandomForestClassifier(**few).fit(X, numbers), X
    yield "several-forest-weighted", RandomForestClassifier(class_weight="balanced", **few).fit(X, numbers), X
    yield "several-forest-bool", make_pipeline(StandardScaler(), ExtraTreesClassifier(**few)).fit(X, numbers[:, :1] == [[0, 1, 1]]), X
    yield "several-neighbors", KNeighborsClassifier(3).fit(X, numbers), X
    yield "several-neighbors-distance", KNeighborsClassifier(4, weights="distance", algorithm="brute").fit(X, texts), X
    yield "MultiOutputClassifier-tree", MultiOutputClassifier(DecisionTreeClassifier(max_leaf_nodes=4, random_state=0)).fit(X, numbers), X
    yield "MultiOutputClassifier-strings", make_pipeline(StandardScaler(), MultiOutputClassifier(LogisticRegression())).fit(X, texts), X
    yield "MultiOutputClassifier-votes", MultiOutputClassifier(LinearSVC(dual=False)).fit(X, texts), X
    boosted = MultiOutputClassifier(GradientBoostingClassifier(n_estimators=2, max_leaf_nodes=3, random_state=0))
    yield "MultiOutputClassifier-boosted", boosted.fit(X, numbers), X
    for strategy, options in (("prior", {}), ("most_frequent", {}), ("constant", dict(constant=["yes", "red"]))):
        dummy = make_pipeline(StandardScaler(), DummyClassifier(strategy=strategy, **options))
        yield f"several-dummy-{strategy.replace('_', '-')}", dummy.fit(X, texts), X
    search = GridSearchCV(MultiOutputClassifier(GaussianNB()), {"estimator__var_smoothing": [1e-9, 1e-2]}, cv=2)
    yield "MultiOutputClassifier-search", search.fit(X, numbers), X


def labels(v):
    """Each label is there or not."""
    X = small()
    Y = np.c_[X[:, 0] > 0, X[:, 1] > 0.3, X[:, 2] + X[:, 0] > 0].astype(int)
    for name, member in [
        ("tree", DecisionTreeClassifier(max_leaf_nodes=4, random_state=0)), ("logistic", LogisticRegression()),
        ("svc", LinearSVC(dual=False)), ("ridge", Ridge()),
    ]:
        yield f"OneVsRestClassifier-labels-{name}", OneVsRestClassifier(member).fit(X, Y), X
    constant = np.c_[Y[:, :2], np.zeros(len(X), int), np.ones(len(X), int)]
    yield "OneVsRestClassifier-labels-constant", OneVsRestClassifier(LogisticRegression()).fit(X, constant), X
    yield "OneVsRestClassifier-labels-constant-first", OneVsRestClassifier(LinearSVC(dual=False)).fit(X, constant[:, ::-1]), X
    yield "OneVsRestClassifier-labels-constant-tree", OneVsRestClassifier(DecisionTreeClassifier(max_leaf_nodes=4, random_state=0)).fit(X, constant), X
    yield "RidgeClassifier-labels", RidgeClassifier().fit(X, Y), X
    yield "several-layers", make_pipeline(StandardScaler(), MLPClassifier((4,), max_iter=20, random_state=0)).fit(X, Y), X
    yield "several-layers-two", MLPClassifier((3,), max_iter=20, random_state=0).fit(X, Y[:, :2]), X
    yield "several-labels-forest", RandomForestClassifier(2, max_leaf_nodes=4, n_jobs=1, random_state=0).fit(X, Y), X
    yield "MultiOutputClassifier-sgd", MultiOutputClassifier(SGDClassifier(loss="modified_huber", random_state=0)).fit(X, Y), X
