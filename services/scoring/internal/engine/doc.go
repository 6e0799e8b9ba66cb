// Package engine turns a validated model into a predictor: immutable, safe for
// concurrent use, and without allocations once its scratch is warm.
//
// A predictor works on blocks of rows. Within a block every column of numbers is
// a run of float64. A string becomes its class on entry, by one vocabulary a
// feature, so that nothing after that knows strings: what a step makes of it is
// an entry in a table. Steps are loops over columns, one after another; checks
// that cannot fail are left out, and so are one-hot columns that only trees
// read (see hotColumn). The estimator is an interface, behind which kernels are
// chosen by what a model's trees need.
//
// All sums are made in the order and precision that the model states, and every
// product that is then added to something is rounded first: written
// float64(x*y) + z, because Go may fuse the plain form on some processors.
package engine
