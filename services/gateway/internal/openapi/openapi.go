// Package openapi holds the OpenAPI document of the HTTP API, which is kept by
// hand, and renders it as a page for people: one file without dependencies,
// which works offline and lets the reader try each request.
package openapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the files below
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
)

// Document is the OpenAPI 3.1 document.
//
//go:embed openapi.json
var Document []byte

//go:embed page.html
var pageSource string

//go:embed page.js
var script string

//go:embed page.css
var style string

// Page renders the document as HTML. The policy is the page's
// Content-Security-Policy: nothing but its own script and style, and requests
// to where it came from.
func Page() (page []byte, policy string, err error) {
	var d document
	if err := json.Unmarshal(Document, &d); err != nil {
		return nil, "", fmt.Errorf("read the OpenAPI document: %w", err)
	}
	source, err := template.New("page").Parse(pageSource)
	if err != nil {
		return nil, "", fmt.Errorf("read the page's template: %w", err)
	}
	var out bytes.Buffer
	err = source.Execute(&out, map[string]any{
		"Info":   d.Info,
		"Groups": d.groups(),
		"Script": template.JS(script), // #nosec G203 -- a constant of this package
		"Style":  template.CSS(style), // #nosec G203 -- a constant of this package
	})
	if err != nil {
		return nil, "", fmt.Errorf("render the page: %w", err)
	}
	return out.Bytes(), fmt.Sprintf("default-src 'none'; script-src %s; style-src %s; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		hash(script), hash(style)), nil
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
