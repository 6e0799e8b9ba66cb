package catalog

import (
	"bytes"
	"fmt"
	"io"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// A Reader turns an artifact into a model and replays the goldens, where there
// are some (not nil), on it. The files say what else is known of the model.
type Reader func(artifact io.Reader, files *store.Files) (*Read, error)

// A Read is what a Reader read.
type Read struct {
	Model  model.Scorer
	Origin model.Origin
	Bytes  int64 // in memory
}

// ScoringReader returns the reader of what package scoring supports.
func ScoringReader(maxBytes int64, allowUntested bool) Reader {
	return func(artifact io.Reader, files *store.Files) (*Read, error) {
		o := &scoring.Options{MaxBytes: maxBytes, AllowUntested: allowUntested, Columns: model.Columns(files.Columns)}
		if files.Golden != nil {
			certificate, err := scoring.ReadCertificate(bytes.NewReader(files.Golden))
			if err != nil {
				return nil, fmt.Errorf("golden.json: %w", err)
			}
			o.Certificate = certificate
		}
		m, err := scoring.Open(artifact, o)
		if err != nil {
			return nil, err
		}
		d := m.Description()
		origin := model.Origin{Format: d.Format, Library: d.Library, LibraryVersion: d.Version, Fallback: d.Fallback}
		if o.Certificate != nil {
			origin.Certified, origin.CertifiedRows = true, o.Certificate.Rows()
		}
		return &Read{Model: m, Origin: origin, Bytes: m.Bytes()}, nil
	}
}
