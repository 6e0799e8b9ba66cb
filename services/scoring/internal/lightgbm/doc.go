// Package lightgbm reads LightGBM's text models (v2, v3, v4) and states in the
// model what the library leaves implicit. It was held to LightGBM 3.3, 4.0, 4.5
// and 4.7 by their own raw scores, bit for bit (testdata/make.py), and to 2.2 and
// 3.1 by the goldens of package scoring.
//
// What it follows, with the place in LightGBM's source:
//
//   - Everything is float64. A row goes left where x <= threshold
//     (include/LightGBM/tree.h, NumericalDecision). decision_type has bit 0
//     categorical, bit 1 default left, bits 2 and 3 what is missing: nothing
//     (NaN counts as 0), zero (NaN too), or NaN.
//   - Zero is |x| ≤ 1e-35f. Such values reach a tree as 0 (src/c_api.cpp), so
//     thresholds within that range are moved to its edge, where they decide
//     the same. Those of a sparse matrix reach it as they are: training puts
//     the threshold next to zero at -1e-35f itself.
//   - A categorical split casts to int, sends its categories left and everything
//     else, NaN too, right (CategoricalDecision): -0.5 is category 0, and what
//     an int does not hold is none.
//   - Scores start at 0 and add tree after tree, round by round
//     (src/boosting/gbdt_prediction.cpp, PredictRaw). Leaf values hold the
//     shrinkage and, in the first round, the average that training started
//     from. A random forest (average_output) divides by the rounds; its
//     raw_score is not divided, and is not offered.
//   - A linear leaf is its constant and the products with its features in order;
//     if one of them is NaN, the leaf's plain value counts (Tree::Predict).
//   - Links are ConvertOutput of src/objective/*.hpp. "sqrt" after an objective
//     of the regression family squares, with the sign kept.
//   - The Python package turns pandas categoricals into codes and adds their
//     categories after the model (python-package/lightgbm/basic.py). Such a
//     column takes the categories themselves; one that is not known is missing.
//     Before 4.0 it also rounds a data frame to float32 where columns of bools
//     or integers only make it convert; the text does not tell, and numbers are
//     taken as they are here.
//
// The text holds neither the library's version nor best_iteration; a Booster
// that was saved after early stopping holds only the trees to use.
//
// Refused by name: unknown objectives, quantile with reg_sqrt (LightGBM itself
// squares before saving and does not after loading), ordered pandas
// categoricals and categorical features beside the pandas ones (the text does
// not tell which columns they are).
package lightgbm
