package access

import (
	"errors"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/treehouse-ml/treehouse/services/internal/auth"
	"github.com/treehouse-ml/treehouse/services/internal/policy"
)

// errMissing says that a caller shows nothing.
var errMissing = errors.New("missing")

// The answers to those who are not let in, made once: a flood of them costs
// little. None tells which models there are.
var (
	missing     = answer(codes.Unauthenticated, "UNAUTHENTICATED", "no credential; expected authorization: Bearer, and an API key or a token")
	invalid     = answer(codes.Unauthenticated, "UNAUTHENTICATED", "the credential is not valid")
	expired     = answer(codes.Unauthenticated, "UNAUTHENTICATED", "the credential has expired")
	unavailable = answer(codes.Unavailable, "ISSUER_UNAVAILABLE", "the token cannot be checked at this time")
	forbidden   = func() (all [policy.Actions]error) {
		for a := range all {
			all[a] = answer(codes.PermissionDenied, "PERMISSION_DENIED", "the caller is not allowed to do this with this model: "+policy.Action(a).String())
		}
		return all
	}()
)

func answer(code codes.Code, reason, message string) error {
	st := status.New(code, message)
	detailed, err := st.WithDetails(&errdetails.ErrorInfo{Reason: reason, Domain: "treehouse.dev"})
	if err != nil { // never: the texts are ours
		return st.Err()
	}
	return detailed.Err()
}

// refusal is what a caller is told who was not recognised. That a credential
// has expired only its owner learns.
func refusal(err error) error {
	switch {
	case errors.Is(err, errMissing):
		return missing
	case errors.Is(err, auth.ErrExpired):
		return expired
	case errors.Is(err, auth.ErrUnavailable):
		return unavailable
	}
	return invalid
}
