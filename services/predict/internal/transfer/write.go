package transfer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
)

// Names that a scan leaves alone.
const (
	lockName   = ".treehouse-copy.lock"
	unfinished = ".treehouse-copy-" // of a version that is being written
)

// Models are no secrets: whoever serves them may be another user.
const (
	directoryMode = 0o755
	fileMode      = 0o644
)

// prepare makes the directory, keeps other copies off it, and removes what one
// that was killed left behind.
func prepare(to string) (unlock func(), err error) {
	if err := os.MkdirAll(to, directoryMode); err != nil { // #nosec G301 -- see directoryMode
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(to, lockName), os.O_CREATE|os.O_RDWR, fileMode) // #nosec G302 G304 -- see fileMode; the operator names it
	if err != nil {
		return nil, err
	}
	unlock = func() { _ = lock.Close() } // which ends the lock
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		unlock()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errors.New("another copy into it is running")
		}
		return nil, fmt.Errorf("%s: %w", to, err)
	}
	left, err := filepath.Glob(filepath.Join(escape(to), "*", unfinished+"*"))
	for _, dir := range left {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	if err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// escape makes a path match only itself.
func escape(path string) string {
	var b bytes.Buffer
	for _, c := range []byte(path) {
		if bytes.IndexByte([]byte(`*?[\`), c) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// write puts a version at its place. Until all is written and verified it has
// another name, and a failure leaves nothing.
func write(files *store.Files, j job, place string) (sha256 string, err error) {
	model := filepath.Dir(place)
	if err := os.MkdirAll(model, directoryMode); err != nil { // #nosec G301 -- see directoryMode
		return "", err
	}
	dir, err := os.MkdirTemp(model, unfinished)
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if files.Described != nil {
		if err := writeFile(filepath.Join(dir, store.ManifestName), bytes.NewReader(files.Described)); err != nil {
			return "", err
		}
	}
	if files.MLflow != nil {
		if err := writeFile(filepath.Join(dir, store.MLmodelName), bytes.NewReader(files.MLflow)); err != nil {
			return "", err
		}
	}
	if files.Golden != nil {
		if err := writeFile(filepath.Join(dir, files.GoldenName), bytes.NewReader(files.Golden)); err != nil {
			return "", err
		}
	}
	if err := writeFile(filepath.Join(dir, files.Name), files.Artifact); err != nil {
		return "", err
	}
	digests, err := verified(files, j)
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, directoryMode); err != nil { // #nosec G302 -- see directoryMode
		return "", err
	}
	if err := errors.Join(flush(dir), os.Rename(dir, place)); err != nil {
		return "", err
	}
	return digests.SHA256, flush(model)
}

func writeFile(path string, content io.Reader) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fileMode) // #nosec G302 G304 -- see fileMode; below a new directory
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// flush makes the names in a directory last through a crash.
func flush(dir string) error {
	d, err := os.Open(dir) // #nosec G304 -- made here
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
