package httpapi

import (
	"net/http"

	"google.golang.org/grpc/metadata"

	"github.com/treehouse-ml/treehouse/services/internal/access"
	"github.com/treehouse-ml/treehouse/services/internal/policy"
)

// A need is what a route asks of its callers. The zero need nobody fulfils.
type need struct {
	public bool          // for everybody, without a credential
	action policy.Action // on the model in the path,
	some   bool          // or on any
}

// What routes need. Probes and what this project publishes are for everybody;
// lists are for who may know of some model, and predict names only those.
var (
	public   = need{public: true}
	predicts = need{action: policy.Predict}
	reads    = need{action: policy.Metadata}
	lists    = need{action: policy.Metadata, some: true}
	loads    = need{action: policy.Load}
)

// challenge is what an answer of 401 has to say.
var challenge = []string{`Bearer realm="treehouse"`}

var errCredential = &Error{Status: http.StatusUnauthorized, Code: "unauthenticated", Message: "the credential is not valid"}

// passOn has the call carry the caller's own credential to predict, which
// decides. The gateway does not vouch for anybody. Routes for everybody need
// none.
func (c *call) passOn(md metadata.MD) error {
	if c.route.need.public {
		return nil
	}
	values := c.r.Header["Authorization"]
	for _, v := range values {
		for i := range len(v) {
			if v[i] < ' ' || v[i] > '~' { // gRPC would refuse it as an error of ours
				return errCredential
			}
		}
	}
	if len(values) > 0 {
		md[access.Authorization] = values
	}
	return nil
}

// permit refuses early what predict would refuse, before the body is read.
func (s *Server) permit(c *call) error {
	n := c.route.need
	if s.o.Guard == nil || n.public {
		return nil
	}
	caller, err := s.o.Guard.Authenticate(c.ctx, c.r.Header["Authorization"])
	if err != nil {
		return err
	}
	c.caller = caller
	model := c.model
	if c.route.path == "/predict" {
		model = s.o.DefaultModel // without one, predict knows which
	}
	if n.some || model == "" {
		return s.o.Guard.AuthorizeSome(c.ctx, caller, n.action)
	}
	return s.o.Guard.Authorize(c.ctx, caller, n.action, model)
}
