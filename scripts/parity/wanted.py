"""Which draw makes which part of the catalog: every class, objective, operator and format of docs/formats.md stands here."""

from __future__ import annotations

import boosters as bo
import committees as co
import families as fa
import models as mo
import rest as re
import texts as te
import wrapped as wr

try:
    import graphs as gr

    GRAPHS = gr.ALL
except ModuleNotFoundError:  # of the oldest versions there is no converter
    GRAPHS = []

#: By draw: the classes that it makes.
CLASSES = {
    mo.forest: "DecisionTreeClassifier DecisionTreeRegressor ExtraTreesClassifier ExtraTreesRegressor RandomForestClassifier RandomForestRegressor",
    mo.linear: "ElasticNet Lasso LinearRegression LogisticRegression MinMaxScaler Ridge StandardScaler",
    mo.boosting: "GradientBoostingClassifier GradientBoostingRegressor",
    mo.hist: "HistGradientBoostingClassifier HistGradientBoostingRegressor",
    mo.pipeline: "ColumnTransformer FunctionTransformer OneHotEncoder OrdinalEncoder Pipeline SimpleImputer",
    bo.xgboost: "XGBClassifier XGBRFClassifier XGBRFRegressor XGBRanker XGBRegressor",
    bo.lightgbm: "LGBMClassifier LGBMRanker LGBMRegressor",
    bo.catboost: "CatBoost CatBoostClassifier CatBoostRanker CatBoostRegressor",
    fa.scaled: "Binarizer KBinsDiscretizer MaxAbsScaler Normalizer PolynomialFeatures PowerTransformer QuantileTransformer RobustScaler",
    fa.selected: """GenericUnivariateSelect RFE RFECV SelectFdr SelectFpr SelectFromModel SelectFwe SelectKBest SelectPercentile
        SequentialFeatureSelector VarianceThreshold""",
    fa.projected: "IncrementalPCA PCA TruncatedSVD",
    fa.linear_family: """ARDRegression BayesianRidge GammaRegressor HuberRegressor Lars LassoLars LinearDiscriminantAnalysis LinearSVC LinearSVR
        MultiTaskLasso OrthogonalMatchingPursuit PassiveAggressiveClassifier Perceptron PoissonRegressor QuadraticDiscriminantAnalysis
        QuantileRegressor RANSACRegressor RidgeClassifier SGDClassifier SGDRegressor TweedieRegressor""",
    fa.layered: "MLPClassifier MLPRegressor",
    fa.supported: "NuSVC NuSVR OneClassSVM SVC SVR",
    fa.likely: "BernoulliNB CategoricalNB ComplementNB GaussianNB MultinomialNB NearestCentroid",
    fa.grouped: "GaussianMixture IsotonicRegression KMeans MiniBatchKMeans",
    fa.near: "KNeighborsClassifier KNeighborsRegressor",
    fa.isolated: "IsolationForest KernelRidge Nystroem RBFSampler",
    co.committee: """AdaBoostClassifier AdaBoostRegressor BaggingClassifier BaggingRegressor CalibratedClassifierCV MultiOutputRegressor
        OneVsOneClassifier OneVsRestClassifier StackingClassifier StackingRegressor VotingClassifier VotingRegressor""",
    te.text: "CountVectorizer HashingVectorizer TfidfTransformer TfidfVectorizer",
    re.searched: "GridSearchCV HalvingGridSearchCV HalvingRandomSearchCV RandomizedSearchCV",
    re.decided: "FixedThresholdClassifier FrozenEstimator TunedThresholdClassifierCV",
    re.marked: "FeatureUnion MissingIndicator",
    re.targeted: "TargetEncoder",
    re.turned: "FastICA GaussianRandomProjection",
    re.chosen_linear: """ElasticNetCV LarsCV LassoCV LassoLarsCV LassoLarsIC LogisticRegressionCV MultiTaskElasticNet MultiTaskElasticNetCV
        MultiTaskLassoCV OrthogonalMatchingPursuitCV PassiveAggressiveRegressor RidgeCV RidgeClassifierCV TheilSenRegressor""",
    wr.chained: "ClassifierChain MultiOutputClassifier RegressorChain",
    wr.taught: "SelfTrainingClassifier",
    wr.looked_up: "DictVectorizer",
    wr.balanced: "BalancedBaggingClassifier BalancedRandomForestClassifier EasyEnsembleClassifier RUSBoostClassifier",
    wr.exported: "PMMLPipeline",
    re.lonely: "DummyClassifier DummyRegressor ExtraTreeClassifier ExtraTreeRegressor SGDOneClassSVM TransformedTargetRegressor",
}
#: By prefix: the draw, and the objectives and operators that it makes.
OTHERS = {
    "xgboost_": ([bo.xgboost], """Booster binary:hinge binary:logistic binary:logitraw count:poisson multi:softmax multi:softprob rank:map
        rank:ndcg rank:pairwise reg:absoluteerror reg:expectileerror reg:gamma reg:linear reg:logistic reg:pseudohubererror reg:quantileerror reg:squarederror
        reg:squaredlogerror reg:tweedie survival:aft survival:cox"""),
    "lightgbm_": ([bo.lightgbm], """Booster binary cross_entropy cross_entropy_lambda custom fair gamma huber lambdarank mape multiclass
        multiclassova poisson quantile rank_xendcg regression regression_l1 tweedie xentlambda xentropy"""),
    "onnx_": (GRAPHS, """Abs Add And ArgMax ArgMin BatchNormalization Cast Ceil Celu Clip Concat Constant ConstantOfShape Cos Div Dropout Elu Equal Erf Exp
        Expand Flatten Floor Gather Gelu Gemm Greater GreaterOrEqual HardSigmoid HardSwish Identity IsNaN LayerNormalization LeakyRelu Less
        LessOrEqual Log LogSoftmax MatMul Max Mean Min Mish Mul Neg Not Or PRelu Pow Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp
        ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Round Selu Shape Sigmoid Sign Sin Slice Softmax
        Softplus Softsign Split Sqrt Squeeze Sub Sum Tanh ThresholdedRelu Transpose Unsqueeze Where Xor ai.onnx.ml.ArrayFeatureExtractor
        ai.onnx.ml.Binarizer ai.onnx.ml.CategoryMapper ai.onnx.ml.DictVectorizer ai.onnx.ml.FeatureVectorizer ai.onnx.ml.Imputer
        ai.onnx.ml.LabelEncoder ai.onnx.ml.LinearClassifier ai.onnx.ml.LinearRegressor ai.onnx.ml.Normalizer ai.onnx.ml.OneHotEncoder
        ai.onnx.ml.SVMClassifier ai.onnx.ml.SVMRegressor ai.onnx.ml.Scaler ai.onnx.ml.TreeEnsemble ai.onnx.ml.TreeEnsembleClassifier
        ai.onnx.ml.TreeEnsembleRegressor ai.onnx.ml.ZipMap"""),
}  # fmt: skip
FORMATS = {
    "catboost-cbm": [bo.catboost], "catboost-json": [bo.catboost], "joblib": [mo.linear], "lightgbm-text": [bo.lightgbm], "onnx": GRAPHS, "pickle": [mo.linear],
    "skops": [mo.linear], "xgboost-binary": [bo.xgboost], "xgboost-json": [bo.xgboost], "xgboost-ubj": [bo.xgboost],
}  # fmt: skip
#: What treehouse.save calls the formats, and what LightGBM called two objectives later.
SAVED = {"cbm": "cbm", "json": "json", "text": "txt", "binary": "binary", "ubj": "ubj", "xentropy": "cross_entropy", "xentlambda": "cross_entropy_lambda"}
#: What only some versions write.
ONLY = {
    "xgboost_reg:linear": lambda: mo.XGBOOST < (1, 0), "lightgbm_xentropy": lambda: mo.LIGHTGBM < (2, 3), "lightgbm_xentlambda": lambda: mo.LIGHTGBM < (2, 3),
    "lightgbm_cross_entropy": lambda: mo.LIGHTGBM >= (2, 3), "lightgbm_cross_entropy_lambda": lambda: mo.LIGHTGBM >= (2, 3),
    "format_xgboost-binary": lambda: mo.XGBOOST < (2, 1), "format_xgboost-json": lambda: mo.XGBOOST >= (1, 0), "format_xgboost-ubj": lambda: mo.XGBOOST >= (1, 6),
    "xgboost_reg:absoluteerror": lambda: mo.XGBOOST >= (1, 7), "xgboost_reg:quantileerror": lambda: mo.XGBOOST >= (2, 0), "TargetEncoder": lambda: mo.VERSION >= (1, 3),
    "xgboost_reg:expectileerror": lambda: mo.XGBOOST >= (3, 4),
    "xgboost_reg:pseudohubererror": lambda: mo.XGBOOST >= (1, 1), "xgboost_reg:squaredlogerror": lambda: mo.XGBOOST >= (1, 0), "xgboost_survival:aft": lambda: mo.XGBOOST >= (1, 2),
    "FixedThresholdClassifier": lambda: mo.VERSION >= (1, 5), "TunedThresholdClassifierCV": lambda: mo.VERSION >= (1, 5), "FrozenEstimator": lambda: mo.VERSION >= (1, 6),
    "format_skops": lambda: bool(mo.SKOPS),
    **{name: lambda: mo.cb is not None for name in ("CatBoost", "CatBoostClassifier", "CatBoostRanker", "CatBoostRegressor", "format_catboost-cbm", "format_catboost-json")},
    **{name: lambda: mo.XGBOOST >= (1, 5) for name in ("XGBRFClassifier", "XGBRFRegressor", "XGBRanker")},
    **{name: lambda: wr.ie is not None for name in ("BalancedBaggingClassifier", "BalancedRandomForestClassifier", "EasyEnsembleClassifier", "RUSBoostClassifier")},
    "PMMLPipeline": lambda: wr.PMMLPipeline is not None,
    **{f"lightgbm_{name}": lambda: mo.LIGHTGBM >= (3, 0) for name in ("rank_xendcg", "multiclassova")},
}  # fmt: skip
#: What no version for Python 3.11 writes, so that goldens alone tell of it: XGBoost 3.4's.
ELSEWHERE = {"xgboost_reg:expectileerror"}
#: All draws, as often as they are worth.
ALL = [
    mo.forest, mo.linear, mo.boosting, mo.hist, *[mo.pipeline] * 3, *[bo.xgboost] * 2, *[bo.lightgbm] * 2, *([bo.catboost] * 2 if mo.cb else []),
    *fa.ALL, *co.ALL, *te.ALL, *re.ALL, *wr.ALL, *GRAPHS,
]  # fmt: skip


def made() -> set[str]:
    """All parts of the catalog that there is a draw for."""
    names = {name for text in CLASSES.values() for name in text.split()} | {f"format_{name}" for name in FORMATS}
    return names | {prefix + name for prefix, (_, text) in OTHERS.items() for name in text.split()}


def possible(want: str) -> bool:
    """Whether the installed versions have it."""
    name = want.removeprefix("onnx_").removeprefix("ai.onnx.ml.")
    if want.startswith("onnx_") and GRAPHS and name not in gr.BECOMES and gr.operators.RUNTIME < gr.operators.EXACT:
        return False  # no draw by hand
    return ONLY.get(want, lambda: bool(kinds(want)[0]))()


def kinds(want: str):
    """The draws for a part of the catalog, or all; and what to look for in them."""
    if not want:
        return ALL, ""
    for prefix, (draws, _) in OTHERS.items():
        if want.startswith(prefix):
            name = want.removeprefix(prefix)
            if name == "Booster":
                return draws, "pickle"
            return draws, want if prefix == "onnx_" else SAVED.get(name, name)
    if want.startswith("format_"):
        name = want.removeprefix("format_")
        saved = name.rpartition("-")[2]
        return FORMATS[name], SAVED.get(saved, saved)
    return [draw for draw, text in CLASSES.items() if want in text.split()], want
