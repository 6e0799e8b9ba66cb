// Package scoring reads trained machine-learning models, as the training
// library wrote them, and computes their predictions in Go: the same numbers,
// without Python.
package scoring
