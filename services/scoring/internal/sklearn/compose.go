package sklearn

import (
	"fmt"
	"maps"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// transformers are the classes that make a matrix out of a matrix.
var transformers map[string]func(*reader, *object, matrix) (matrix, error)

// predictors are the classes that end in raw scores and an output.
var predictors map[string]func(*reader, *object, matrix) error

func init() { // not in the declarations: pipelines refer back to the tables
	transformers = map[string]func(*reader, *object, matrix) (matrix, error){
		"Pipeline":                   (*reader).pipelineTransform,
		"ColumnTransformer":          (*reader).columnTransformer,
		"FeatureUnion":               (*reader).featureUnion,
		"SimpleImputer":              (*reader).simpleImputer,
		"StandardScaler":             (*reader).standardScaler,
		"MinMaxScaler":               (*reader).minMaxScaler,
		"OneHotEncoder":              (*reader).oneHotEncoder,
		"OrdinalEncoder":             (*reader).ordinalEncoder,
		"FunctionTransformer":        (*reader).functionTransformer,
		"RobustScaler":               (*reader).robustScaler,
		"MaxAbsScaler":               (*reader).maxAbsScaler,
		"Normalizer":                 (*reader).normalizer,
		"Binarizer":                  (*reader).binarizer,
		"PolynomialFeatures":         (*reader).polynomialFeatures,
		"VarianceThreshold":          (*reader).varianceThreshold,
		"RFE":                        (*reader).recursive,
		"RFECV":                      (*reader).recursive,
		"SequentialFeatureSelector":  (*reader).recursive,
		"SelectFromModel":            (*reader).selectFromModel,
		"KBinsDiscretizer":           (*reader).kBinsDiscretizer,
		"QuantileTransformer":        (*reader).quantileTransformer,
		"PowerTransformer":           (*reader).powerTransformer,
		"SelectKBest":                (*reader).univariate,
		"SelectPercentile":           (*reader).univariate,
		"SelectFpr":                  (*reader).univariate,
		"SelectFdr":                  (*reader).univariate,
		"SelectFwe":                  (*reader).univariate,
		"GenericUnivariateSelect":    (*reader).univariate,
		"FastICA":                    (*reader).components,
		"GaussianRandomProjection":   (*reader).components,
		"Nystroem":                   (*reader).nystroem,
		"RBFSampler":                 (*reader).rbfSampler,
		"PCA":                        (*reader).principal,
		"IncrementalPCA":             (*reader).principal,
		"TruncatedSVD":               (*reader).truncatedSVD,
		"LinearDiscriminantAnalysis": (*reader).discriminants,
		"KMeans":                     (*reader).centreDistances,
		"MiniBatchKMeans":            (*reader).centreDistances,
	}
	predictors = map[string]func(*reader, *object, matrix) error{
		"Pipeline":                       (*reader).pipelinePredict,
		"GridSearchCV":                   (*reader).search,
		"RandomizedSearchCV":             (*reader).search,
		"TransformedTargetRegressor":     (*reader).transformedTarget,
		"LinearRegression":               (*reader).linearRegression,
		"Ridge":                          (*reader).linearRegression,
		"RidgeCV":                        (*reader).linearRegression,
		"Lasso":                          (*reader).linearRegression,
		"LassoCV":                        (*reader).linearRegression,
		"ElasticNet":                     (*reader).linearRegression,
		"ElasticNetCV":                   (*reader).linearRegression,
		"LogisticRegression":             (*reader).logisticRegression,
		"LogisticRegressionCV":           (*reader).logisticRegression,
		"MultiTaskLasso":                 (*reader).linearRegression,
		"MultiTaskLassoCV":               (*reader).linearRegression,
		"MultiTaskElasticNet":            (*reader).linearRegression,
		"MultiTaskElasticNetCV":          (*reader).linearRegression,
		"Lars":                           (*reader).linearRegression,
		"LarsCV":                         (*reader).linearRegression,
		"LassoLars":                      (*reader).linearRegression,
		"LassoLarsCV":                    (*reader).linearRegression,
		"LassoLarsIC":                    (*reader).linearRegression,
		"OrthogonalMatchingPursuit":      (*reader).linearRegression,
		"OrthogonalMatchingPursuitCV":    (*reader).linearRegression,
		"BayesianRidge":                  (*reader).linearRegression,
		"ARDRegression":                  (*reader).linearRegression,
		"HuberRegressor":                 (*reader).linearRegression,
		"TheilSenRegressor":              (*reader).linearRegression,
		"QuantileRegressor":              (*reader).linearRegression,
		"SGDRegressor":                   (*reader).linearRegression,
		"PassiveAggressiveRegressor":     (*reader).linearRegression,
		"LinearSVR":                      (*reader).linearRegression,
		"IsotonicRegression":             (*reader).isotonic,
		"KNeighborsClassifier":           (*reader).nearestNeighbors,
		"KNeighborsRegressor":            (*reader).nearestNeighbors,
		"GaussianNB":                     (*reader).gaussianBayes,
		"MultinomialNB":                  (*reader).discreteBayes,
		"ComplementNB":                   (*reader).discreteBayes,
		"BernoulliNB":                    (*reader).discreteBayes,
		"CategoricalNB":                  (*reader).categoricalBayes,
		"QuadraticDiscriminantAnalysis":  (*reader).qda,
		"NearestCentroid":                (*reader).nearestCentroid,
		"KMeans":                         (*reader).kMeans,
		"MiniBatchKMeans":                (*reader).kMeans,
		"GaussianMixture":                (*reader).mixture,
		"PoissonRegressor":               (*reader).generalised,
		"GammaRegressor":                 (*reader).generalised,
		"TweedieRegressor":               (*reader).generalised,
		"RANSACRegressor":                (*reader).ransac,
		"SGDOneClassSVM":                 (*reader).oneClass,
		"LinearSVC":                      (*reader).linearClassifier,
		"RidgeClassifier":                (*reader).linearClassifier,
		"RidgeClassifierCV":              (*reader).linearClassifier,
		"Perceptron":                     (*reader).linearClassifier,
		"PassiveAggressiveClassifier":    (*reader).linearClassifier,
		"SGDClassifier":                  (*reader).sgdClassifier,
		"LinearDiscriminantAnalysis":     (*reader).lda,
		"MLPClassifier":                  (*reader).perceptrons,
		"MLPRegressor":                   (*reader).perceptrons,
		"IsolationForest":                (*reader).isolationForest,
		"KernelRidge":                    (*reader).kernelRidge,
		"SVR":                            (*reader).supportRegressor,
		"NuSVR":                          (*reader).supportRegressor,
		"OneClassSVM":                    (*reader).supportRegressor,
		"SVC":                            (*reader).supportClassifier,
		"NuSVC":                          (*reader).supportClassifier,
		"DecisionTreeRegressor":          (*reader).decisionTree,
		"DecisionTreeClassifier":         (*reader).decisionTree,
		"ExtraTreeRegressor":             (*reader).decisionTree,
		"ExtraTreeClassifier":            (*reader).decisionTree,
		"RandomForestRegressor":          (*reader).forest,
		"RandomForestClassifier":         (*reader).forest,
		"ExtraTreesRegressor":            (*reader).forest,
		"ExtraTreesClassifier":           (*reader).forest,
		"GradientBoostingRegressor":      (*reader).gradientBoosting,
		"GradientBoostingClassifier":     (*reader).gradientBoosting,
		"HistGradientBoostingRegressor":  (*reader).histGradientBoosting,
		"HistGradientBoostingClassifier": (*reader).histGradientBoosting,
		"XGBRegressor":                   (*reader).boosted,
		"XGBClassifier":                  (*reader).boosted,
		"XGBRanker":                      (*reader).boosted,
		"XGBRFRegressor":                 (*reader).boosted,
		"XGBRFClassifier":                (*reader).boosted,
		"LGBMRegressor":                  (*reader).boosted,
		"LGBMClassifier":                 (*reader).boosted,
		"LGBMRanker":                     (*reader).boosted,
		"CatBoost":                       (*reader).boosted,
		"CatBoostClassifier":             (*reader).boosted,
		"CatBoostRanker":                 (*reader).boosted,
		"CatBoostRegressor":              (*reader).boosted,
		nativeBooster:                    (*reader).boosted,
	}
	maps.Copy(transformers, compoundTransformers())
	maps.Copy(predictors, compoundPredictors())
}

// enter opens an object that takes a matrix, and counts the depth.
func (r *reader) enter(v pickle.Value, path string, in matrix) (*object, error) {
	o, err := r.open(v, path)
	if err != nil {
		return nil, err
	}
	if r.depth++; r.depth > maxDepth {
		return nil, o.wrong("objects within objects, more than %d deep", maxDepth)
	}
	if len(r.m.Outline) >= maxObjects {
		return nil, o.wrong("more than %d steps", maxObjects)
	}
	if d, ok := o.State.(*pickle.Dict); ok && len(d.Keys) > 1024 {
		return nil, o.wrong("%d attributes", len(d.Keys))
	}
	if o.has("n_features_in_") {
		if n := o.integer("n_features_in_"); o.err == nil && n != len(in.cols) {
			return nil, o.wrong("it was trained on %d columns, but gets %d", n, len(in.cols))
		}
	}
	r.m.Outline = append(r.m.Outline, model.Stage{Path: path, Class: o.name})
	return o, o.err
}

// detail adds a note for people to the object's entry in the outline.
func (o *object) detail(format string, args ...any) {
	for i := len(o.r.m.Outline) - 1; i >= 0; i-- {
		if s := &o.r.m.Outline[i]; s.Path == o.path && s.Class == o.name {
			s.Detail = fmt.Sprintf(format, args...)
			return
		}
	}
}

// transform runs a matrix through a fitted transformer.
func (r *reader) transform(v pickle.Value, path string, in matrix) (matrix, error) {
	if v == nil || v == "passthrough" {
		return in, nil
	}
	o, err := r.enter(v, path, in)
	if err != nil {
		return in, err
	}
	defer func() { r.depth-- }()
	f, ok := transformers[o.name]
	if !ok {
		return in, o.unsupported()
	}
	out, err := f(r, o, in)
	out.names = r.named(o, in, out)
	return out, err
}

// predictor ends in a fitted predictor.
func (r *reader) predictor(v pickle.Value, path string, in matrix) error {
	o, err := r.enter(v, path, in)
	if err != nil {
		return err
	}
	defer func() { r.depth-- }()
	f, ok := predictors[o.name]
	if !ok {
		return o.unsupported()
	}
	return f(r, o, in)
}

// A member is a named part of a pipeline, union or column transformer.
type member struct {
	name    string
	value   pickle.Value
	columns pickle.Value // of a column transformer
}

// members reads a list of tuples (name, object) or (name, object, columns).
func (o *object) members(attribute string, size int) []member {
	values := o.list(attribute)
	if !o.r.spend(len(values)) {
		o.err = o.wrong("attribute %s: %v", attribute, errWork)
		return nil
	}
	out := make([]member, 0, len(values))
	for _, v := range values {
		t, ok := items(v)
		if !ok || len(t) != size {
			o.fail("attribute %s is not a list of tuples of %d", attribute, size)
			return nil
		}
		m := member{value: t[1]}
		if m.name, ok = t[0].(string); !ok {
			o.fail("attribute %s: a name is a %s", attribute, typeName(t[0]))
			return nil
		}
		if size > 2 {
			m.columns = t[2]
		}
		out = append(out, m)
	}
	return out
}

func (r *reader) pipelineTransform(o *object, in matrix) (matrix, error) {
	steps := o.members("steps", 2)
	if o.err != nil {
		return in, o.err
	}
	return r.chain(o, steps, in)
}

// chain runs a matrix through one transformer after another.
func (r *reader) chain(o *object, steps []member, in matrix) (out matrix, err error) {
	for _, s := range steps {
		if sampler(s.value) {
			continue
		}
		if in, err = r.transform(s.value, join(o.path, s.name), in); err != nil {
			return in, err
		}
	}
	return in, nil
}

func (r *reader) pipelinePredict(o *object, in matrix) error {
	steps := o.members("steps", 2)
	if o.err != nil {
		return o.err
	}
	if len(steps) == 0 {
		return o.wrong("no steps")
	}
	last := steps[len(steps)-1]
	in, err := r.chain(o, steps[:len(steps)-1], in)
	if err != nil {
		return err
	}
	return r.predictor(last.value, join(o.path, last.name), in)
}

// search is a search over parameters, of which the best model is kept.
func (r *reader) search(o *object, in matrix) error {
	o.detail("the best model is served")
	best := o.value("best_estimator_")
	if o.err != nil {
		return o.err
	}
	return r.predictor(best, join(o.path, "best_estimator_"), in)
}

func (r *reader) featureUnion(o *object, in matrix) (matrix, error) {
	weights, err := o.weights()
	if err != nil {
		return in, err
	}
	var parts []matrix
	var by []string
	sparse := false
	for _, m := range o.members("transformer_list", 2) {
		if m.value == nil || m.value == "drop" {
			continue
		}
		part, err := r.transform(m.value, join(o.path, m.name), in)
		if err != nil {
			return in, err
		}
		if part, err = r.weigh(o, part, weights[m.name]); err != nil {
			return in, err
		}
		sparse = sparse || part.sparse
		parts, by = append(parts, part), append(by, m.name)
	}
	out := hstack(parts)
	out.sparse, out.names = sparse, o.together(parts, by)
	return out, o.err
}

// weights reads transformer_weights: name to factor.
func (o *object) weights() (map[string]float64, error) {
	v, ok := o.attr("transformer_weights")
	if !ok || v == nil {
		return nil, nil
	}
	d, ok := v.(*pickle.Dict)
	if !ok {
		return nil, o.wrong("attribute transformer_weights is a %s", typeName(v))
	}
	out := make(map[string]float64, len(d.Keys))
	for i, k := range d.Keys {
		name, isName := k.(string)
		x, isNumber := number(d.Values[i])
		if !isName || !isNumber {
			return nil, o.wrong("attribute transformer_weights maps a %s to a %s", typeName(k), typeName(d.Values[i]))
		}
		if x == 0 {
			return nil, o.refuse("a transformer_weights of 0", "weights other than 0")
		}
		out[name] = x
	}
	return out, nil
}

// weigh multiplies a part of a union by its weight; 0 stands for none.
func (r *reader) weigh(o *object, part matrix, weight float64) (matrix, error) {
	if weight == 0 || weight == 1 {
		return part, nil
	}
	if err := r.arithmetic(o, part); err != nil {
		return part, err
	}
	part.elem = wide
	return r.each(o, part, func(_ int, in, out model.Column) model.Step {
		return model.Affine{In: in, Out: out, Scale: weight}
	})
}
