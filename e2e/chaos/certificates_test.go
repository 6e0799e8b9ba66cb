//go:build chaos && linux

package chaos

type authority struct{}
