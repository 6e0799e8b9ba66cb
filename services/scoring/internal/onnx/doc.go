// Package onnx reads ONNX files of tabular models, as skl2onnx, onnxmltools
// and CatBoost write them, and gives them the meaning that ONNX Runtime gives
// them on one thread.
//
// A file is a protobuf message: a graph of operators over tensors. The reader
// follows the graph with symbolic tensors. One axis of such a tensor may be the
// rows; its other elements are constants or columns of the model, so that every
// operator becomes steps over columns, and shapes and element types are known
// when the file is read. Constants are folded.
//
// What the last tree ensemble or linear operator says becomes the model's
// estimator, where nothing but a label and its scores follows. An ensemble or a
// linear operator elsewhere is a step.
//
// Sources: onnx/onnx (onnx.proto, docs/Operators.md, docs/Operators-ml.md) for
// the format; microsoft/onnxruntime, core/providers/cpu/ml, for what operators
// compute where the specification leaves it open:
//   - Sums of trees begin at 0, in the type of the thresholds, in the order of
//     the trees; base values come last. With several threads the order differs.
//   - A tree classifier of two labels with weights of one class: the label is the
//     second where the sum is above 0.5, if no weight is negative, else above 0;
//     the scores are 1-s and s, or -s and s, or with LOGISTIC
//     (since 1.2x also where no weight is negative) the logistic of -s and s.
//   - With weights of both classes the label is the second where its sum is
//     above 0; integer labels are then 0 and 1, whatever the operator lists.
//   - TreeEnsemble numbers post transforms as no version of the specification does, and
//     cuts a value to an integer before it looks for it in a set, unless all of the
//     set is in 0 to 30.
//   - A regression of one target ignores every post transform but PROBIT.
package onnx
