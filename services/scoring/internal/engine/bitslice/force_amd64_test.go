package bitslice

// force chooses between Go and assembly, and returns what undoes it.
func force(inGo bool) func() {
	before := portable
	portable = inGo
	return func() { portable = before }
}
