//go:build !amd64

package bitslice

func force(bool) func() { return func() {} }
