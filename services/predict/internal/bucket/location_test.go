package bucket

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct {
		repository string
		url        string // that gocloud.dev is given
		name       string // that people see
		prefix     string
		err        string
	}{
		{"s3://models", "s3://models", "s3://models", "", ""},
		{"s3://models/", "s3://models", "s3://models", "", ""},
		{"s3://models/team/a/?region=us-west-2", "s3://models?region=us-west-2", "s3://models/team/a", "team/a/", ""},
		{"s3://m/p?use_path_style=true&endpoint=http://127.0.0.1:9", "s3://m?endpoint=http%3A%2F%2F127.0.0.1%3A9&use_path_style=true", "s3://m/p", "p/", ""},
		{"gs://m/p", "gs://m", "gs://m/p", "p/", ""},
		{"azblob://c/p?storage_account=a", "azblob://c?storage_account=a", "azblob://c/p", "p/", ""},

		{"https://m.s3.amazonaws.com/p", "", "", "", `the scheme "https"; expected s3://bucket/prefix?region=…, gs://bucket/prefix or azblob://container/prefix`},
		{"file:///etc", "", "", "", `the scheme "file"`},
		{"s3://", "", "", "", "names no bucket"},
		{"s3:///prefix", "", "", "", "names no bucket"},
		{"s3://m/p#x", "", "", "", "names no bucket"},
		{"s3://AKIA:hush@m/p", "", "", "", "carries credentials; they come from the environment only"},
		{"s3://m/p?sig=hush", "", "", "", `the parameter "sig"; s3:// knows region, endpoint, use_path_style`},
		{"s3://m/p?profile=hush", "", "", "", `the parameter "profile"`},
		{"gs://m/p?private_key_path=hush", "", "", "", `the parameter "private_key_path"; gs:// knows anonymous`},
		{"s3://m/p?region=a&region=b", "", "", "", `the parameter "region" 2 times`},
		{"s3://m/p?region=%zz&hush", "", "", "", "parameters of the URL cannot be read"},
		{"s3://m/%zz?hush", "", "", "", "the URL cannot be read"},
	}
	for _, tt := range tests {
		t.Run(tt.repository, func(t *testing.T) {
			l, err := Parse(tt.repository)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "hush") {
					t.Errorf("Parse = %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil || l.url != tt.url || l.String() != tt.name || l.prefix != tt.prefix {
				t.Errorf("Parse = %+v (%s), %v; want %s, %s, prefix %q", l, l, err, tt.url, tt.name, tt.prefix)
			}
		})
	}
	if IsURL("models") || IsURL("/s3:/models") || !IsURL("s3://models") {
		t.Error("IsURL takes directories for URLs, or the reverse")
	}
}
