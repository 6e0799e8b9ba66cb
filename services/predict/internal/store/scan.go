package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Found is a version that the repository has.
type Found struct {
	Name   string
	Number int64
	// Fingerprint changes when a file of the version does. It is made of names,
	// sizes and times (of an object store, of content hashes); no file is read
	// for it.
	Fingerprint string
	// Dir is the version's directory below the repository; slashes separate.
	Dir string
}

// A Listing is what a scan found, in order of names and numbers.
type Listing struct {
	Versions []Found
	// Problems are entries that look like models but are not, for the log.
	Problems []string
	// Directories are those in which a change would change the listing, where
	// that can be watched.
	Directories []string
}

// limits of a scan, so that a repository mounted by mistake is an error and
// not an endless walk.
const (
	maxModels   = 10_000
	maxVersions = 10_000
	maxFiles    = 1_000
)

var (
	modelName     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
	versionNumber = regexp.MustCompile(`^[1-9][0-9]{0,17}$`)
)

// ValidName reports whether a model can have that name: letters, digits, dots,
// dashes and underscores, at most 128.
func ValidName(name string) bool { return modelName.MatchString(name) }

// List lists the versions of a repository. Entries that cannot be versions
// become problems; an error means that the repository cannot be read. The
// listing's directories are below the repository.
func List(repository fs.FS) (*Listing, error) {
	s := scanner{files: repository, listing: Listing{Directories: []string{"."}}}
	if err := s.models(); err != nil {
		return nil, fmt.Errorf("model repository: %w", err)
	}
	return &s.listing, nil
}

type scanner struct {
	files   fs.FS
	listing Listing
}

func (s *scanner) problem(format string, args ...any) {
	s.listing.Problems = append(s.listing.Problems, fmt.Sprintf(format, args...))
}

// entries lists a directory's visible entries, links followed, in order.
func (s *scanner) entries(dir string, limit int) ([]fs.FileInfo, error) {
	listed, err := fs.ReadDir(s.files, dir)
	if err != nil {
		return nil, err
	}
	var infos []fs.FileInfo
	for _, e := range listed {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if len(infos) == limit {
			return nil, fmt.Errorf("%s has more than %d entries", dir, limit)
		}
		info, err := fs.Stat(s.files, path.Join(dir, e.Name()))
		switch {
		case errors.Is(err, fs.ErrNotExist) && e.Type()&fs.ModeSymlink == 0:
			continue // removed meanwhile
		case err != nil:
			s.problem("%s: %v", path.Join(dir, e.Name()), cause(err))
			continue
		}
		infos = append(infos, named{info, e.Name()})
	}
	return infos, nil
}

// named gives what a link points to the name of the link.
type named struct {
	fs.FileInfo
	name string
}

func (n named) Name() string { return n.name }

func (s *scanner) models() error {
	entries, err := s.entries(".", maxModels)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch {
		case !e.IsDir():
		case !ValidName(e.Name()):
			s.problem("%q cannot be a model's name: expected letters, digits, '.', '-' and '_', at most 128", e.Name())
		default:
			if err := s.model(e.Name()); err != nil {
				s.problem("%s: %v", e.Name(), cause(err))
			}
		}
	}
	return nil
}

func (s *scanner) model(name string) error {
	entries, err := s.entries(name, maxVersions)
	if err != nil {
		return err
	}
	s.listing.Directories = append(s.listing.Directories, name)
	var versions []Found
	var odd []string
	for _, e := range entries {
		switch {
		case !e.IsDir():
		case !versionNumber.MatchString(e.Name()):
			odd = append(odd, e.Name())
		default:
			number, err := strconv.ParseInt(e.Name(), 10, 64)
			if err != nil {
				return err
			}
			dir := path.Join(name, e.Name())
			s.listing.Directories = append(s.listing.Directories, dir)
			fingerprint, err := s.fingerprint(dir)
			if err != nil {
				s.problem("%s: %v", dir, cause(err))
				continue
			}
			versions = append(versions, Found{Name: name, Number: number, Fingerprint: fingerprint, Dir: dir})
		}
	}
	if len(versions) == 0 && hasArtifact(entries) {
		fingerprint, err := s.fingerprint(name)
		if err != nil {
			return err
		}
		versions = append(versions, Found{Name: name, Number: 1, Fingerprint: fingerprint, Dir: name})
		odd = nil
	}
	for _, o := range odd {
		s.problem("%s/%s is no version: expected a directory named by a positive integer", name, o)
	}
	slices.SortFunc(versions, func(a, b Found) int { return int(min(max(a.Number-b.Number, -1), 1)) })
	s.listing.Versions = append(s.listing.Versions, versions...)
	return nil
}

func hasArtifact(entries []fs.FileInfo) bool {
	return slices.ContainsFunc(entries, func(e fs.FileInfo) bool {
		return !e.IsDir() && (e.Name() == ManifestName || e.Name() == MLmodelName || IsArtifact(e.Name()))
	})
}

func (s *scanner) fingerprint(dir string) (string, error) {
	entries, err := s.entries(dir, maxFiles)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, e := range entries {
		if !e.IsDir() {
			b.WriteString(fingerprintOf(e))
		}
	}
	return b.String(), nil
}

// An Identity is what Sys of a file's info may give: it identifies the file's
// bytes better than size and time do.
type Identity string

func fingerprintOf(e fs.FileInfo) string {
	if id, ok := e.Sys().(Identity); ok {
		return fmt.Sprintf("%q %s\n", e.Name(), id)
	}
	return fmt.Sprintf("%q %d %d\n", e.Name(), e.Size(), e.ModTime().UnixNano())
}

// cause leaves out the path of a path error: messages name the entry
// themselves, and no more of this machine's directories.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
