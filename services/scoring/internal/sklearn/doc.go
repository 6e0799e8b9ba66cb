// Package sklearn reads fitted scikit-learn objects: from the values of a
// pickle to the model that the engine runs.
//
// Classes are known by name, because modules move between versions, and their
// attributes are read by name and type. A parameter that changes numbers is
// either followed exactly or refused with its name; nothing is guessed. What
// the original refuses at prediction (NaN, infinity, an unknown category)
// becomes a step that refuses it here.
package sklearn
