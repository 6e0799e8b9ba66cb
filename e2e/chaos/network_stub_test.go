//go:build chaos && linux

package chaos

type network struct{ hosts []host }

func (n *network) address(i int) string { return "" }
func (n *network) port() int            { return 0 }

type authority struct{}
