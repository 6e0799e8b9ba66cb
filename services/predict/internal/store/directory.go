package store

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
)

// A Directory is a repository on disk.
type Directory string

// Scan lists the versions. Entries that cannot be versions become problems; an
// error means that the repository cannot be read. Listing all is cheap, so
// pins narrow nothing.
func (d Directory) Scan(_ context.Context, _ []Pin) (*Listing, error) {
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return nil, fmt.Errorf("model repository: %w", err)
	}
	defer func() { _ = root.Close() }()
	listing, err := List(root.FS())
	if err != nil {
		return nil, err
	}
	for i, folder := range listing.Directories {
		listing.Directories[i] = filepath.Join(string(d), folder)
	}
	return listing, nil
}

// Open opens a version. The artifact is the file that model.yaml names, else
// the only file that could be a model. Larger than maxBytes it is refused.
func (d Directory) Open(_ context.Context, f Found, maxBytes int64) (*Files, error) {
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return nil, fmt.Errorf("directory: %w", cause(err))
	}
	defer func() { _ = root.Close() }()
	return open(root, f.Dir, maxBytes)
}

// OpenDirectory opens the version in a directory that need not be part of a
// repository.
func OpenDirectory(dir string, maxBytes int64) (*Files, error) {
	return Directory(dir).Open(context.Background(), Found{Dir: "."}, maxBytes)
}

// A Single is a repository of one model, which lies anywhere: version 1 is a
// model file, or a directory that holds one.
type Single struct {
	Name string // of the model
	Path string
}

// Scan lists the one version; an error means that there is none.
func (s Single) Scan(_ context.Context, _ []Pin) (*Listing, error) {
	info, err := os.Stat(s.Path)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	found := Found{Name: s.Name, Number: 1, Dir: "."}
	if !info.IsDir() {
		found.Fingerprint = fingerprintOf(info)
		return &Listing{Versions: []Found{found}, Directories: []string{filepath.Dir(s.Path)}}, nil
	}
	root, err := os.OpenRoot(s.Path)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	defer func() { _ = root.Close() }()
	scan := scanner{files: root.FS()}
	entries, err := scan.entries(".", maxFiles)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if !hasArtifact(entries) {
		return nil, fmt.Errorf("model: %s holds no model file", s.Path)
	}
	if found.Fingerprint, err = scan.fingerprint("."); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return &Listing{Versions: []Found{found}, Directories: []string{s.Path}, Problems: scan.listing.Problems}, nil
}

// Open opens the model.
func (s Single) Open(_ context.Context, _ Found, maxBytes int64) (*Files, error) {
	info, err := os.Stat(s.Path)
	if err != nil {
		return nil, cause(err)
	}
	if info.IsDir() {
		return OpenDirectory(s.Path, maxBytes)
	}
	// Not by os.Root: a file that the operator names may link to anywhere.
	file, err := os.OpenFile(s.Path, withoutWaiting, 0)
	if err != nil {
		return nil, cause(err)
	}
	f := &Files{Name: path.Base(filepath.ToSlash(s.Path))}
	if err := f.take(file, maxBytes); err != nil {
		_ = file.Close() // it was only read
		return nil, fmt.Errorf("%s: %w", f.Name, cause(err))
	}
	return f, nil
}

// IsModel reports whether path is one model, a file or a directory that holds
// one, and not a repository of models.
func IsModel(path string) bool {
	_, err := Single{Path: path}.Scan(context.Background(), nil)
	return err == nil
}

// ModelName is a name for the model at path: that of its file or directory,
// without extensions. It need not be valid.
func ModelName(path string) string {
	base := filepath.Base(path)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return base
	}
	base = uncompressed(base)
	return base[:len(base)-len(filepath.Ext(base))]
}
