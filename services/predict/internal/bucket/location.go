package bucket

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// parameters are those of a URL that are known, by scheme. What they mean is
// gocloud.dev's: none of them carries a secret.
var parameters = map[string][]string{
	"s3":     {"region", "endpoint", "use_path_style", "fips", "dualstack", "anonymous"},
	"gs":     {"anonymous"},
	"azblob": {"storage_account", "domain", "protocol", "localemu"},
}

// A Location is where in an object store a repository lies:
// s3://bucket/prefix?region=us-west-2, gs://bucket/prefix or
// azblob://container/prefix.
type Location struct {
	url    string // of the bucket, without the prefix
	bucket string // scheme and bucket, for people
	prefix string // of the keys; empty, or ends in a slash
}

// IsURL reports whether a repository is meant to be in an object store, not a
// directory.
func IsURL(repository string) bool { return strings.Contains(repository, "://") }

// Parse reads a URL. Its errors never tell what could be a secret.
func Parse(repository string) (Location, error) {
	u, err := url.Parse(repository)
	if err != nil {
		return Location{}, fmt.Errorf("the URL cannot be read; expected %s", forms)
	}
	known, ok := parameters[u.Scheme]
	switch {
	case !ok:
		return Location{}, fmt.Errorf("the URL has the scheme %q; expected %s", u.Scheme, forms)
	case u.User != nil:
		return Location{}, fmt.Errorf("the URL carries credentials; they come from the environment only, expected %s", forms)
	case u.Host == "" || u.Opaque != "" || u.Fragment != "":
		return Location{}, fmt.Errorf("the URL names no bucket; expected %s", forms)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Location{}, fmt.Errorf("the parameters of the URL cannot be read; expected %s", forms)
	}
	for name, values := range query {
		if !slices.Contains(known, name) {
			return Location{}, fmt.Errorf("the URL has the parameter %q; %s:// knows %s", name, u.Scheme, strings.Join(known, ", "))
		}
		if len(values) != 1 {
			return Location{}, fmt.Errorf("the URL has the parameter %q %d times", name, len(values))
		}
	}
	l := Location{bucket: u.Scheme + "://" + u.Host}
	if prefix := strings.Trim(u.Path, "/"); prefix != "" {
		l.prefix = prefix + "/"
	}
	l.url = l.bucket
	if len(query) > 0 {
		l.url += "?" + query.Encode()
	}
	return l, nil
}

const forms = "s3://bucket/prefix?region=…, gs://bucket/prefix or azblob://container/prefix"

// String tells the bucket and the prefix, and nothing else.
func (l Location) String() string { return l.key("") }

// key tells an object.
func (l Location) key(name string) string {
	return strings.TrimSuffix(l.bucket+"/"+l.prefix+name, "/")
}
