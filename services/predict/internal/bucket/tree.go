package bucket

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
)

// An object is one of the bucket.
type object struct {
	key     string // in the bucket
	size    int64
	md5     []byte // of the content; nil where the store does not tell
	etag    string // of S3
	version string // of S3, if that one is pinned
	id      store.Identity
}

// versionDepth is how many directories deep a version's files are.
const versionDepth = 2

// A tree shows objects as the directories and files that their names make of
// them, so that the rules of a repository need not be written twice. It lists
// and reads no content.
type tree map[string]*node

type node struct {
	name     string
	object   *object // nil: a directory
	children map[string]*node
}

func newTree() tree { return tree{".": {name: ".", children: map[string]*node{}}} }

// add enters an object below the repository's prefix. Names that are no paths,
// such as the empty ones that consoles make for a folder, mean directories or
// nothing. Where a name is both, it is a directory. A version's own directories
// mean nothing: of what is in them only the first is entered, so that however
// deep names are, they take little memory.
func (t tree) add(name string, o *object) {
	if parts := strings.SplitN(name, "/", versionDepth+2); len(parts) == versionDepth+2 {
		name, o = strings.Join(parts[:versionDepth+1], "/"), nil
	}
	if o == nil || strings.HasSuffix(name, "/") {
		if name = strings.TrimSuffix(name, "/"); fs.ValidPath(name) && name != "." {
			t.directory(name)
		}
		return
	}
	if !fs.ValidPath(name) || name == "." || t[name] != nil {
		return
	}
	n := &node{name: path.Base(name), object: o}
	t[name] = n
	t.directory(path.Dir(name)).children[n.name] = n
}

func (t tree) directory(name string) *node {
	if n := t[name]; n != nil {
		if n.children == nil {
			n.object, n.children = nil, map[string]*node{}
		}
		return n
	}
	n := &node{name: path.Base(name), children: map[string]*node{}}
	t[name] = n
	t.directory(path.Dir(name)).children[n.name] = n
	return n
}

// files are the objects that are directly in a directory.
func (t tree) files(dir string) map[string]*object {
	out := map[string]*object{}
	if n := t[dir]; n != nil {
		for name, child := range n.children {
			if child.object != nil {
				out[name] = child.object
			}
		}
	}
	return out
}

// Open implements fs.FS.
func (t tree) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: errors.ErrUnsupported}
}

// Stat implements fs.StatFS.
func (t tree) Stat(name string) (fs.FileInfo, error) {
	if n := t[name]; n != nil {
		return n, nil
	}
	return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
}

// ReadDir implements fs.ReadDirFS.
func (t tree) ReadDir(name string) ([]fs.DirEntry, error) {
	n := t[name]
	if n == nil || n.children == nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	entries := make([]fs.DirEntry, 0, len(n.children))
	for _, child := range n.children {
		entries = append(entries, fs.FileInfoToDirEntry(child))
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// A node is its own fs.FileInfo.

func (n *node) Name() string       { return n.name }
func (n *node) IsDir() bool        { return n.object == nil }
func (n *node) ModTime() time.Time { return time.Time{} }

func (n *node) Size() int64 {
	if n.object == nil {
		return 0
	}
	return n.object.size
}

func (n *node) Mode() fs.FileMode {
	if n.object == nil {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

// Sys tells what identifies the content.
func (n *node) Sys() any {
	if n.object == nil {
		return nil
	}
	return n.object.id
}
