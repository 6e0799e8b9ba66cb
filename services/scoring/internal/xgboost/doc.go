// Package xgboost reads XGBoost's models, JSON, UBJSON and the binary format of
// before, and states in the model what the library leaves implicit. It was held
// to XGBoost 1.5, 1.6, 1.7, 2.0, 2.1, 3.0, 3.1 and 3.2 by their own margins, bit
// for bit (testdata/make.py), and to 0.90, 1.0, 1.2, 1.3, 1.4, 3.3 and 3.4 by the
// goldens of package scoring.
//
// What it follows, with the place in XGBoost's source:
//
//   - Everything is float32: inputs, thresholds, leaves, sums. A row goes left
//     where x < threshold, and NaN goes where default_left says. The right child
//     is the one after the left (src/predictor/predict_fn.h, GetNextNode).
//   - A categorical split sends its categories right, all others left
//     (src/common/categorical.h, Decision). For what is no category at all the
//     rule has changed: 1.5 truncates before it looks at the sign, 1.6 sends
//     it the way of missing values, 1.7 and later send it left.
//   - Sums start at the base score and add tree after tree
//     (src/predictor/cpu_predictor.cc). The base score is stored before the
//     objective's link: a probability for logistic objectives, a mean for
//     those with an exponential (src/objective, ProbToMargin). Until 3.0 it is
//     one number, "5E-1"; from 3.1 on one for each score, "[5E-1]"; 3.2 keeps
//     probabilities from 0 and 1. The logarithm is the C library's, see logf.
//   - DART multiplies leaves by the trees' weights, rounded as the path that
//     predicts rounds (src/gbm/gbtree.cc, class Dart): Booster.predict adds
//     leaf·w; the wrappers, which predict in place, ((base+leaf)-base)·w.
//   - gblinear starts at bias + base, goes through the features in order and
//     skips missing ones (src/gbm/gblinear.cc, Pred).
//   - Trees with a value for every score keep them in base_weights (2.x) or,
//     found by the right child of the leaf, in leaf_weights (3.1;
//     src/tree/multi_target_tree_model.cc).
//   - Booster.predict uses all trees; a wrapper those up to best_iteration
//     (python-package/xgboost/sklearn.py, _get_iteration_range), counted by
//     iteration_indptr or by num_parallel_tree times scores.
//   - Booster.predict refuses infinite values, also those that overflow float32
//     (src/data/data.cc); the wrappers do not, except with gblinear. Before 1.4
//     nothing refuses them.
//   - Before 1.3, with dart before 1.4, sums start at 0, and the base is added
//     last. Before 1.0 a file holds the base as a raw score, no version, and
//     its binary format alone; a pickled Booster, features' names beside it.
//   - From 3.1 on a model keeps the categories of a data frame's columns
//     (src/data/cat_container.cc). Such a column takes the categories
//     themselves. One that training has not seen is refused; but 3.1 and 3.2 take
//     a string for the next category in order, where there is one
//     (src/encoder/ordinal.h). Older models take the codes.
//
// A file that a wrapper saved (its attribute scikit_learn) predicts as that
// wrapper: XGBClassifier gives classes.
//
// Refused by name: objectives without a known transform, a missing value other
// than NaN, multi-label classifiers, categories named outside ASCII (the Python
// package cuts them in the wrong places), dart before 1.0, whose predict leaves
// trees out at random.
package xgboost
