// Package engine turns a validated model into a predictor: immutable, safe for
// concurrent use, and without allocations once its scratch is warm.
//
// A predictor works on blocks of rows. Within a block every column is a run of
// float64; a column of strings becomes numbers on entry, by one vocabulary a
// feature, so that nothing after that knows strings. Steps are loops over
// columns, one after another. The estimator is an interface with one method,
// behind which kernels are chosen by what a model's trees need.
//
// All sums are made in the order and precision that the model states, and every
// product that is then added to something is rounded first: written
// float64(x*y) + z, because Go may fuse the plain form on some processors.
package engine
