package store

import (
	"path"
	"slices"
	"strings"
)

// extensions of files that can be models. The content, not the name, says of
// which format a file is.
var extensions = []string{".joblib", ".pkl", ".pickle", ".skops", ".ubj", ".json", ".txt", ".bst", ".model", ".cbm", ".onnx", ".cb", ".lgb", ".xgb"}

// compressions are extensions that may follow.
var compressions = []string{".gz", ".z", ".bz2", ".xz", ".lzma", ".lz4"}

// others are files with such an extension that are no models: ours, Python's,
// and those of other model servers.
var others = []string{goldenName, "requirements.txt", "readme.txt", "license.txt", "model-settings.json", "settings.json"}

// IsArtifact reports whether a file of that name could be a model.
func IsArtifact(name string) bool {
	lower := strings.ToLower(name)
	if strings.HasPrefix(lower, ".") || slices.Contains(others, lower) {
		return false
	}
	return slices.Contains(extensions, path.Ext(uncompressed(lower)))
}

// stem is a file's name without its extensions.
func stem(name string) string {
	name = uncompressed(strings.ToLower(name))
	return strings.TrimSuffix(name, path.Ext(name))
}

func uncompressed(name string) string {
	if ext := path.Ext(name); slices.Contains(compressions, ext) {
		return strings.TrimSuffix(name, ext)
	}
	return name
}
