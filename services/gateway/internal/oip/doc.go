// Package oip translates the REST form of the Open Inference Protocol ("V2")
// to its gRPC messages and back: JSON tensors, flat or nested, and binary
// tensors behind the JSON. Requests leave here with raw contents only, so that
// the answers come raw, too. Nothing is rounded on the way: integers are read
// as integers, and FP32 is rounded once.
//
// A null in the data is a missing value: NaN where the datatype is a floating
// one, else a row of the input's parameter "missing", which predict knows. NaN
// and Infinity are no JSON, but Python's encoders write them, and tensors of
// floating numbers may hold them.
package oip
