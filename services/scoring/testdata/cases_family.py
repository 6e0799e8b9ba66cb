"""More scikit-learn cases, one function a family: every class that is read has one here.

To keep the goldens small they are of few rows and columns, and of the versions in
VERSIONS; with TREEHOUSE_ALL_VERSIONS set make.py makes them of any version.
"""

import os
from functools import partial

import numpy as np
from sklearn import discriminant_analysis as di
from sklearn import feature_selection as fs
from sklearn import linear_model as li
from sklearn import naive_bayes as nb
from sklearn import svm
from sklearn.base import clone
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA, FastICA, IncrementalPCA, TruncatedSVD
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingRegressor, IsolationForest, RandomForestClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.kernel_approximation import Nystroem, RBFSampler
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NearestCentroid
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.random_projection import GaussianRandomProjection
from sklearn.tree import DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor

from data import classes, numbers, target

VERSIONS = [(1, 1), (1, 5), (1, 9)]
SOLVER = "lbfgs"  # whose state is not in the file
FEW = dict(rows=8, described=False)


def cases(v):
    """Yields (name, fitted model, X, options of treehouse.save)."""
    if not wanted_version(v):
        return
    for family in FAMILIES:
        for name, model, X, *options in family(v):
            yield name, model, X, {**FEW, **(options[0] if options else {})}


def wanted_version(v):
    return v in VERSIONS or "TREEHOUSE_ALL_VERSIONS" in os.environ


def small(n=80, features=3, seed=3):
    return numbers(n=n, features=features, seed=seed)


def through(*steps):
    """A pipeline that answers with the columns that its steps make: the linear model adds nothing."""

    def fit(X, y=None):
        model = make_pipeline(*steps)
        Z = model.fit_transform(X, y)
        Z = np.asarray(Z.todense() if hasattr(Z, "todense") else Z, dtype=np.float64)
        probe = LinearRegression().fit(np.nan_to_num(Z), np.nan_to_num(Z))
        width = Z.shape[1]
        probe.coef_, probe.intercept_ = np.eye(width), np.zeros(width)
        model.steps.append(("probe", probe))
        return model

    return fit


def linear_regressors(v):
    X = small()
    y = target(X)
    two = np.c_[y, X[:, 0]]
    for name in ("MultiTaskLasso", "MultiTaskElasticNet"):
        yield name, getattr(li, name)(alpha=0.05).fit(X, two), X
    for name in ("MultiTaskLassoCV", "MultiTaskElasticNetCV", "LassoCV", "ElasticNetCV"):
        yield name, getattr(li, name)(cv=3).fit(X, two if "Multi" in name else y), X
    yield "RidgeCV", li.RidgeCV().fit(X, two), X
    options = {"normalize": False} if v < (1, 2) else {}
    for name in ("Lars", "LassoLars", "LassoLarsIC", "LarsCV", "LassoLarsCV", "OrthogonalMatchingPursuit", "OrthogonalMatchingPursuitCV"):
        yield name, getattr(li, name)(**options).fit(X, y), X
    yield "Lars-two", li.Lars(**options).fit(X, two), X
    for name in ("BayesianRidge", "ARDRegression", "HuberRegressor"):
        yield name, getattr(li, name)().fit(X, y), X
    yield "TheilSenRegressor", li.TheilSenRegressor(random_state=0, max_subpopulation=200).fit(X, y), X
    yield "QuantileRegressor", li.QuantileRegressor(quantile=0.7, alpha=0.01, solver="highs").fit(X, y), X
    for name in ("SGDRegressor", "PassiveAggressiveRegressor"):
        yield name, getattr(li, name)(random_state=0).fit(X, y), X
    yield "LinearSVR", svm.LinearSVR(random_state=0).fit(X, y), X
    positive = np.exp(y / 4)
    yield "PoissonRegressor", li.PoissonRegressor().fit(X, positive), X
    yield "GammaRegressor", li.GammaRegressor(fit_intercept=False).fit(X, positive), X
    yield "TweedieRegressor", li.TweedieRegressor(power=1.5).fit(X, positive), X
    yield "TweedieRegressor-normal", li.TweedieRegressor(power=0).fit(X, positive), X
    yield "TweedieRegressor-log", li.TweedieRegressor(power=0, link="log").fit(X, positive), X
    yield "RANSACRegressor", li.RANSACRegressor(random_state=0).fit(X, y), X
    yield "SGDOneClassSVM", li.SGDOneClassSVM(random_state=0).fit(X), X


def linear_classifiers(v):
    X = small()
    two, three = classes(X, ["no", "yes"]), classes(X, [3, 1, 2])
    log = "log" if v < (1, 1) else "log_loss"
    for name, C in (
        ("LinearSVC", svm.LinearSVC(random_state=0)),
        ("RidgeClassifier", li.RidgeClassifier()),
        ("RidgeClassifierCV", li.RidgeClassifierCV()),
        ("Perceptron", li.Perceptron(random_state=0)),
        ("PassiveAggressiveClassifier", li.PassiveAggressiveClassifier(random_state=0)),
        ("SGDClassifier", li.SGDClassifier(random_state=0)),
        ("SGDClassifier-log", li.SGDClassifier(loss=log, random_state=0)),
        ("SGDClassifier-huber", li.SGDClassifier(loss="modified_huber", average=True, random_state=0)),
        ("LogisticRegressionCV", li.LogisticRegressionCV(cv=2, Cs=3)),
        ("LinearDiscriminantAnalysis", di.LinearDiscriminantAnalysis()),
        ("LinearDiscriminantAnalysis-lsqr", di.LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")),
    ):
        yield name, C.fit(X, two), X
        yield name + "-three", C.__class__(**C.get_params()).fit(X, three), X


def projections(v):
    X = small(features=4)
    y = classes(X, [0, 1, 2])
    for name, step in (
        ("PCA", PCA(3)),
        ("PCA-whiten", PCA(2, whiten=True, svd_solver="randomized", random_state=0)),
        ("PCA-arpack", PCA(2, svd_solver="arpack", random_state=0)),
        ("PCA-share", PCA(0.9)),
        ("IncrementalPCA", IncrementalPCA(2, batch_size=20)),
        ("IncrementalPCA-whiten", IncrementalPCA(2, batch_size=20, whiten=True)),
        ("TruncatedSVD", TruncatedSVD(2, random_state=0)),
        ("LinearDiscriminantAnalysis-transform", di.LinearDiscriminantAnalysis()),
        ("LinearDiscriminantAnalysis-eigen", di.LinearDiscriminantAnalysis(solver="eigen", n_components=1)),
    ):
        yield name, through(StandardScaler(), step)(X * [1, 10, 100, 1e-3] + 5, y), X * [1, 10, 100, 1e-3] + 5


def perceptrons(v):
    X = small()
    y = target(X)
    for activation in ("identity", "logistic", "tanh", "relu"):
        model = MLPRegressor(hidden_layer_sizes=(5, 4), activation=activation, max_iter=60, solver=SOLVER, random_state=0)
        yield f"MLPRegressor-{activation}", model.fit(X, y), X
    yield "MLPRegressor-two", MLPRegressor(hidden_layer_sizes=(4,), max_iter=60, solver=SOLVER, random_state=0).fit(X, np.c_[y, X[:, 0]]), X
    if v >= (1, 7):
        poisson = MLPRegressor(hidden_layer_sizes=(4,), loss="poisson", max_iter=60, solver=SOLVER, random_state=0)
        yield "MLPRegressor-poisson", poisson.fit(X, np.exp(y / 4)), X
    for name, labels in (("", ["no", "yes"]), ("-three", [5, 7, 9])):
        yield f"MLPClassifier{name}", MLPClassifier(hidden_layer_sizes=(5,), max_iter=60, solver=SOLVER, random_state=0).fit(X, classes(X, labels)), X


def support_vectors(v):
    X = small(n=50)
    y = target(X)
    two, three, four = classes(X, ["no", "yes"]), classes(X, [3, 1, 2]), classes(X, list("abcd"))
    for kernel in ("linear", "poly", "rbf", "sigmoid"):
        yield f"SVR-{kernel}", svm.SVR(kernel=kernel, coef0=0.5, epsilon=0.5).fit(X, y), X
        yield f"SVC-{kernel}", svm.SVC(kernel=kernel, coef0=0.3, gamma=0.2).fit(X, two), X
    yield "NuSVR", svm.NuSVR(nu=0.3).fit(X, y), X
    yield "OneClassSVM", svm.OneClassSVM(nu=0.3).fit(X), X
    yield "SVC-probability", svm.SVC(probability=True, random_state=0).fit(X, two), X
    yield "SVC-three", svm.SVC(probability=True, random_state=0).fit(X, three), X
    yield "SVC-ovo", svm.SVC(decision_function_shape="ovo", degree=2, kernel="poly").fit(X, four), X
    yield "SVC-break-ties", svm.SVC(break_ties=True, probability=True, random_state=0).fit(X, four), X
    yield "NuSVC", svm.NuSVC(nu=0.3).fit(X, two), X
    yield "NuSVC-three", svm.NuSVC(nu=0.3, probability=True, random_state=0).fit(X, three), X


def scalers(v):
    X, full = numbers(n=80, features=3, missing=0.1, seed=4), small()
    y = target(full)
    hist = HistGradientBoostingRegressor(max_iter=2, max_leaf_nodes=4, random_state=0)
    wide = full * [1, 100, 1e-4]
    wide[::7] = 0
    bins = {"quantile_method": "averaged_inverted_cdf"} if v >= (1, 7) else {}
    for name, data, *steps in (
        ("RobustScaler", wide, RobustScaler()),
        ("RobustScaler-variance", wide, RobustScaler(unit_variance=True, quantile_range=(10, 80))),
        ("RobustScaler-no-centering", wide, RobustScaler(with_centering=False)),
        ("RobustScaler-no-scaling", wide, RobustScaler(with_scaling=False)),
        ("MaxAbsScaler", wide, MaxAbsScaler()),
        ("Normalizer", wide, Normalizer()),
        ("Normalizer-l1", wide, Normalizer("l1")),
        ("Normalizer-max", wide, Normalizer("max")),
        ("Binarizer", wide, Binarizer(threshold=0.25)),
        ("PolynomialFeatures", wide, PolynomialFeatures(3)),
        ("PolynomialFeatures-interactions", wide, PolynomialFeatures(3, interaction_only=True, include_bias=False)),
        ("PolynomialFeatures-from-two", wide, PolynomialFeatures((2, 3))),
        ("KBinsDiscretizer", full, KBinsDiscretizer(4, **bins)),
        ("KBinsDiscretizer-dense", full, KBinsDiscretizer(3, encode="onehot-dense", strategy="uniform")),
        ("KBinsDiscretizer-ordinal", full, KBinsDiscretizer(5, encode="ordinal", strategy="kmeans")),
        ("QuantileTransformer", wide, QuantileTransformer(n_quantiles=20)),
        ("QuantileTransformer-normal", wide, QuantileTransformer(n_quantiles=20, output_distribution="normal")),
        ("PowerTransformer", full, PowerTransformer()),
        ("PowerTransformer-plain", full, PowerTransformer(standardize=False)),
        ("PowerTransformer-box-cox", np.exp(full), PowerTransformer("box-cox")),
    ):
        yield name, through(*steps)(data, y), data
    for name, step in (("RobustScaler-gaps", RobustScaler()), ("MaxAbsScaler-gaps", MaxAbsScaler()),
                       ("QuantileTransformer-gaps", QuantileTransformer(n_quantiles=10)), ("PowerTransformer-gaps", PowerTransformer())):  # fmt: skip
        yield name, make_pipeline(step, hist).fit(X, y), X
    if v >= (1, 9):
        yield "MaxAbsScaler-clip", through(MaxAbsScaler(clip=True))(wide, y), wide
    one = full[:, :1]
    for outside in ("nan", "clip", "raise"):
        yield f"IsotonicRegression-{outside}", IsotonicRegression(out_of_bounds=outside).fit(one, y), one
    yield "IsotonicRegression", IsotonicRegression(increasing="auto", out_of_bounds="clip").fit(one, -y), one
    hot = OneHotEncoder(handle_unknown="ignore")
    sparse = np.round(full)
    for name, step in (("RobustScaler-sparse", RobustScaler(with_centering=False)), ("MaxAbsScaler-sparse", MaxAbsScaler()), ("Normalizer-sparse", Normalizer()),
                       ("Binarizer-sparse", Binarizer()), ("PolynomialFeatures-sparse", PolynomialFeatures(2)), ("TruncatedSVD-sparse", TruncatedSVD(2, random_state=0))):  # fmt: skip
        yield name, make_pipeline(hot, step, LinearRegression()).fit(sparse, y), sparse


def selectors(v):
    X = small(features=6)
    y, label = target(X), classes(X, [0, 1, 2])
    X = X.copy()
    X[:, 4] = 1.0
    tree = DecisionTreeRegressor(max_depth=3, random_state=0)
    forest = RandomForestClassifier(4, max_depth=3, random_state=0)
    for name, step, answer in (
        ("VarianceThreshold", fs.VarianceThreshold(), y),
        ("VarianceThreshold-more", fs.VarianceThreshold(1.0), y),
        ("SelectKBest", fs.SelectKBest(k=2), label),
        ("SelectKBest-all", fs.SelectKBest(k="all"), label),
        ("SelectPercentile", fs.SelectPercentile(percentile=45), label),
        ("SelectFpr", fs.SelectFpr(alpha=0.2), label),
        ("SelectFdr", fs.SelectFdr(alpha=0.3), label),
        ("SelectFwe", fs.SelectFwe(alpha=0.3), label),
        ("GenericUnivariateSelect", fs.GenericUnivariateSelect(mode="k_best", param=3), label),
        ("GenericUnivariateSelect-percentile", fs.GenericUnivariateSelect(fs.f_regression, mode="percentile", param=50), y),
        ("GenericUnivariateSelect-fwe", fs.GenericUnivariateSelect(fs.f_regression, mode="fwe", param=0.5), y),
        ("SelectFromModel-lasso", fs.SelectFromModel(li.Lasso(0.1)), y),
        ("SelectFromModel-ridge", fs.SelectFromModel(li.Ridge(), threshold="0.5*median"), y),
        ("SelectFromModel-logistic", fs.SelectFromModel(li.LogisticRegression(), norm_order=2), label),
        ("SelectFromModel-tree", fs.SelectFromModel(tree), y),
        ("SelectFromModel-forest", fs.SelectFromModel(forest, threshold="median"), label),
        ("SelectFromModel-boosting", fs.SelectFromModel(GradientBoostingClassifier(n_estimators=3, random_state=0)), label),
        ("SelectFromModel-most", fs.SelectFromModel(forest, max_features=2, threshold=-np.inf), label),
        ("RFE", fs.RFE(li.Ridge(), n_features_to_select=2), y),
        ("RFECV", fs.RFECV(tree, cv=2), y),
        ("SequentialFeatureSelector", fs.SequentialFeatureSelector(li.Ridge(), n_features_to_select=2, cv=2), y),
    ):
        yield name, through(step)(X, answer), X
    N = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)
    hist = HistGradientBoostingRegressor(max_iter=2, max_leaf_nodes=4, random_state=0)
    yield "VarianceThreshold-gaps", make_pipeline(fs.VarianceThreshold(), hist).fit(N, y), N
    if v >= (1, 4):
        yield "SelectFromModel-gaps", make_pipeline(fs.SelectFromModel(forest), hist).fit(N, y * 0 + label), N
    import pandas as pd

    F = pd.DataFrame(X, columns=list("abcdef"))
    if v >= (1, 2):
        model = make_pipeline(fs.SelectKBest(fs.f_regression, k=3), hist).set_output(transform="pandas")
        yield "SelectKBest-frame", model.fit(F, y), F


def bayes(v):
    X = small()
    counts = np.abs(np.round(X * 3))
    few = np.clip(counts, 0, 4)
    for suffix, labels in (("", ["no", "yes"]), ("-three", [3, 1, 2])):
        y = classes(X, labels)
        yield f"GaussianNB{suffix}", nb.GaussianNB().fit(X, y), X
        yield f"MultinomialNB{suffix}", nb.MultinomialNB().fit(counts, y), counts
        yield f"ComplementNB{suffix}", nb.ComplementNB(norm=True).fit(counts, y), counts
        yield f"BernoulliNB{suffix}", nb.BernoulliNB(binarize=0.3).fit(X, y), X
        yield f"CategoricalNB{suffix}", nb.CategoricalNB(min_categories=6).fit(few, y), few
        yield f"QuadraticDiscriminantAnalysis{suffix}", di.QuadraticDiscriminantAnalysis(reg_param=0.1).fit(X, y), X
    yield "BernoulliNB-as-is", nb.BernoulliNB(binarize=None).fit(X > 0, y), (X > 0).astype(float)


def clusters(v):
    X = small()
    init = {"n_init": 2, "random_state": 0}
    yield "KMeans", KMeans(4, **init).fit(X), X
    yield "MiniBatchKMeans", MiniBatchKMeans(4, **init).fit(X), X
    yield "KMeans-scaled", make_pipeline(StandardScaler(), KMeans(2, **init)).fit(X), X
    for kind in ("full", "tied", "diag", "spherical"):
        yield f"GaussianMixture-{kind}", GaussianMixture(3, covariance_type=kind, random_state=0).fit(X), X
    two, three = classes(X, ["no", "yes"]), classes(X, [3, 1, 2])
    yield "NearestCentroid", NearestCentroid().fit(X, two), X
    yield "NearestCentroid-three", NearestCentroid(shrink_threshold=0.1).fit(X, three), X
    uneven = classes(X, [1, 1, 2, 3])
    yield "NearestCentroid-uneven", NearestCentroid().fit(X, uneven), X
    if v >= (1, 6):
        yield "NearestCentroid-empirical", NearestCentroid(priors="empirical").fit(X, uneven), X


def neighbors(v):
    X = small(n=60, features=2)
    ties = np.round(X)  # many points equally far
    y, two, three = target(X), classes(X, ["no", "yes"]), classes(X, [3, 1, 2])
    C, R = KNeighborsClassifier, KNeighborsRegressor
    for name, model, answer in (
        ("KNeighborsClassifier", C(leaf_size=5), two),
        ("KNeighborsClassifier-three", C(7, leaf_size=3, p=1), three),
        ("KNeighborsClassifier-distance", C(4, weights="distance"), three),
        ("KNeighborsClassifier-brute", C(4, algorithm="brute"), three),
        ("KNeighborsClassifier-chebyshev", C(3, metric="chebyshev", leaf_size=4), two),
        ("KNeighborsRegressor", R(leaf_size=4), y),
        ("KNeighborsRegressor-distance", R(3, weights="distance", leaf_size=4), y),
        ("KNeighborsRegressor-two", R(3, p=3, leaf_size=4), np.c_[y, -y]),
        ("KNeighborsRegressor-brute", R(40), y),
        ("KNeighborsRegressor-brute-manhattan", R(3, algorithm="brute", metric="manhattan"), y),
    ):
        yield name, model.fit(X, answer), X
        if "brute" not in name:
            yield name + "-ties", model.__class__(**model.get_params()).fit(ties, answer), ties
    # Of its golden rows one is 5e-324 away from the point 0: an infinite weight, at a distance that is not 0.
    line = np.arange(-3.0, 4.0)[:, None]
    yield "KNeighborsRegressor-touching", R(2, weights="distance", p=1).fit(line, np.exp(line[:, 0])), np.r_[line, [[5e-324]]], dict(rows=40)
    # Already 1e9 is infinitely far from all points: until 1.4 no votes were counted, then it is refused.
    yield "KNeighborsClassifier-far", C(4, weights="distance", p=40, leaf_size=4).fit(X, three), X



def arrays(v):
    """Functions of whole arrays, with their keywords; distances to centres; targets that are scaled."""
    X, gaps = small() * 3, numbers(n=60, features=3, missing=0.2, seed=3)
    y = target(X)
    for name, function in [
        ("clip", FunctionTransformer(np.clip, kw_args={"a_min": -1, "a_max": 2.5})),
        ("clip-above", FunctionTransformer(partial(np.clip, a_min=None, a_max=1.0))),
        ("round", FunctionTransformer(np.round, kw_args={"decimals": 1})),
        ("around", FunctionTransformer(np.around)),
        ("degrees", FunctionTransformer(np.degrees)),
        ("radians", FunctionTransformer(np.deg2rad, validate=True)),
        ("asarray", FunctionTransformer(np.asarray)),
    ]:
        yield f"array-{name}", through(function)(X, y), X
    for name, keywords in [("", None), ("-own", {"nan": -1.5, "posinf": 1e3, "neginf": -1e3})]:
        yield f"array-nan{name}", through(FunctionTransformer(np.nan_to_num, kw_args=keywords))(gaps), gaps, dict(rows=12)
    centres = KMeans(3, n_init=1, random_state=0)
    yield "centres", through(centres)(X), X
    yield "centres-union", make_pipeline(make_union(MiniBatchKMeans(2, n_init=1, random_state=0), StandardScaler()), Ridge()).fit(X, y), X
    yield "centres-named", make_union(centres, PCA(2)).fit(X), X
    for name, scaler in [("robust", RobustScaler()), ("robust-uncentred", RobustScaler(with_centering=False)), ("max-abs", MaxAbsScaler())]:
        yield f"target-{name}", TransformedTargetRegressor(LinearRegression(), transformer=scaler).fit(X, y), X
    yield "target-robust-two", TransformedTargetRegressor(LinearRegression(), transformer=RobustScaler(with_scaling=False)).fit(X, np.c_[y, -y]), X


def targets(v):
    """Targets made even by a power or by their quantiles; some rows lie beyond what has a way back."""
    X = small()
    y = target(X)
    positive, tree, line = np.exp(y / 3), DecisionTreeRegressor(max_leaf_nodes=8, random_state=0), LinearRegression()
    wide = X * [1, 100, 1e-3]
    for name, model, transformer, data, answer in (
        ("power", line, PowerTransformer(), X, positive),
        ("power-tree", tree, PowerTransformer(), X, y),
        ("power-plain", line, PowerTransformer(standardize=False), X, y),
        ("power-two", line, PowerTransformer(), X, np.c_[positive, y]),
        ("power-box-cox", line, PowerTransformer("box-cox"), X, positive),
        ("power-box-cox-plain", tree, PowerTransformer("box-cox", standardize=False), X, positive),
        ("power-one", tree, PowerTransformer(), X, np.full(len(y), 2.5)),
        ("power-steps", line, make_pipeline(MinMaxScaler((1, 3)), PowerTransformer("box-cox")), X, y),
        ("quantile", line, QuantileTransformer(n_quantiles=20), X, y),
        ("quantile-tree", tree, QuantileTransformer(n_quantiles=20), X, np.round(y)),
        ("quantile-normal", line, QuantileTransformer(n_quantiles=20, output_distribution="normal"), wide, y),
        ("quantile-normal-tree", tree, QuantileTransformer(n_quantiles=80, output_distribution="normal"), X, y),
        ("quantile-two", line, QuantileTransformer(n_quantiles=10, output_distribution="normal"), X, np.c_[y, positive]),
        ("quantile-single", line, QuantileTransformer(n_quantiles=1), X, y),
        ("quantile-steps", tree, make_pipeline(RobustScaler(), QuantileTransformer(n_quantiles=20), StandardScaler()), X, y),
    ):
        yield f"target-{name}", TransformedTargetRegressor(clone(model), transformer=transformer).fit(data, answer), data
    for method, few in (("yeo-johnson", (0.0, 2.0, 1e-4, -0.5)), ("box-cox", (0.0, 0.5, -1.0, 1.5, 1e-4))):
        model = TransformedTargetRegressor(line, transformer=PowerTransformer(method)).fit(X, np.c_[(positive,) * len(few)])
        model.transformer_.lambdas_ = np.array(few)
        yield f"target-power-{method}-few", model, X, dict(rows=20)
    # The sums of so large a row are infinite, which the transformer refuses.
    for name, transformer in (("power", PowerTransformer()), ("quantile", QuantileTransformer(n_quantiles=9)), ("standard", StandardScaler())):
        model = TransformedTargetRegressor(LinearRegression(), transformer=transformer).fit(X, y)
        model.regressor_.coef_ = np.array([10.0, 0.5, 0.25])
        yield f"target-{name}-infinite", model, np.r_[X[:30], [[1e308, 0, 0], [-1e308, 0, 0]]], dict(rows=40)


def kernels(v):
    X = small(n=40)
    y = target(X)
    for kernel in ("linear", "poly", "rbf", "sigmoid"):
        yield f"KernelRidge-{kernel}", KernelRidge(kernel=kernel, gamma=0.2).fit(X, y), X
    yield "IsolationForest", IsolationForest(n_estimators=5, max_samples=20, random_state=0).fit(X), X
    few = IsolationForest(n_estimators=4, max_samples=16, max_features=2, contamination=0.11, bootstrap=True, random_state=0)
    yield "IsolationForest-few", few.fit(X), X
    one = IsolationForest(n_estimators=2, max_samples=16, max_features=1, random_state=1)
    one.fit(X)
    beyond = X[:1].copy()  # in a column that no tree is given: refused since 1.3 only
    beyond[0, next(i for i in range(X.shape[1]) if all(i not in given for given in one.estimators_features_))] = 1e39
    yield "IsolationForest-one", one, np.r_[X[:30], beyond], dict(rows=40)
    yield "KernelRidge-two", KernelRidge(kernel="rbf").fit(X, np.c_[y, -y]), X
    for name, step in (
        ("Nystroem", Nystroem(n_components=4, random_state=0)),
        ("RBFSampler", RBFSampler(n_components=4, random_state=0)),
        ("FastICA", FastICA(2, random_state=0, whiten="unit-variance")),
        ("GaussianRandomProjection", GaussianRandomProjection(2, random_state=0)),
    ):
        yield name, through(step)(X, y), X
    yield "ExtraTreeRegressor", ExtraTreeRegressor(max_leaf_nodes=6, random_state=0).fit(X, y), X
    yield "ExtraTreeClassifier", ExtraTreeClassifier(max_leaf_nodes=6, random_state=0).fit(X, classes(X, [1, 2, 3])), X


FAMILIES = [kernels, neighbors, arrays, targets, bayes, clusters, scalers, selectors, linear_regressors, linear_classifiers, projections, perceptrons, support_vectors]
