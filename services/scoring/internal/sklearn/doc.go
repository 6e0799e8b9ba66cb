// Package sklearn reads fitted scikit-learn objects: from the values of a
// pickle to the model that the engine runs.
//
// Classes are known by name, because modules move between versions, and their
// attributes are read by name and type. A parameter that changes numbers is
// either followed exactly, as the source of the version that wrote the file
// has it, or refused with its name; nothing is guessed. What the original
// refuses at prediction (NaN, infinity, an unknown category) becomes a step
// that refuses it here.
//
// Two errors come out: a [model.UnsupportedError] names a class or parameter
// and its place, a [model.FormatError] says what is wrong with an object.
package sklearn
