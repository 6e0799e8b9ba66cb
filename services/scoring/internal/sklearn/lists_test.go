package sklearn

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// What becomes of a class.
const (
	transforms = "transform"
	predicts   = "predict"
	either     = "transform predict"
	within     = "within others" // of labels, not of rows: read where a classifier or a wrapper holds one
	refused    = "refused"
)

// The classes that models are made of, most used first, and what becomes of each: none is
// forgotten, and who takes one out has to say so here.
var lists = []struct{ state, classes string }{
	{either, "Pipeline"},
	{transforms, `ColumnTransformer StandardScaler OneHotEncoder SimpleImputer MinMaxScaler OrdinalEncoder FunctionTransformer`},
	{predicts, `RandomForestClassifier RandomForestRegressor DecisionTreeClassifier DecisionTreeRegressor LogisticRegression
		LogisticRegressionCV XGBClassifier XGBRegressor XGBRanker LGBMClassifier LGBMRegressor LGBMRanker LinearRegression Ridge Lasso
		ElasticNet HistGradientBoostingClassifier HistGradientBoostingRegressor GradientBoostingClassifier GradientBoostingRegressor
		CatBoostClassifier CatBoostRegressor CatBoostRanker CatBoost XGBRFClassifier XGBRFRegressor Booster`},
	{either, "RFE RFECV GridSearchCV RandomizedSearchCV HalvingGridSearchCV HalvingRandomSearchCV FrozenEstimator PMMLPipeline"},
	{within, "LabelEncoder LabelBinarizer"},

	{predicts, `ExtraTreesClassifier ExtraTreesRegressor ExtraTreeClassifier ExtraTreeRegressor CalibratedClassifierCV IsotonicRegression
		SVC SVR NuSVC NuSVR LinearSVC LinearSVR SGDClassifier SGDRegressor GaussianNB MultinomialNB BernoulliNB ComplementNB CategoricalNB
		KNeighborsClassifier KNeighborsRegressor MLPClassifier MLPRegressor IsolationForest RidgeCV LassoCV ElasticNetCV RidgeClassifier
		RidgeClassifierCV Perceptron PassiveAggressiveClassifier PassiveAggressiveRegressor`},
	{transforms, `RobustScaler MaxAbsScaler PolynomialFeatures FeatureUnion SelectKBest SelectPercentile SelectFromModel
		VarianceThreshold PCA TruncatedSVD TfidfVectorizer CountVectorizer HashingVectorizer TfidfTransformer KBinsDiscretizer
		PowerTransformer QuantileTransformer Normalizer Binarizer IncrementalPCA FastICA`},
	{refused, "MultiLabelBinarizer"},

	{predicts, `VotingClassifier VotingRegressor StackingClassifier StackingRegressor BaggingClassifier BaggingRegressor
		AdaBoostClassifier AdaBoostRegressor MultiOutputClassifier MultiOutputRegressor OneVsRestClassifier OneVsOneClassifier
		ClassifierChain RegressorChain TransformedTargetRegressor PoissonRegressor GammaRegressor TweedieRegressor HuberRegressor
		QuantileRegressor BayesianRidge QuadraticDiscriminantAnalysis DummyClassifier DummyRegressor
		GaussianMixture OneClassSVM SelfTrainingClassifier TunedThresholdClassifierCV FixedThresholdClassifier
		BalancedRandomForestClassifier BalancedBaggingClassifier EasyEnsembleClassifier RUSBoostClassifier`},
	{either, "LinearDiscriminantAnalysis KMeans MiniBatchKMeans"},
	{transforms, "TargetEncoder MissingIndicator DictVectorizer"},
	{refused, `SplineTransformer KNNImputer IterativeImputer FeatureHasher PLSRegression OutputCodeClassifier RadiusNeighborsClassifier
		GaussianProcessRegressor DBSCAN BernoulliRBM`},
}

func TestEveryClassHasAState(t *testing.T) {
	transformed, predicted := Classes()
	seen := map[string]bool{}
	for _, list := range lists {
		for _, class := range strings.Fields(list.classes) {
			if seen[class] {
				t.Errorf("%s is listed twice", class)
			}
			seen[class] = true
			is := map[bool]string{true: transforms}[slices.Contains(transformed, class)]
			if slices.Contains(predicted, class) {
				is = strings.TrimSpace(is + " " + predicts)
			}
			if list.state == refused || list.state == within {
				refuses(t, class)
			} else if is != list.state {
				t.Errorf("%s does %q, want %q", class, is, list.state)
			}
		}
	}
}

// refuses holds the reader to naming a class that it does not read.
func refuses(t *testing.T, class string) {
	t.Helper()
	o := &pickle.Object{Class: &pickle.Class{Module: "sklearn.some", Name: class}, State: &pickle.Dict{
		Keys: []pickle.Value{"_sklearn_version", "n_features_in_"}, Values: []pickle.Value{"1.9.1", int64(1)},
	}}
	_, err := Read(&pickle.File{Root: o, Format: "pickle"}, Boosters{})
	var unsupported *model.UnsupportedError
	if !errors.As(err, &unsupported) || unsupported.Class != "sklearn.some."+class {
		t.Errorf("%s: got %v, want it refused by name", class, err)
	}
}
