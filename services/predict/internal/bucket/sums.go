package bucket

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// sumsName, in an entry of the cache, has the sha256 of each of its files.
const sumsName = ".sha256.json"

// writeSums writes the sums of the files in a directory beside them.
func writeSums(dir string) error {
	sums, err := sums(dir)
	if err != nil {
		return err
	}
	data, err := json.Marshal(sums)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, sumsName), data, 0o600)
}

// sound reports whether the files of a directory have their sums.
func sound(dir string) bool {
	data, err := os.ReadFile(filepath.Join(dir, sumsName)) // #nosec G304 -- below the cache
	if err != nil {
		return false
	}
	var want map[string]string
	if json.Unmarshal(data, &want) != nil || len(want) == 0 {
		return false
	}
	got, err := sums(dir)
	if err != nil || len(got) != len(want) {
		return false
	}
	for name, sum := range want {
		if got[name] != sum {
			return false
		}
	}
	return true
}

func sums(dir string) (map[string]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, e := range entries {
		if e.Name() == sumsName {
			continue
		}
		file, err := os.Open(filepath.Join(dir, e.Name())) // #nosec G304 -- below the cache
		if err != nil {
			return nil, err
		}
		sum := sha256.New()
		_, err = io.Copy(sum, file)
		if err = errors.Join(err, file.Close()); err != nil {
			return nil, err
		}
		out[e.Name()] = hex.EncodeToString(sum.Sum(nil))
	}
	return out, nil
}

// flush makes the names in a directory last through a crash.
func flush(dir string) error {
	d, err := os.Open(dir) // #nosec G304 -- made here
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
