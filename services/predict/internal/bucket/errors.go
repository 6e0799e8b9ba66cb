package bucket

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"gocloud.dev/gcerrors"

	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
)

// explain tells what went wrong with a bucket, prefix or object, in words that
// say what to do and never what could be a secret. Whatever it is, it may be
// put right without a change here: another attempt may succeed.
func explain(err error, what string) error {
	return &store.UnavailableError{Err: fmt.Errorf("%s: %s", what, reason(err))}
}

// reasons explains the codes of S3's errors.
var reasons = map[string]string{
	"NoSuchBucket":                 "no such bucket",
	"NoSuchKey":                    "no such object",
	"NotFound":                     "no such bucket or object",
	"NoSuchVersion":                "no such object version",
	"AccessDenied":                 denied,
	"Forbidden":                    denied,
	"AllAccessDisabled":            denied,
	"InvalidAccessKeyId":           "the credentials of the environment are not accepted",
	"SignatureDoesNotMatch":        "the credentials of the environment are not accepted",
	"InvalidToken":                 "the credentials of the environment are not accepted",
	"ExpiredToken":                 "the credentials of the environment have expired",
	"RequestTimeTooSkewed":         "this machine's clock is wrong",
	"PermanentRedirect":            elsewhere,
	"AuthorizationHeaderMalformed": elsewhere,
	"PreconditionFailed":           "it changed while it was being read",
}

const (
	denied    = "access denied: the policy of this process's identity does not allow it"
	elsewhere = "the bucket is in another region; expected its region in the URL, ?region=…"
	nobody    = "the environment has no credentials that can be used"
)

func reason(err error) string {
	var api smithy.APIError
	var network *net.OpError
	var request *url.Error
	var response *awshttp.ResponseError
	text := err.Error()
	switch {
	case errors.As(err, &api) && reasons[api.ErrorCode()] != "":
		return fmt.Sprintf("%s (%s)", reasons[api.ErrorCode()], api.ErrorCode())
	case errors.As(err, &api) && api.ErrorCode() == "InvalidArgument" && strings.Contains(api.ErrorMessage(), "version id"):
		return "no such object version (" + api.ErrorMessage() + ")"
	case strings.Contains(text, "get credentials: ") || strings.Contains(text, "could not find default credentials"):
		return nobody + hint(text, "get credentials: ")
	case strings.Contains(text, "resolve endpoint: ") && strings.Contains(text, "egion"):
		return "the region is not known; expected it in the URL, ?region=…, or in the environment, AWS_REGION"
	case errors.As(err, &api) && api.ErrorMessage() != "":
		return redact(fmt.Sprintf("%s (%s)", api.ErrorMessage(), api.ErrorCode()))
	case errors.As(err, &network):
		return "the store cannot be reached: " + network.Error()
	case errors.As(err, &request):
		return "the store cannot be reached: " + redact(request.Err.Error()) // its URL may be signed
	case errors.As(err, &response) && response.HTTPStatusCode() == http.StatusForbidden:
		return denied
	}
	switch gcerrors.Code(err) {
	case gcerrors.NotFound:
		return "no such bucket or object"
	case gcerrors.PermissionDenied:
		return denied
	}
	return redact(text)
}

// hint is what follows a mark in an error's text.
func hint(text, mark string) string {
	if _, after, ok := strings.Cut(text, mark); ok {
		return ": " + redact(after)
	}
	return ""
}

// secrets are parameters of signed URLs.
var secrets = regexp.MustCompile(`(?i)\b(sig|signature|[a-z-]*token|[a-z-]*key|[a-z-]*credential|x-[a-z]+-signature|assertion|password|secret)=[^&\s"']+`)

func redact(text string) string { return secrets.ReplaceAllString(text, "$1=…") }
