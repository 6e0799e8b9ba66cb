// Package catboost reads CatBoost's models, cbm and JSON, and states in the
// model what the library leaves implicit. It was held to CatBoost 1.2 to
// 1.2.10 by their own raw scores, bit for bit (goldens of package scoring).
//
// What it follows, with the place in CatBoost's source:
//
//   - A numeric feature is float32, and a row goes right where it is above the
//     border. NaN is above nothing, unless training met some and nan_mode was
//     Max: then it is above every border (catboost/libs/model/cpu/
//     quantization.h). Prediction refuses none, not with nan_mode Forbidden.
//   - An oblivious tree asks one split a level; the answer to split i is bit i
//     of the leaf's number (cpu/evaluator_impl.cpp). Other trees are nodes that
//     say how many nodes further on their children are; 0 is a leaf.
//   - Leaves are float64 and added tree after tree from 0, one row at a time or
//     many; then comes scale times the sum, plus the bias.
//   - Splits are numbered: first the borders of numeric features, then the
//     categories of one-hot features, then the borders of CTR features.
//   - A category is the low half of CityHash64 of its text, as a signed number;
//     integers are their decimal digits. A missing category is refused, by the
//     Python package (_catboost.pyx).
//   - A CTR feature is a value looked up by a key, which is made of the hashes
//     of several categorical features and of the answers of splits, in that
//     order, by multiplication (libs/model/hash.h, ctr_provider.h). The value
//     is ((good+prior)/(total+denominator)+shift)*scale, each operation in
//     float32, and of an unseen key that of nothing counted, of a counter its
//     denominator (static_ctr_provider.cpp, online_ctr.h). Values are computed
//     when the model is read.
//   - CatBoostClassifier says yes where the score is above 0, or the logit of
//     a probability threshold, and else the first class with the greatest score;
//     CatBoostRegressor takes the exponential of Poisson and Tweedie, and of
//     RMSEWithUncertainty gives mean and variance. A file says nothing of a
//     class: it predicts as the one that CatBoost has for its loss. Several
//     labels (MultiLogloss) are a regression of zeros and ones.
//   - JSON numbers are read as CatBoost reads them, which is not to the last
//     bit, and of the sums of a target mean only whole ones, others as 0.
//
// While a file is read, the process takes some six times the size of a cbm
// file (of 1,024,000 leaves), three times that of JSON; a hostile file makes it
// take no more than a small multiple of that (flat.go).
//
// Refused by name: text, embedding and estimated features, parts of a model
// that are unknown.
package catboost
