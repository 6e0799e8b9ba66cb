package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/treehouse-ml/treehouse/services/gateway/internal/openapi"
)

// documents are what the gateway says about itself.
type documents struct {
	openAPI, docs document
}

type document struct {
	body        []byte
	contentType []string
	etag        string
	policy      string // Content-Security-Policy; empty for none
}

func newDocuments() (documents, error) {
	page, policy, err := openapi.Page()
	if err != nil {
		return documents{}, err
	}
	return documents{
		openAPI: newDocument(openapi.Document, "application/json", ""),
		docs:    newDocument(page, "text/html; charset=utf-8", policy),
	}, nil
}

func newDocument(body []byte, contentType, policy string) document {
	sum := sha256.Sum256(body)
	return document{body: body, contentType: []string{contentType}, etag: `"` + hex.EncodeToString(sum[:8]) + `"`, policy: policy}
}

// openAPI answers GET /openapi.json.
func (s *Server) openAPI(c *call) error { return s.documents.openAPI.write(c) }

// docs answers GET /docs.
func (s *Server) docs(c *call) error { return s.documents.docs.write(c) }

func (d *document) write(c *call) error {
	header := c.w.Header()
	header["Content-Type"] = d.contentType
	header["Cache-Control"] = []string{"no-cache"} // but the ETag spares the transfer
	header["Etag"] = []string{d.etag}
	if d.policy != "" {
		header["Content-Security-Policy"] = []string{d.policy}
		header["Referrer-Policy"] = []string{"no-referrer"}
		header["Cross-Origin-Opener-Policy"] = []string{"same-origin"}
		header["X-Frame-Options"] = []string{"DENY"} // for browsers that do not know frame-ancestors
	}
	if strings.Contains(c.r.Header.Get("If-None-Match"), d.etag) {
		c.status = http.StatusNotModified
		c.w.WriteHeader(c.status)
		return nil
	}
	return c.writeCompressed(http.StatusOK, d.body)
}
