"""Writes the small models that the tests of this package read.

    python make.py [NAME…]

writes <version of scikit-learn>/<name>.joblib beside this script. The tests
know the files of two versions, because attributes and meanings moved between
them: run it with scikit-learn 1.1.3 (and XGBoost 1.5) and with 1.9.1 (and
XGBoost 3). Numbers are checked elsewhere, against goldens: here it is about
what the reader makes of the objects.
"""

import pathlib
import sys
import warnings

import joblib
import numpy as np
import pandas as pd
import sklearn
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import (
    RFE,
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFromModel,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    VarianceThreshold,
)
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.isotonic import IsotonicRegression
from sklearn.kernel_approximation import Nystroem, RBFSampler
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import GammaRegressor, LinearRegression, LogisticRegression, Ridge, RidgeClassifier, SGDClassifier, SGDOneClassSVM
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NearestCentroid
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline, make_union
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
)
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from xgboost import XGBClassifier, XGBRegressor

VERSION = tuple(int(n) for n in sklearn.__version__.split(".")[:2])
HERE = pathlib.Path(__file__).parent / sklearn.__version__
DENSE = {"sparse_output" if VERSION >= (1, 2) else "sparse": False}


def own(x):
    return x


def words(values):
    return pd.Series(list(values), dtype=object)


def main():
    HERE.mkdir(exist_ok=True)
    rows = 40
    i = np.arange(rows)
    x = pd.DataFrame(
        {
            "rooms": (i % 7) * 1.0,
            "age": np.where(i % 5 == 0, np.nan, i % 11),
            "id": words(f"#{k}" for k in i),
            "place": words(["INLAND", "BAY", "ISLAND", "ISLAND"][k % 4] for k in i),
            "state": words(None if k % 6 == 0 else ["good", "bad"][k % 2] for k in i),
        }
    )
    y = x["rooms"] * 2 + (x["place"] == "BAY") + 1.0
    label = np.where(y > y.mean(), "dear", "cheap")
    three = np.array([3, 5, 9])[i % 3]
    n = x[["rooms"]].assign(other=(i % 3) * 1.0).to_numpy()
    gaps = x[["rooms", "age"]].to_numpy()

    def save(name, model):
        if name in sys.argv[1:] or not sys.argv[1:]:
            joblib.dump(model, HERE / f"{name}.joblib", compress=3)

    number = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    word = make_pipeline(SimpleImputer(missing_values=None, strategy="constant", fill_value="none"), OneHotEncoder(**DENSE))
    save(
        "columns",
        Pipeline(
            [
                (
                    "prepare",
                    ColumnTransformer(
                        [
                            ("number", number, ["age", "rooms"]),
                            ("word", word, ["state"]),
                            ("code", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), [3]),
                            ("gone", "drop", ["id"]),
                            ("as_is", "passthrough", slice("rooms", "rooms")),
                        ]
                    ),
                ),
                ("model", LinearRegression()),
            ]
        ).fit(x, y),
    )
    rare = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=15, drop="first")
    hot = ColumnTransformer([("hot", rare, ["place"]), ("same", "passthrough", ["rooms"])], sparse_threshold=1)
    save("sparse-xgboost", make_pipeline(hot, XGBRegressor(n_estimators=2, max_depth=2, missing=-1, n_jobs=1)).fit(x, y))
    save("xgboost", XGBClassifier(n_estimators=2, max_depth=2, n_jobs=1).fit(n, i % 2))
    union = FeatureUnion([("log", FunctionTransformer(np.log1p)), ("scale", MinMaxScaler(clip=True))], transformer_weights={"log": 0.5})
    save("union", make_pipeline(union, Ridge()).fit(n, np.c_[y, -y]))
    save("tree", DecisionTreeClassifier(max_depth=1).fit(n, label))
    save("forest", RandomForestRegressor(2, max_leaf_nodes=3, random_state=0).fit(n, y))
    save("forest-gaps", RandomForestRegressor(2, max_leaf_nodes=3, random_state=0).fit(gaps if VERSION >= (1, 4) else n, y))
    save("boosting", GradientBoostingClassifier(n_estimators=2, max_depth=1, random_state=0).fit(n, label))
    save("boosting-three", GradientBoostingClassifier(n_estimators=1, max_depth=1, random_state=0).fit(n, three))
    save("boosting-zero", GradientBoostingRegressor(n_estimators=1, max_depth=1, init="zero", learning_rate=0.5).fit(n, y))
    save("hist", HistGradientBoostingClassifier(max_iter=1, max_leaf_nodes=3, min_samples_leaf=5, categorical_features=[1]).fit(n, np.where(n[:, 1] == 1, "dear", "cheap")))
    save("hist-poisson", HistGradientBoostingRegressor(max_iter=1, max_leaf_nodes=2, min_samples_leaf=5, loss="poisson").fit(gaps, y))
    save("logistic", LogisticRegression().fit(n, label))
    save("logistic-three", LogisticRegression().fit(n, three))
    save("target", TransformedTargetRegressor(LinearRegression(), func=np.log1p, inverse_func=np.expm1).fit(n, y))
    save("target-scaled", TransformedTargetRegressor(DecisionTreeRegressor(max_depth=1), transformer=MinMaxScaler()).fit(n, y))
    save("target-power", TransformedTargetRegressor(LinearRegression(), transformer=PowerTransformer()).fit(n, y))
    save("target-quantile", TransformedTargetRegressor(LinearRegression(), transformer=QuantileTransformer(n_quantiles=3, output_distribution="normal")).fit(n, y))
    save("vectors", SVC(probability=True, random_state=0).fit(n, three))
    save("layers", MLPClassifier(hidden_layer_sizes=(3, 2), solver="lbfgs", max_iter=9, random_state=0).fit(n, three))
    save("layers-regressor", MLPRegressor(hidden_layer_sizes=(2,), solver="lbfgs", max_iter=9, random_state=0).fit(n, y))
    reduce = make_union(PCA(2, whiten=True), TruncatedSVD(1, random_state=0), LinearDiscriminantAnalysis())
    save("projections", make_pipeline(reduce, SGDClassifier(loss="modified_huber", random_state=0)).fit(n, three))
    spread = make_union(
        RobustScaler(), MaxAbsScaler(), Normalizer(), Binarizer(), PolynomialFeatures(2), KBinsDiscretizer(2, encode="onehot-dense", strategy="uniform"),
        QuantileTransformer(n_quantiles=5, output_distribution="normal"), PowerTransformer(),
    )
    save("spread", make_pipeline(spread, Ridge()).fit(n, y))
    picks = make_union(
        VarianceThreshold(), SelectKBest(k=1), SelectPercentile(percentile=50), SelectFpr(), SelectFdr(), SelectFwe(), RFE(Ridge(), n_features_to_select=1),
        GenericUnivariateSelect(mode="fwe", param=0.5), SelectFromModel(Ridge()), SelectFromModel(RandomForestRegressor(2, max_depth=2, random_state=0)),
    )
    save("picks", make_pipeline(picks, Ridge()).fit(n, i % 3))
    save("gaussian", GaussianNB().fit(n, three))
    save("bernoulli", BernoulliNB().fit(n, three))
    save("categorical", CategoricalNB().fit(n, three))
    save("quadratic", QuadraticDiscriminantAnalysis(reg_param=0.1).fit(n + 0.1 * np.sin(i[:, None] * [1, 2]), three))
    save("neighbors", KNeighborsClassifier(3, leaf_size=6).fit(n, three))
    save("neighbors-brute", KNeighborsRegressor(3, weights="distance", algorithm="brute").fit(n, y))
    save("isolation", IsolationForest(n_estimators=2, max_samples=8, max_features=1, random_state=0).fit(n))
    save("kernels", make_pipeline(make_union(Nystroem(n_components=2, random_state=0), RBFSampler(n_components=2, random_state=0)), KernelRidge()).fit(n, y))
    save("centroids", NearestCentroid().fit(n, three))
    save("clusters", KMeans(2, n_init=1, random_state=0).fit(n))
    save("mixture", GaussianMixture(2, random_state=0, reg_covar=0.1).fit(n))
    save("isotonic", IsotonicRegression(out_of_bounds="nan").fit(n[:, 0], y))
    save("one-class", SGDOneClassSVM(random_state=0).fit(n))
    save("ridge", RidgeClassifier().fit(n, label))
    save("gamma", GammaRegressor().fit(n, y))
    save("search", GridSearchCV(make_pipeline(StandardScaler(), Ridge()), {"ridge__alpha": [1.0]}, cv=2).fit(n, y))

    committees(save, n, gaps, y, label, three)

    # What the reader refuses.
    save("refused-pls", make_pipeline(StandardScaler(), PLSRegression(1)).fit(n, y))
    save("refused-spline", make_pipeline(ColumnTransformer([("spline", SplineTransformer(), [0, 1])]), Ridge()).fit(n, y))
    save("refused-function", make_pipeline(FunctionTransformer(own), Ridge()).fit(n, y))
    save("refused-arguments", make_pipeline(FunctionTransformer(np.log1p, kw_args={"where": True}), Ridge()).fit(n, y))
    save("refused-float32", make_pipeline(OneHotEncoder(dtype=np.float32, **DENSE), StandardScaler(), Ridge()).fit(n, y))
    save("refused-init", GradientBoostingRegressor(n_estimators=1, max_depth=1, init=Ridge()).fit(n, y))
    save("refused-refit", GridSearchCV(Ridge(), {"alpha": [1.0]}, cv=2, refit=False).fit(n, y))
    save("refused-unfitted", Ridge())


def committees(save, n, gaps, y, label, three):
    """Predictors that are made of others, and what surrounds them."""
    stump, leaf = DecisionTreeRegressor(max_depth=1), DecisionTreeClassifier(max_depth=1)
    wrapped = "estimator" if VERSION >= (1, 2) else "base_estimator"
    save("voting", VotingClassifier([("leaf", leaf), ("logistic", LogisticRegression())], voting="soft", weights=[1, 2]).fit(n, three))
    save("voting-hard", VotingClassifier([("leaf", leaf), ("no", "drop")], weights=[1, 2]).fit(n, three))
    save("stacking", StackingClassifier([("leaf", leaf), ("ridge", RidgeClassifier())], LogisticRegression(), passthrough=True, cv=2).fit(n, label))
    save("bagging", BaggingClassifier(**{wrapped: leaf}, n_estimators=2, max_features=1, random_state=0).fit(n, label))
    save("bagging-ridge", BaggingRegressor(**{wrapped: Ridge()}, n_estimators=2, random_state=0).fit(n, y))
    save("ada-boost", AdaBoostClassifier(**{wrapped: leaf}, n_estimators=2, random_state=0).fit(n, three))
    save("ada-boost-regressor", AdaBoostRegressor(**{wrapped: stump}, n_estimators=2, random_state=0).fit(n, y))
    save("calibrated", CalibratedClassifierCV(**{wrapped: leaf}, cv=2, method="isotonic").fit(n, three))
    save("calibrated-two", CalibratedClassifierCV(**{wrapped: RidgeClassifier()}, cv=2).fit(n, label))
    save("one-vs-rest", OneVsRestClassifier(LogisticRegression()).fit(n, three))
    save("one-vs-one", OneVsOneClassifier(leaf).fit(n, three))
    save("multi-output", MultiOutputRegressor(stump).fit(n, np.c_[y, -y]))
    save("indicator", make_pipeline(MissingIndicator(), DummyClassifier(strategy="constant", constant="dear")).fit(gaps, label))
    texts = ["the sea view", "no sea", "the view of the garden", "a garden"] * 10
    save("text", make_pipeline(TfidfVectorizer(stop_words=["no"], ngram_range=(1, 2), max_features=4), Ridge()).fit(texts, y))
    save("text-hashed", make_pipeline(HashingVectorizer(n_features=4, analyzer="char", ngram_range=(2, 3)), Ridge()).fit(texts, y))
    if VERSION >= (1, 9):
        from sklearn.model_selection import TunedThresholdClassifierCV
        from sklearn.preprocessing import TargetEncoder

        save("temperature", CalibratedClassifierCV(leaf, cv=2, method="temperature").fit(n, label))
        save("threshold", TunedThresholdClassifierCV(LogisticRegression(), cv=2).fit(n, label))
        save("target-encoder", make_pipeline(TargetEncoder(cv=2, random_state=0), Ridge()).fit(n, three))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
