package httpapi

import (
	"net/textproto"

	"github.com/treehouse-ml/treehouse/services/internal/quota"
)

// limitHeaders are predict's metadata about the caller's limits, and the headers
// that tell it.
var limitHeaders = func() (all [][2]string) {
	for _, name := range []string{quota.LimitHeader, quota.RemainingHeader, quota.ResetHeader, quota.PolicyHeader} {
		all = append(all, [2]string{name, textproto.CanonicalMIMEHeaderKey(name)})
	}
	return all
}()

// tellLimits passes on what predict says is left of the caller's limits, with
// an answer or with an error.
func (c *call) tellLimits() {
	if len(c.header[quota.PolicyHeader]) == 0 {
		return
	}
	header := c.w.Header()
	for _, h := range limitHeaders {
		header[h[1]] = c.header[h[0]]
	}
}
