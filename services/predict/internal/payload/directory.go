package payload

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// A Directory is a log in a directory, which may be a volume.
type Directory string

// Put implements [Store]: a file appears under its name when it is whole.
func (d Directory) Put(ctx context.Context, name string, data []byte) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	final := filepath.Join(string(d), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(final), 0o750); err != nil {
		return err
	}
	partial := filepath.Join(filepath.Dir(final), "."+filepath.Base(final)+".partial")
	file, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640) // #nosec G302 G304 -- the operator's directory, and its group may read
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(partial, final)
	}
	if err != nil {
		_ = os.Remove(partial) // a full disk needs the room
	}
	return err
}

// List implements [Source].
func (d Directory) List(ctx context.Context) ([]string, error) {
	info, err := os.Stat(string(d))
	if err != nil {
		return nil, err
	}
	if !info.IsDir() { // one file of a log
		return []string{"."}, nil
	}
	var names []string
	err = fs.WalkDir(os.DirFS(string(d)), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case e.Type().IsRegular() && isLogFile(name):
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

// Open implements [Source].
func (d Directory) Open(_ context.Context, name string) (Opened, error) {
	file, err := os.Open(filepath.Join(string(d), filepath.FromSlash(name))) // #nosec G304 -- the user names it
	if err != nil {
		return Opened{}, err
	}
	info, err := file.Stat()
	if err != nil {
		return Opened{}, errors.Join(err, file.Close())
	}
	return Opened{ReaderAt: file, Size: info.Size(), Closer: file}, nil
}

// isLogFile tells files of a log from what else there may be, partial ones
// among it.
func isLogFile(name string) bool {
	return strings.HasSuffix(name, ".parquet") && !strings.HasPrefix(path.Base(name), ".")
}

// An Opened file is to be closed.
type Opened struct {
	io.ReaderAt
	io.Closer
	Size int64
}
