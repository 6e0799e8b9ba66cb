//go:build !amd64

package gather

// Available reports whether this processor has the instructions.
const Available = false

// Walk is not available.
func Walk(first *int32, shift uint8, mask int32, keys []int32, stride int, root int32, places []int32) {
	panic("gather: not available")
}
