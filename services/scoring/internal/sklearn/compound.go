package sklearn

// compoundPredictors are those that are made of other predictors, or of none.
func compoundPredictors() map[string]func(*reader, *object, matrix) error {
	return map[string]func(*reader, *object, matrix) error{
		"VotingRegressor":                (*reader).votingRegressor,
		"VotingClassifier":               (*reader).votingClassifier,
		"StackingRegressor":              (*reader).stacking,
		"StackingClassifier":             (*reader).stacking,
		"BaggingRegressor":               (*reader).baggingRegressor,
		"BaggingClassifier":              (*reader).baggingClassifier,
		"AdaBoostRegressor":              (*reader).adaBoostRegressor,
		"AdaBoostClassifier":             (*reader).adaBoostClassifier,
		"CalibratedClassifierCV":         (*reader).calibrated,
		"SelfTrainingClassifier":         (*reader).selfTraining,
		"OneVsRestClassifier":            (*reader).oneVersusRest,
		"OneVsOneClassifier":             (*reader).oneVersusOne,
		"MultiOutputRegressor":           (*reader).multiOutput,
		"MultiOutputClassifier":          (*reader).multiOutputClassifier,
		"RegressorChain":                 (*reader).regressorChain,
		"ClassifierChain":                (*reader).classifierChain,
		"RFE":                            (*reader).recursivePredict,
		"RFECV":                          (*reader).recursivePredict,
		"PMMLPipeline":                   (*reader).pipelinePredict,
		"BalancedBaggingClassifier":      (*reader).baggingClassifier,
		"BalancedRandomForestClassifier": (*reader).forest,
		"EasyEnsembleClassifier":         (*reader).baggingClassifier,
		"RUSBoostClassifier":             (*reader).adaBoostClassifier,
		"FixedThresholdClassifier":       (*reader).threshold,
		"TunedThresholdClassifierCV":     (*reader).threshold,
		"DummyRegressor":                 (*reader).dummyRegressor,
		"DummyClassifier":                (*reader).dummyClassifier,
		"FrozenEstimator":                (*reader).frozen,
		"HalvingGridSearchCV":            (*reader).search,
		"HalvingRandomSearchCV":          (*reader).search,
	}
}

// compoundTransformers are those that refer to other objects, or came with them.
func compoundTransformers() map[string]func(*reader, *object, matrix) (matrix, error) {
	return map[string]func(*reader, *object, matrix) (matrix, error){
		"FrozenEstimator":       (*reader).frozenTransform,
		"GridSearchCV":          (*reader).searchTransform,
		"RandomizedSearchCV":    (*reader).searchTransform,
		"HalvingGridSearchCV":   (*reader).searchTransform,
		"HalvingRandomSearchCV": (*reader).searchTransform,
		"MissingIndicator":      (*reader).missingIndicator,
		"PMMLPipeline":          (*reader).pipelineTransform,
		"DictVectorizer":        (*reader).dictVectorizer,
		"TargetEncoder":         (*reader).targetEncoder,
		"CountVectorizer":       (*reader).countVectorizer,
		"TfidfVectorizer":       (*reader).tfidfVectorizer,
		"HashingVectorizer":     (*reader).hashingVectorizer,
		"TfidfTransformer":      (*reader).tfidfTransformer,
	}
}

// holder is the attribute with the object that the input of another goes to, where
// that does not say itself how many columns it has.
func (o *object) holder() (string, bool) {
	if o.has("n_features_in_") {
		return "", false
	}
	for _, name := range [...]string{"calibrated_classifiers_", "estimators_", "estimator_", "estimator", "base_estimator"} {
		switch o.name {
		case "CalibratedClassifierCV", "_CalibratedClassifier": // of texts
			if o.has(name) && (o.name == "_CalibratedClassifier") == (name != "calibrated_classifiers_") {
				return name, true
			}
		case "ClassifierChain", "RegressorChain", "VotingRegressor", "VotingClassifier", "StackingRegressor", "StackingClassifier", "MultiOutputRegressor", "MultiOutputClassifier",
			"OneVsRestClassifier", "OneVsOneClassifier", "FrozenEstimator", "FixedThresholdClassifier", "TunedThresholdClassifierCV":
			if o.has(name) {
				return name, true
			}
		}
	}
	return "", false
}

// frozen is a predictor that is not trained again.
func (r *reader) frozen(o *object, in matrix) error {
	return r.predictor(o.value("estimator"), join(o.path, "estimator"), in)
}

func (r *reader) frozenTransform(o *object, in matrix) (matrix, error) {
	return r.transform(o.value("estimator"), join(o.path, "estimator"), in)
}

// selfTraining is a classifier that was trained on what it labelled itself, too.
func (r *reader) selfTraining(o *object, in matrix) error {
	attribute := "estimator_"
	if !o.has(attribute) { // before 1.6
		attribute = "base_estimator_"
	}
	return r.predictor(o.value(attribute), join(o.path, attribute), in)
}
