// Package scoring reads trained machine-learning models, as the training
// library wrote them, and computes their predictions in Go: the same numbers,
// without Python.
//
// [Open] reads a file of scikit-learn, XGBoost or LightGBM and tells the
// formats apart by content. A pickle is read as data: nothing in it is
// executed, and whatever a model cannot be followed exactly in is refused with
// its name. [Model.Predict] scores a batch of rows, given as columns. Raw
// scores of tree ensembles equal the original's bit for bit; where functions
// such as exp or sums of products come in, a stated tolerance holds
// (tolerances.go). [Model.Certify] proves it for one model, with rows that the
// training library itself computed.
//
// What the original refuses (an unknown category, a missing value that nothing
// imputes, infinity) is an error here, never a number.
package scoring
