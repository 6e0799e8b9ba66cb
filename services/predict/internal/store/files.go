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
	maxManifest = 4 << 20
	maxGolden   = 64 << 20
)

// Files are the open files of one version. Close them.
type Files struct {
	Manifest *Manifest // nil without a model.yaml
	Golden   []byte    // nil without a golden.json
	Name     string    // of the artifact's file
	Artifact io.Reader // reads the artifact; nothing is read yet
	Size     int64     // of the artifact

	file *os.File
	hash hash.Hash
	rest [sha256.Size]byte // of model.yaml and golden.json
}

// open opens the version in a directory below root.
func open(root *os.Root, dir string, maxBytes int64) (*Files, error) {
	files := &Files{}
	rest := sha256.New()
	data, err := readFile(root, path.Join(dir, manifestName), maxManifest)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("%s: %w", manifestName, cause(err))
	default:
		_, _ = rest.Write(data)
		if files.Manifest, err = ParseManifest(data); err != nil {
			return nil, err
		}
	}
	if err := files.readGolden(root, dir); err != nil {
		return nil, err
	}
	_, _ = rest.Write(files.Golden)
	files.rest = [sha256.Size]byte(rest.Sum(nil))
	name, err := files.artifactName(root, dir)
	if err != nil {
		return nil, err
	}
	files.Name = name
	file, err := root.OpenFile(path.Join(dir, name), withoutWaiting, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, cause(err))
	}
	if err := files.take(file, maxBytes); err != nil {
		_ = file.Close() // it was only read
		return nil, fmt.Errorf("%s: %w", name, cause(err))
	}
	return files, nil
}

// OpenFile wraps an artifact that stands alone, and takes it over.
func OpenFile(file *os.File, maxBytes int64) *Files {
	f := &Files{file: file, hash: sha256.New()}
	f.Artifact = io.TeeReader(io.LimitReader(file, maxBytes+1), f.hash)
	return f
}

func (f *Files) readGolden(root *os.Root, dir string) error {
	name := goldenName
	named := f.Manifest != nil && f.Manifest.Golden != ""
	if named {
		name = f.Manifest.Golden
	}
	data, err := readFile(root, path.Join(dir, name), maxGolden)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, cause(err))
	}
	f.Golden = data
	return nil
}

func (f *Files) artifactName(root *os.Root, dir string) (string, error) {
	if f.Manifest != nil && f.Manifest.Artifact != "" {
		return f.Manifest.Artifact, nil
	}
	entries, err := fs.ReadDir(root.FS(), dir)
	if err != nil {
		return "", cause(err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && isArtifact(e.Name()) {
			names = append(names, e.Name())
		}
	}
	// A file called model leaves no doubt, whatever lies beside it.
	if called := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return stem(n) != "model" }); len(called) > 0 {
		names = called
	}
	switch len(names) {
	case 0:
		return "", fmt.Errorf("no model file; expected one that ends in %s", strings.Join(extensions, ", "))
	case 1:
		return names[0], nil
	}
	return "", fmt.Errorf("several files could be the model: %s; name one as artifact in %s", strings.Join(names, ", "), manifestName)
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
	f.Artifact = io.TeeReader(io.LimitReader(file, maxBytes), f.hash)
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
