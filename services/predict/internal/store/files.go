package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

// Greatest sizes of the files beside an artifact. Package scoring bounds the
// goldens further.
const (
	MaxManifest = 4 << 20
	MaxGolden   = 64 << 20
)

// Files are the open files of one version. Close them.
type Files struct {
	Manifest   *Manifest // nil without a model.yaml
	Described  []byte    // the model.yaml as it is
	MLflow     []byte    // the MLmodel as it is; nil without one
	Columns    []Column  // of its signature; nil without one
	Golden     []byte    // nil without a golden.json
	GoldenName string    // of the file of that
	Name       string    // of the artifact's file
	Artifact   io.Reader // reads the artifact; nothing is read yet
	Size       int64     // of the artifact

	file *os.File
	hash hash.Hash
	rest [sha256.Size]byte // of model.yaml, golden.json and MLmodel
}

// open opens the version in a directory below root.
func open(root *os.Root, dir string, maxBytes int64) (*Files, error) {
	entries, err := fs.ReadDir(root.FS(), dir)
	if err != nil {
		return nil, cause(err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	files := &Files{}
	if slices.Contains(names, ManifestName) {
		if files.Described, err = readFile(root, path.Join(dir, ManifestName), MaxManifest); err != nil {
			return nil, fmt.Errorf("%s: %w", ManifestName, cause(err))
		}
		if files.Manifest, err = ParseManifest(files.Described); err != nil {
			return nil, err
		}
	}
	var flavor *MLmodel
	if slices.Contains(names, MLmodelName) {
		if files.MLflow, err = readFile(root, path.Join(dir, MLmodelName), MaxManifest); err != nil {
			return nil, fmt.Errorf("%s: %w", MLmodelName, cause(err))
		}
		if flavor, err = ParseMLmodel(files.MLflow); err != nil {
			return nil, err
		}
		files.Columns = flavor.Columns
	}
	if files.Name, files.GoldenName, err = Parts(files.Manifest, flavor, names); err != nil {
		return nil, err
	}
	if files.GoldenName != "" {
		if files.Golden, err = readFile(root, path.Join(dir, files.GoldenName), MaxGolden); err != nil {
			return nil, fmt.Errorf("%s: %w", files.GoldenName, cause(err))
		}
	}
	rest := sha256.New()
	_, _ = rest.Write(files.Described)
	_, _ = rest.Write(files.Golden)
	_, _ = rest.Write(files.MLflow)
	files.rest = [sha256.Size]byte(rest.Sum(nil))
	file, err := root.OpenFile(path.Join(dir, files.Name), withoutWaiting, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", files.Name, cause(err))
	}
	if err := files.take(file, maxBytes); err != nil {
		_ = file.Close() // it was only read
		return nil, fmt.Errorf("%s: %w", files.Name, cause(err))
	}
	return files, nil
}

// OpenFile wraps an artifact that stands alone, and takes it over.
func OpenFile(file *os.File, maxBytes int64) *Files {
	f := &Files{file: file, hash: sha256.New()}
	if info, err := file.Stat(); err == nil {
		f.Size = info.Size()
	}
	f.read(maxBytes + 1)
	return f
}

// read makes the artifact of the open file.
func (f *Files) read(maxBytes int64) {
	f.Artifact = sized{io.TeeReader(io.LimitReader(f.file, maxBytes), f.hash), f.Size}
}

// sized is a reader whose length lets who reads all of it make room once.
type sized struct {
	io.Reader
	size int64
}

func (s sized) Len() int { return int(s.size) }

// Parts names the files that make up a version besides model.yaml: the
// artifact, and the goldens where there are some. What model.yaml (nil without
// one) does not say, MLflow's MLmodel does, or else the names of the directory's
// files.
func Parts(m *Manifest, f *MLmodel, files []string) (artifact, golden string, err error) {
	switch {
	case m != nil && m.Golden != "":
		golden = m.Golden
	case slices.Contains(files, goldenName):
		golden = goldenName
	}
	if m != nil && m.Artifact != "" {
		return m.Artifact, golden, nil
	}
	if f != nil {
		if !slices.Contains(files, f.Artifact) {
			return "", "", fmt.Errorf("%s names the file %q, which is not beside it", MLmodelName, f.Artifact)
		}
		return f.Artifact, golden, nil
	}
	names := slices.DeleteFunc(slices.Clone(files), func(n string) bool { return !IsArtifact(n) })
	// A file called model leaves no doubt, whatever lies beside it.
	if called := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return stem(n) != "model" }); len(called) > 0 {
		names = called
	}
	switch len(names) {
	case 0:
		return "", "", fmt.Errorf("no model file; expected one that ends in %s", strings.Join(extensions, ", "))
	case 1:
		return names[0], golden, nil
	}
	return "", "", fmt.Errorf("several files could be the model: %s; name one as artifact in %s", strings.Join(names, ", "), ManifestName)
}

// take makes an open file the artifact.
func (f *Files) take(file *os.File, maxBytes int64) error {
	size, err := checkRegular(file, maxBytes)
	if err != nil {
		return err
	}
	f.Size = size
	f.file = file
	f.hash = sha256.New()
	f.read(maxBytes)
	return nil
}

// Digests are what tells a version's bytes from others.
type Digests struct {
	SHA256 string // of the artifact, in hexadecimal
	rest   [sha256.Size]byte
}

// Digests reads what is left of the artifact and returns the digests of
// exactly the bytes that were read.
func (f *Files) Digests() (Digests, error) {
	if _, err := io.Copy(io.Discard, f.Artifact); err != nil {
		return Digests{}, cause(err)
	}
	return Digests{SHA256: hex.EncodeToString(f.hash.Sum(nil)), rest: f.rest}, nil
}

// Verify compares the sha256 of an artifact with what its manifest (nil without
// one) and the desired set (empty without a word on it) say.
func Verify(m *Manifest, pinned, sha256 string) error {
	switch {
	case m != nil && m.SHA256 != "" && m.SHA256 != sha256:
		return fmt.Errorf("the artifact's sha256 is %s, but model.yaml says %s: it was damaged or replaced", sha256, m.SHA256)
	case pinned != "" && pinned != sha256:
		return fmt.Errorf("the artifact's sha256 is %s, but the desired set pins %s", sha256, pinned)
	}
	return nil
}

// An UnavailableError says that a version could not be had for now: the same
// attempt may succeed later.
type UnavailableError struct{ Err error }

func (e *UnavailableError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Close closes the artifact.
func (f *Files) Close() { _ = f.file.Close() } // it was only read

// withoutWaiting opens a pipe at once, whether or not anyone writes to it, so
// that it can be refused.
const withoutWaiting = os.O_RDONLY | syscall.O_NONBLOCK

// openRegular opens a file that is one. What it looks at is what it opened:
// the name may come to mean another file at any moment.
func openRegular(root *os.Root, name string, maxBytes int64) (*os.File, error) {
	file, err := root.OpenFile(name, withoutWaiting, 0)
	if err != nil {
		return nil, err
	}
	if _, err := checkRegular(file, maxBytes); err != nil {
		_ = file.Close() // it was only read
		return nil, err
	}
	return file, nil
}

// checkRegular returns the size of a regular file that is not too large.
func checkRegular(file *os.File, maxBytes int64) (int64, error) {
	info, err := file.Stat()
	switch {
	case err != nil:
		return 0, err
	case !info.Mode().IsRegular():
		return 0, errors.New("not a regular file")
	case info.Size() > maxBytes:
		return 0, fmt.Errorf("%d bytes; at most %d are accepted", info.Size(), maxBytes)
	}
	return info.Size(), nil
}

func readFile(root *os.Root, name string, maxBytes int64) ([]byte, error) {
	file, err := openRegular(root, name, maxBytes)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxBytes))
}
