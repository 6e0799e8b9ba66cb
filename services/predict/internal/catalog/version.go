package catalog

import (
	"time"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
)

// A version is what the catalog knows about one version. It is guarded by the
// catalog's mu.
type version struct {
	key       key
	isDefault bool // the desired set says so
	leaving   bool // the desired set has it no more, but nothing else answers yet

	found  *store.Found // as the last scan saw it; nil: the files are gone
	sha256 string       // that the desired set pins

	// seen is the fingerprint that the files have had since then.
	seen  string
	since time.Time

	state   model.State
	reason  string
	loaded  *model.Version // what answers; nil: nothing
	digests store.Digests  // of the loaded bytes

	// tried is what the last load or check was made of; the same again would
	// end the same.
	tried string
	// retries counts the attempts in a row that an error ended which may pass.
	retries int
	// done is closed when the load or check at work ends; nil: none is.
	done chan struct{}
}

// usable reports whether a request for the version can be answered.
func (v *version) usable() bool { return v.loaded != nil || v.state == model.Available }

// attempt identifies what a load would read.
func (v *version) attempt() string { return v.sha256 + "\n" + v.found.Fingerprint }

func (v *version) fail(reason string) { v.state, v.reason = model.Failed, reason }
