"""Random models of scikit-learn's smaller families: one class a draw, on data that suits it."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import xgboost as xgb
from sklearn import cluster, discriminant_analysis, isotonic, kernel_approximation, kernel_ridge, linear_model, mixture, naive_bayes, neighbors, neural_network, svm
from sklearn import feature_selection as fs
from sklearn import preprocessing as pr
from sklearn.decomposition import PCA, IncrementalPCA, TruncatedSVD
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingRegressor, IsolationForest
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor

from models import LIGHTGBM, XGBOOST, Useless, chance, codes, fitted, labels, numbers, one, seed, target


def calm(rng):
    """Numbers of one order of magnitude: what is compared is the class, not how a library loses digits."""
    X = np.asarray(numbers(rng, gaps=False, n=int(rng.integers(40, 200))))[:, :8]
    return np.clip(np.argsort(np.argsort(X, axis=0), axis=0) / len(X) * 4 - 2 + X * 0, -3, 3).round(3)


def scaled(rng):
    """A scaler, before a model that shows what it makes."""
    gaps = chance(rng, 0.4)
    X = np.asarray(numbers(rng, gaps=gaps))
    X = np.clip(X, -1e6, 1e6)
    y = target(rng, X)
    step = one(rng, [
        pr.RobustScaler(with_centering=chance(rng, 0.7), with_scaling=chance(rng, 0.7), unit_variance=chance(rng, 0.3)),
        pr.MaxAbsScaler(), pr.QuantileTransformer(n_quantiles=int(rng.integers(2, 60)), output_distribution=one(rng, ["uniform", "normal"])),
        pr.PowerTransformer(standardize=chance(rng, 0.7)),
    ])  # fmt: skip
    if isinstance(step, pr.PowerTransformer):
        X = np.where(np.isnan(X), np.nan, calm_like(X))
    if not gaps:
        step = one(rng, [step, pr.Normalizer(one(rng, ["l1", "l2", "max"])), pr.Binarizer(threshold=float(rng.normal())),
                         pr.PolynomialFeatures(int(rng.integers(1, 4)), interaction_only=chance(rng, 0.3), include_bias=chance(rng, 0.5)), bins(rng)])  # fmt: skip
        X = X[:, :10]
    model = HistGradientBoostingRegressor(max_iter=3, random_state=0) if gaps else Ridge()
    return fitted(rng, make_pipeline(step, model), X, y, "scalers")


def calm_like(X):
    return np.sign(np.nan_to_num(X)) * np.log1p(np.abs(np.nan_to_num(X)))


def bins(rng):
    return pr.KBinsDiscretizer(int(rng.integers(2, 9)), encode=one(rng, ["onehot", "onehot-dense", "ordinal"]), strategy=one(rng, ["uniform", "quantile"]))


def selected_by_booster(rng):
    """Columns that a booster finds important; where it finds two equal, or one next to the threshold, versions differ and it is refused."""
    X = calm(rng)
    classifier = chance(rng, 0.4)
    y = codes(labels(rng, X)) if classifier else target(rng, X)
    few = {"n_estimators": int(rng.integers(1, 20)), "max_depth": int(rng.integers(1, 6)), "random_state": seed(rng)}
    choices = []
    if XGBOOST >= (1, 5):
        choices.append((xgb.XGBClassifier if classifier else xgb.XGBRegressor)(importance_type=one(rng, [None, "gain", "total_gain", "weight"]), **few))
    if LIGHTGBM >= (3, 0):
        choices.append((lgb.LGBMClassifier if classifier else lgb.LGBMRegressor)(importance_type=one(rng, ["split", "split", "gain"]), verbose=-1, **few))
    if not choices:
        raise Useless("these versions are too old")
    most = int(rng.integers(1, X.shape[1] + 1)) if chance(rng, 0.3) else None
    step = fs.SelectFromModel(one(rng, choices), threshold=one(rng, [None, "mean", "median", "0.5*mean", -np.inf]), max_features=most)
    choice = fitted(rng, make_pipeline(step, DecisionTreeRegressor(max_depth=4, random_state=seed(rng))), X, y, "selectors")
    step = getattr(choice.model, "best_estimator_", choice.model).steps[0][1]
    if step.estimator_.importance_type != "split":
        marks = np.sort(np.r_[step.estimator_.feature_importances_, *([] if np.isinf(step.threshold_) or step.threshold == "median" else [step.threshold_])].astype(float))
        marks = marks[marks > 0]
        if (np.diff(marks) <= 3e-4 * marks[1:]).any():
            raise Useless("importances are next to one another")
    return choice


def selected(rng):
    if (XGBOOST >= (1, 5) or LIGHTGBM >= (3, 0)) and chance(rng, 0.25):
        return selected_by_booster(rng)
    X = calm(rng)
    classifier = chance(rng, 0.5)
    y = labels(rng, X) if classifier else target(rng, X)
    k = int(rng.integers(1, X.shape[1] + 1))
    tree = ExtraTreesClassifier(3, random_state=seed(rng)) if classifier else DecisionTreeRegressor(max_depth=4, random_state=seed(rng))
    line = LogisticRegression() if classifier else Ridge()
    score = fs.f_classif if classifier else fs.f_regression
    step = one(rng, [
        fs.VarianceThreshold(float(rng.uniform(0, 0.5))), fs.SelectKBest(score, k=k), fs.SelectPercentile(score, percentile=int(rng.integers(20, 101))),
        fs.SelectFpr(score, alpha=0.9), fs.SelectFdr(score, alpha=0.9), fs.SelectFwe(score, alpha=0.99),
        fs.GenericUnivariateSelect(score, mode="k_best", param=k), fs.SelectFromModel(one(rng, [tree, line]), threshold=one(rng, ["mean", "median", "0.5*mean", -np.inf])),
        fs.SelectFromModel(tree, max_features=k, threshold=-np.inf), fs.RFE(one(rng, [tree, line]), n_features_to_select=k),
        fs.RFECV(line, cv=2), fs.SequentialFeatureSelector(line, n_features_to_select=max(1, k - 1), cv=2) if X.shape[1] > 1 else fs.VarianceThreshold(),
    ])  # fmt: skip
    return fitted(rng, make_pipeline(step, line), X, y, "selectors")


def projected(rng):
    X = calm(rng)
    k = int(rng.integers(1, X.shape[1] + 1))
    classifier = chance(rng, 0.5)
    y = labels(rng, X) if classifier else target(rng, X)
    step = one(rng, [PCA(k, whiten=chance(rng, 0.4), svd_solver=one(rng, ["auto", "full", "randomized"]), random_state=seed(rng)), IncrementalPCA(k, batch_size=20), TruncatedSVD(k, random_state=seed(rng))])
    if classifier and chance(rng, 0.3):
        step = discriminant_analysis.LinearDiscriminantAnalysis(solver=one(rng, ["svd", "eigen"]))
    last = one(rng, [LogisticRegression(), svm.SVC()]) if classifier else one(rng, [Ridge(), LinearRegression(), svm.SVR()])
    return fitted(rng, make_pipeline(step, last), X, y, "projections")


def linear_family(rng):
    X = calm(rng)
    y = target(rng, X)
    if chance(rng, 0.45):
        model = one(rng, [
            svm.LinearSVC(random_state=0), linear_model.RidgeClassifier(), linear_model.Perceptron(random_state=0),
            linear_model.SGDClassifier(loss=one(rng, ["hinge", "log_loss", "modified_huber", "perceptron"]), average=chance(rng, 0.3), random_state=0),
            linear_model.PassiveAggressiveClassifier(random_state=0), discriminant_analysis.LinearDiscriminantAnalysis(),
            discriminant_analysis.QuadraticDiscriminantAnalysis(reg_param=0.2),
        ])  # fmt: skip
        return fitted(rng, model, X, labels(rng, X), "linear classifiers")
    positive = np.abs(y) / np.abs(y).max() + 0.1
    model, y = one(rng, [
        (linear_model.Lars(), y), (linear_model.LassoLars(0.01), y), (linear_model.OrthogonalMatchingPursuit(), y), (linear_model.BayesianRidge(), y),
        (linear_model.ARDRegression(), y), (linear_model.HuberRegressor(max_iter=1000), y), (linear_model.SGDRegressor(random_state=0), np.tanh(y)),
        (linear_model.QuantileRegressor(alpha=0.01, solver="highs"), y), (svm.LinearSVR(random_state=0), y), (linear_model.PoissonRegressor(), positive),
        (linear_model.GammaRegressor(), positive), (linear_model.TweedieRegressor(power=float(one(rng, [0, 1.5, 3]))), positive),
        (linear_model.RANSACRegressor(random_state=0), y), (linear_model.MultiTaskLasso(0.01), np.c_[y, -y]),
    ])  # fmt: skip
    return fitted(rng, model, X, y, "linear regressors")


def layered(rng):
    X = calm(rng)
    layers = tuple(int(n) for n in rng.integers(1, 9, rng.integers(1, 4)))
    options = {"hidden_layer_sizes": layers, "activation": one(rng, ["relu", "tanh", "logistic", "identity"]), "max_iter": 30, "random_state": seed(rng)}
    if chance(rng, 0.5):
        return fitted(rng, neural_network.MLPClassifier(**options), X, labels(rng, X), "perceptrons")
    return fitted(rng, neural_network.MLPRegressor(**options), X, np.tanh(target(rng, X)), "perceptrons")


def supported(rng):
    X = calm(rng)
    options = {"kernel": one(rng, ["linear", "poly", "rbf", "sigmoid"]), "gamma": one(rng, ["scale", "auto", 0.3]), "degree": int(rng.integers(1, 4)), "coef0": float(one(rng, [0.0, 1.0]))}
    if chance(rng, 0.6):
        shape = {"decision_function_shape": one(rng, ["ovr", "ovo"]), "probability": chance(rng, 0.4), "random_state": seed(rng)}
        model = one(rng, [svm.SVC(C=10.0 ** rng.integers(-1, 3), **options, **shape), svm.NuSVC(nu=0.1, **options, **shape)])
        return fitted(rng, model, X, labels(rng, X), "support vector machines")
    model = one(rng, [svm.SVR(**options), svm.NuSVR(**options), svm.OneClassSVM(**options)])
    return fitted(rng, model, X, np.tanh(target(rng, X)), "support vector machines")


def likely(rng):
    X = calm(rng)
    counts = np.abs(np.round(X * 2))
    model, X = one(rng, [
        (naive_bayes.GaussianNB(), X), (naive_bayes.MultinomialNB(alpha=0.5), counts), (naive_bayes.ComplementNB(norm=X.shape[1] > 1 and chance(rng, 0.5)), counts),
        (naive_bayes.BernoulliNB(binarize=0.1), X), (naive_bayes.CategoricalNB(min_categories=9), counts),
        (neighbors.NearestCentroid(), X),
    ])  # fmt: skip
    return fitted(rng, model, X, labels(rng, X), "naive Bayes and centroids")


def grouped(rng):
    X = calm(rng)
    k = int(rng.integers(1, 6))
    kind = one(rng, ["full", "tied", "diag", "spherical"])
    model = one(rng, [
        cluster.KMeans(k, n_init=1, random_state=seed(rng)), cluster.MiniBatchKMeans(k, n_init=1, random_state=seed(rng)),
        mixture.GaussianMixture(k, covariance_type=kind, random_state=seed(rng)),
        isotonic.IsotonicRegression(out_of_bounds=one(rng, ["clip", "nan"])),
    ])  # fmt: skip
    if isinstance(model, isotonic.IsotonicRegression):
        X = X[:, :1]
        return fitted(rng, model, X, target(rng, X), "isotonic regression")
    return fitted(rng, model, X, None, "clusters")


def near(rng):
    X = calm(rng)
    if chance(rng, 0.4):
        X = np.round(X)  # many points equally far
    options = {"n_neighbors": int(rng.integers(1, 12)), "weights": one(rng, ["uniform", "distance"]), "leaf_size": int(rng.integers(1, 40)), "p": one(rng, [1, 2, 2, 3])}
    options["algorithm"] = one(rng, ["auto", "kd_tree", "brute"]) if options["weights"] == "uniform" else "kd_tree"
    if chance(rng, 0.5):
        return fitted(rng, neighbors.KNeighborsClassifier(**options), X, labels(rng, X), "nearest neighbors")
    return fitted(rng, neighbors.KNeighborsRegressor(**options), X, np.tanh(target(rng, X)), "nearest neighbors")


def isolated(rng):
    X = numbers(rng, gaps=False)
    model = IsolationForest(n_estimators=int(rng.integers(1, 20)), max_samples=float(rng.uniform(0.2, 1)), max_features=float(one(rng, [1.0, 0.6])), random_state=seed(rng))
    if chance(rng, 0.4):
        X = calm(rng)
        step = one(rng, [kernel_approximation.Nystroem(n_components=5, random_state=seed(rng)), kernel_approximation.RBFSampler(n_components=7, random_state=seed(rng))])
        kernel = one(rng, ["linear", "poly", "rbf", "sigmoid"])
        model = one(rng, [make_pipeline(step, Ridge()), kernel_ridge.KernelRidge(kernel=kernel, gamma=0.2)])
    return fitted(rng, model, X, np.tanh(target(rng, X)), "isolation forests and kernels")


ALL = [isolated, near, scaled, selected, projected, linear_family, layered, supported, likely, grouped]
