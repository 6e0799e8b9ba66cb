package scoring

import (
	"bytes"
	"regexp"
)

const supportedFormats = "joblib and pickle files of scikit-learn, XGBoost, LightGBM and CatBoost estimators " +
	"(also compressed), the same in skops files, XGBoost JSON, UBJSON and binary, LightGBM text, CatBoost cbm and JSON, ONNX"

// head is the part of a file that formats are told apart by.
func head(data []byte) []byte { return data[:min(len(data), 4096)] }

// compressed are the first bytes of the compressions that joblib knows.
var compressed = []string{"x\x01", "x\x5e", "x\x9c", "x\xda", "\x1f\x8b", "BZh", "\xfd7zXZ\x00", "\x5d\x00\x00", "\x04\x22\x4d\x18"}

// textPickle is how an object starts in protocols 0 and 1: GLOBAL, a module
// and a name, each on a line.
var textPickle = regexp.MustCompile(`^c[A-Za-z_][\w.]*\n\w+\n`)

func isPickle(data []byte) bool {
	if len(data) > 1 && data[0] == 0x80 && data[1] <= 5 {
		return true
	}
	for _, magic := range compressed {
		if bytes.HasPrefix(data, []byte(magic)) {
			return true
		}
	}
	return textPickle.Match(head(data))
}

// zipped are names by which archives of other formats are told.
var zipped = []struct{ entry, what string }{
	{"model.weights.h5", "Keras"}, {"data.pkl", "PyTorch"}, {"[Content_Types].xml", "Excel or the like"},
	{".pkl", "a pickle, which is to be unpacked first"}, {".joblib", "a joblib file, which is to be unpacked first"},
}

// otherFormat names a format that is known but not read here.
func otherFormat(data []byte) string {
	starts := func(magic string) bool { return bytes.HasPrefix(data, []byte(magic)) }
	switch {
	case starts("PK\x03\x04"):
		for _, z := range zipped {
			if bytes.Contains(head(data), []byte(z.entry)) {
				return "a zip archive, of " + z.what
			}
		}
		return "a zip archive"
	case starts("version https://git-lfs"):
		return "a pointer of Git LFS, without the file (git lfs pull brings it)"
	case starts("bs64"):
		return "XGBoost's base64 format of before 0.40"
	case bytes.HasPrefix(bytes.TrimLeft(head(data), " \t\r\n"), []byte("{")):
		return "this JSON document (no model of XGBoost or CatBoost)"
	case starts("\x89HDF\r\n\x1a\n"):
		return "the HDF5 format"
	case starts("<?xml"), starts("<PMML"):
		return "an XML document such as PMML"
	case starts("<!DOCTYPE html"), starts("<!doctype html"), starts("<html"):
		return "a web page, perhaps of a download that failed"
	case starts("\x93NUMPY"):
		return "an array of numpy"
	case starts("PAR1"):
		return "a Parquet file"
	case len(data) > 262 && string(data[257:262]) == "ustar":
		return "a tar archive"
	}
	return "this format"
}
