package bucket

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
)

// The client of S3 is the real one in these tests; the server answers as the
// documentation of S3's errors says. What a real store does is for
// scripts/object-store.

const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

// The environment is set for all tests: those that wait for S3's client to try
// again do so side by side.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": "us-west-2"} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func connect(t *testing.T, endpoint string) *Bucket {
	t.Helper()
	l, err := Parse("s3://models/team?use_path_style=true&endpoint=" + endpoint)
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(l, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func serve(t *testing.T, handler http.HandlerFunc) *Bucket {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return connect(t, server.URL)
}

func failure(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `<?xml version="1.0"?><Error><Code>%s</Code><Message>%s</Message><AWSAccessKeyId>AKIAIOSFODNN7EXAMPLE</AWSAccessKeyId></Error>`, code, message)
}

func list(w http.ResponseWriter, key string, size int) {
	w.Header().Set("Content-Type", "application/xml")
	_, _ = fmt.Fprintf(w, `<?xml version="1.0"?><ListBucketResult><Name>models</Name><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated>
<Contents><Key>%s</Key><LastModified>2026-11-21T10:00:00.000Z</LastModified><ETag>"abc-2"</ETag><Size>%d</Size></Contents></ListBucketResult>`, key, size)
}

// Each way in which a store refuses is told in words that help, with the
// bucket and never with a credential.
func TestS3Errors(t *testing.T) {
	tests := []struct {
		status  int
		code    string
		message string
		want    string
	}{
		{404, "NoSuchBucket", "The specified bucket does not exist", "s3://models/team: no such bucket (NoSuchBucket)"},
		{403, "AccessDenied", "User: arn:aws:iam::1:user/x is not authorized", "s3://models/team: access denied: the policy of this process's identity does not allow it (AccessDenied)"},
		{403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", "the credentials of the environment are not accepted (InvalidAccessKeyId)"},
		{403, "SignatureDoesNotMatch", "Check your key", "the credentials of the environment are not accepted (SignatureDoesNotMatch)"},
		{400, "ExpiredToken", "The provided token has expired.", "the credentials of the environment have expired (ExpiredToken)"},
		{301, "PermanentRedirect", "Use the other endpoint", "the bucket is in another region; expected its region in the URL, ?region=…"},
		{400, "AuthorizationHeaderMalformed", "expecting 'eu-west-1'", "the bucket is in another region"},
		{503, "SlowDown", "Please reduce your request rate.", "Please reduce your request rate. (SlowDown)"},
		{500, "InternalError", "We encountered an internal error.", "We encountered an internal error. (InternalError)"},
		{400, "Whatever", "see https://h/p?X-Amz-Security-Token=hush&amp;a=1", "X-Amz-Security-Token=…&a=1 (Whatever)"},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			b := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				requests.Add(1)
				failure(w, tt.status, tt.code, tt.message)
			})
			_, err := b.Scan(t.Context(), nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Scan = %v, want %q", err, tt.want)
			}
			for _, hush := range []string{secret, "AKIAIOSFODNN7EXAMPLE", "hush"} {
				if err != nil && strings.Contains(err.Error(), hush) {
					t.Errorf("the error tells a credential: %v", err)
				}
			}
			if n := requests.Load(); tt.status >= 500 && n != 3 || tt.status < 500 && n != 1 {
				t.Errorf("%d attempts of status %d", n, tt.status)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	_, err = connect(t, "http://"+closed.Addr().String()).Scan(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "s3://models/team: the store cannot be reached: dial tcp "+closed.Addr().String()) {
		t.Errorf("nobody listens: %v", err)
	}
}

// A connection that ends before the answer, or in its middle, is an error: what
// was not listed is not gone.
func TestListingCutShort(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing":    "",
		"a head":     "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 1000\r\n\r\n",
		"half of it": "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 1000\r\n\r\n<?xml version=\"1.0\"?><ListBucketResult>",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.WriteString(conn, answer)
				_ = conn.Close()
			})
			if listing, err := b.Scan(t.Context(), nil); err == nil {
				t.Errorf("found %d versions and no error", len(listing.Versions))
			}
		})
	}
}

func TestNoSuchHost(t *testing.T) {
	t.Parallel()
	_, err := connect(t, "http://store.invalid").Scan(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "the store cannot be reached: dial tcp: lookup store.invalid") {
		t.Errorf("no such host: %v", err)
	}
}

func TestNoCredentialsAndNoRegion(t *testing.T) {
	for _, v := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"} {
		t.Setenv(v, "")
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	anywhere, err := New(Location{url: "s3://models", bucket: "s3://models"}, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := anywhere.Scan(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "the region is not known; expected it in the URL, ?region=…, or in the environment, AWS_REGION") {
		t.Errorf("without a region: %v", err)
	}
	t.Setenv("AWS_REGION", "us-west-2")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	if _, err := connect(t, server.URL).Scan(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "the environment has no credentials that can be used") {
		t.Errorf("without credentials: %v", err)
	}
}

// A store that keeps silent is given up, in the listing and in the middle of a
// download.
func TestSilence(t *testing.T) {
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	var silent atomic.Bool
	silent.Store(true)
	b := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !silent.Load() && r.URL.Query().Has("list-type"):
			list(w, "team/m/1/model.pkl", 100)
			return
		case !silent.Load():
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
		}
		select {
		case <-done:
		case <-r.Context().Done():
		}
	})
	b.patience = 200 * time.Millisecond
	if _, err := b.Scan(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "s3://models/team: no answer within 200ms") {
		t.Errorf("Scan = %v", err)
	}
	silent.Store(false)
	found := scan(t, b).Versions[0]
	if _, err := b.Open(t.Context(), found, 1000); err == nil || !strings.Contains(err.Error(), "s3://models/team/m/1/model.pkl: it stood still for 200ms") {
		t.Errorf("Open = %v", err)
	}
}

// What is read is what was listed: the ETag is demanded, or the version that
// is pinned.
func TestS3AsksForExactlyThat(t *testing.T) {
	tests := []struct {
		name    string
		pins    []store.Pin
		status  int
		code    string
		message string
		err     string
		id      string
	}{
		{"what was listed", nil, 200, "", "", "", ""},
		{"overwritten since", nil, 412, "PreconditionFailed", "At least one", "it changed while it was being read (PreconditionFailed)", ""},
		{"gone since", nil, 404, "NoSuchKey", "The specified key does not exist.", "s3://models/team/m/1/model.pkl: no such object (NoSuchKey)", ""},
		{"a pinned version", []store.Pin{{Name: "m", Version: 1, ObjectVersion: "v7"}}, 200, "", "", "", "v7"},
		{"no such version", []store.Pin{{Name: "m", Version: 1, ObjectVersion: "v7"}}, 404, "NoSuchVersion", "The specified version does not exist.", "no such object version (NoSuchVersion)", "v7"},
		{"no version at all", []store.Pin{{Name: "m", Version: 1, ObjectVersion: "v7"}}, 400, "InvalidArgument", "Invalid version id specified", "no such object version (Invalid version id specified)", "v7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := serve(t, func(w http.ResponseWriter, r *http.Request) {
				q := r.URL.Query()
				switch match := r.Header.Get("If-Match"); {
				case q.Has("list-type"):
					list(w, "team/m/1/model.pkl", 3)
				case q.Get("versionId") != tt.id || (match == `"abc-2"`) != (tt.id == ""):
					failure(w, 400, "WrongRequest", fmt.Sprintf("version %q, If-Match %q", q.Get("versionId"), match))
				case tt.status != 200:
					failure(w, tt.status, tt.code, tt.message)
				default:
					_, _ = io.WriteString(w, "one")
				}
			})
			artifact, _, err := read(t, b, tt.pins...)
			if tt.err == "" && (err != nil || artifact != "one") || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("read %q, %v; want %q", artifact, err, tt.err)
			}
		})
	}
}
