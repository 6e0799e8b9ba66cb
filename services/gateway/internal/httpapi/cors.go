package httpapi

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rs/cors"
)

// ParseOrigins reads a list of origins, with commas between them. Each is
// exact, as browsers send it: scheme, host, and a port where it is not the
// scheme's own.
func ParseOrigins(s string) (origins []string, err error) {
	for origin := range strings.SplitSeq(s, ",") {
		origin = strings.TrimSpace(origin)
		if origin == "" {
			continue
		}
		u, err := url.Parse(origin)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || strings.Contains(u.Host, "*") || origin != strings.ToLower(u.Scheme+"://"+u.Host) {
			return nil, fmt.Errorf("cors-origins has %q; expected exact origins such as https://app.example.com, in lower case, without a path or *", origin)
		}
		if (u.Scheme == "https" && u.Port() == "443") || (u.Scheme == "http" && u.Port() == "80") {
			return nil, fmt.Errorf("cors-origins has %q; expected no port where it is the scheme's own: browsers leave it out", origin)
		}
		origins = append(origins, origin)
	}
	return origins, nil
}

// origins are the pages of other origins that a browser lets in. Without any, a
// page of another origin reads nothing, and changes nothing either.
type origins struct {
	cors  *cors.Cors // nil: none
	cross *http.CrossOriginProtection
}

func newOrigins(all []string) (*origins, error) {
	o := &origins{cross: http.NewCrossOriginProtection()}
	for _, origin := range all {
		if err := o.cross.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	if len(all) > 0 {
		o.cors = cors.New(cors.Options{
			AllowedOrigins: slices.Clone(all),
			AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost},
			AllowedHeaders: []string{"Accept", "Authorization", "Content-Encoding", "Content-Type", "If-None-Match", "Inference-Header-Content-Length",
				requestIDHeader, "X-Request-Timeout", "Traceparent", "Tracestate"},
			ExposedHeaders: []string{requestIDHeader, predictionHeader, "Inference-Header-Content-Length", "Etag", "Retry-After", "WWW-Authenticate",
				"RateLimit", "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"},
			MaxAge: int((10 * time.Minute).Seconds()),
			// Credentials are a header that a page sets, not what a browser adds by
			// itself: cookies and certificates stay out.
			AllowCredentials:     false,
			OptionsSuccessStatus: http.StatusNoContent,
		})
	}
	return o, nil
}

var errCrossOrigin = &Error{Status: http.StatusForbidden, Code: "cross_origin", Message: "pages of this origin may not call; the server's operator lists those that may"}

// preflight answers the question of a browser whether a page may call, before
// anybody is asked for a credential, which browsers do not send with it. Of all
// other requests it only marks the answer.
func (o *origins) preflight(c *call) (answered bool) {
	if o.cors == nil {
		return false
	}
	if c.r.Method == http.MethodOptions && c.r.Header.Get("Access-Control-Request-Method") != "" {
		c.status = http.StatusNoContent
		answered = true
	}
	o.cors.HandlerFunc(c.w, c.r)
	return answered
}

// check refuses what a browser sends for a page of an origin that may not call.
// A page needs no permission to send a simple request, only to read the answer:
// where nobody is asked who they are, it could load and unload models.
func (o *origins) check(r *http.Request) error {
	if o.cross.Check(r) != nil {
		return errCrossOrigin
	}
	return nil
}
