package scoring_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ulikunitz/xz"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// gadgets are callables by which pickles are known to run code, load code,
// reach files or the network: of Python itself and of the libraries that are
// installed wherever models are trained.
var gadgets = []string{
	"os system", "posix popen", "nt system", "subprocess Popen", "subprocess check_output", "builtins eval", "builtins exec", "builtins compile", "builtins open",
	"builtins getattr", "builtins __import__", "__builtin__ execfile", "__builtin__ apply", "importlib import_module", "runpy run_path", "code InteractiveInterpreter",
	"pty spawn", "socket create_connection", "ctypes CDLL", "webbrowser open", "timeit timeit", "cProfile run", "bdb Bdb", "pdb run", "trace Trace", "pydoc pipepager",
	"pip main", "pip._internal main", "ensurepip _run_pip", "venv create", "idlelib.pyshell ModifiedInterpreter", "multiprocessing.util spawnv_passfds",
	"asyncio.unix_events _UnixSubprocessTransport", "operator attrgetter", "operator methodcaller", "_operator methodcaller", "functools reduce", "types CodeType",
	"types FunctionType", "marshal loads", "pickle loads", "_pickle Unpickler", "dill loads", "cloudpickle.cloudpickle _builtin_type", "shelve open", "shutil rmtree",
	"pathlib Path", "io open", "zipfile ZipFile", "urllib.request urlopen", "http.client HTTPSConnection", "smtplib SMTP", "logging.config listen", "signal alarm",
	"numpy.testing._private.utils runstring", "numpy.f2py.crackfortran myeval", "numpy load", "numpy fromfile", "joblib load", "joblib.externals.loky.backend.spawn main",
	"pandas read_pickle", "pandas eval", "sklearn.utils._testing raises", "sklearn.datasets fetch_openml", "sklearn.utils.fixes parse_version",
	"torch load", "torch.hub load", "tensorflow.io write_file", "keras.models load_model", "copyreg add_extension", "atexit register", "gc get_objects", "sys exit",
}

// spellings are the ways in which a pickle calls a global with one argument.
var spellings = map[string]func(module, name string) string{
	"GLOBAL, REDUCE":      func(m, n string) string { return "c" + m + "\n" + n + "\n(Vid\ntR" },
	"INST":                func(m, n string) string { return "(Vid\ni" + m + "\n" + n + "\n" },
	"OBJ":                 func(m, n string) string { return "(c" + m + "\n" + n + "\nVid\no" },
	"NEWOBJ":              func(m, n string) string { return "c" + m + "\n" + n + "\nVid\n\x85\x81" },
	"NEWOBJ_EX":           func(m, n string) string { return "c" + m + "\n" + n + "\n)}Va\nVid\ns\x92" },
	"STACK_GLOBAL":        func(m, n string) string { return short(m) + short(n) + "\x93\x8c\x02id\x85R" },
	"names from the memo": func(m, n string) string { return short(n) + "\x94" + short(m) + "\x9400h\x01h\x00\x93Vid\n\x85R" },
	"names as long texts": func(m, n string) string { return wide(m) + wide(n) + "\x93Vid\n\x85R" },
	"called by its memo":  func(m, n string) string { return "c" + m + "\n" + n + "\nq\x070h\x07Vid\n\x85R" },
	"BUILD after NEWOBJ":  func(m, n string) string { return "c" + m + "\n" + n + "\n)\x81}Vcmd\nVid\nsb" },
	"in a functools.partial": func(m, n string) string {
		return "cfunctools\npartial\n(c" + m + "\n" + n + "\ntR(c" + m + "\n" + n + "\n(Vid\nt}Ntb"
	},
	"by copyreg's constructor": func(m, n string) string {
		return "ccopyreg\n_reconstructor\n(c" + m + "\n" + n + "\ncbuiltins\nobject\nNtR"
	},
	"by __newobj__":      func(m, n string) string { return "ccopyreg\n__newobj__\n(c" + m + "\n" + n + "\nVid\ntR" },
	"as a defaultdict's": func(m, n string) string { return "ccollections\ndefaultdict\nc" + m + "\n" + n + "\n\x85R" },
}

func short(s string) string { return "\x8c" + string(rune(len(s))) + s }

func wide(s string) string {
	return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
}

// places are where in a file the call stands.
var places = map[string]func(call string) string{
	"alone":            func(call string) string { return call + "." },
	"after a protocol": func(call string) string { return "\x80\x04" + call + "." },
	"dropped":          func(call string) string { return call + "0N." },
	"in a list":        func(call string) string { return "](N" + call + "e." },
	"as a key":         func(call string) string { return "}" + call + "Ns." },
	"in the state of a forest": func(call string) string {
		return "csklearn.ensemble._forest\nRandomForestRegressor\n)\x81}(Vn_estimators\nK\x01Vestimators_\n" + call + "ub."
	},
	"in an array of objects": func(call string) string {
		return "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR(K\x01K\x01\x85cnumpy\ndtype\nVO\n\x85R\x89](" + call + "etb."
	},
	"in joblib's array of objects": func(call string) string {
		return "cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(Vsubclass\ncnumpy\nndarray\nVdtype\ncnumpy\ndtype\nVO\n\x85RVorder\nVC\nVshape\nK\x01\x85ub" +
			"\x80\x02cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR(K\x01K\x01\x85cnumpy\ndtype\nVO\n\x85R\x89](" + call + "etb.."
	},
}

// Whatever a pickle calls, however it spells the call and wherever it hides
// it, nothing is called: the file is refused, at once. (The reader has nothing
// that could call; this holds the refusal.)
func TestCallsAreRefused(t *testing.T) {
	for _, gadget := range gadgets {
		t.Run(gadget, func(t *testing.T) {
			module, name, _ := strings.Cut(gadget, " ")
			for spelling, call := range spellings {
				for place, file := range places {
					if testing.Short() && place != "alone" && place != "in joblib's array of objects" {
						continue
					}
					refuse(t, spelling+", "+place, []byte(file(call(module, name))))
				}
			}
		})
	}
}

// Where only training asks, a function of one's own may stand; one that could run
// code may not.
func TestCallsBesideTrainingAreRefused(t *testing.T) {
	file, err := os.ReadFile("testdata/scikit-learn-1.9.1/own-scorer/model.joblib")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := scoring.Open(bytes.NewReader(file), nil); err != nil {
		t.Errorf("a scorer of one's own: %v", err)
	}
	const own, dangerous = "\x8c\x04data", "\x8c\x04code"
	spoiled := bytes.ReplaceAll(file, []byte(own), []byte(dangerous))
	if bytes.Equal(spoiled, file) {
		t.Fatal("the golden names no function of one's own")
	}
	var format *scoring.FormatError
	if _, err := scoring.Open(bytes.NewReader(spoiled), nil); !errors.As(err, &format) || !strings.Contains(err.Error(), "could run code") {
		t.Errorf("a scorer that could run code: %v", err)
	}
}

// refuse holds Open to an error that is of its kinds, soon, in little memory.
func refuse(t *testing.T, what string, data []byte) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := scoring.ProcessorTime()
	_, err := scoring.Open(bytes.NewReader(data), nil)
	took := scoring.ProcessorTime() - begin
	runtime.ReadMemStats(&after)
	var format *scoring.FormatError
	var unsupported *scoring.UnsupportedError
	if !errors.As(err, &format) && !errors.As(err, &unsupported) {
		t.Errorf("%s: got %v", what, err)
		return
	}
	if len(err.Error()) > 2000 {
		t.Errorf("%s: an error of %d bytes", what, len(err.Error()))
	}
	// Reading may take four times the file, and what it expands to.
	soon := 20 * time.Second
	if scoring.RaceDetector { // which makes decompressing ten times as slow
		soon *= 5
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<30 || took > soon {
		t.Errorf("%s: %v and %d bytes", what, took, used)
	}
}

// Files that are small and mean something huge.
func TestBombsAreRefused(t *testing.T) {
	repeat := strings.Repeat
	// 45 MiB of zeros by bz2, which Go cannot write.
	zeros, err := base64.StdEncoding.DecodeString("QlpoOTFBWSZTWQ4J4t8BX45AAMAAAAggADCATUZCoCWpCoCXMUFZJlNZl6e+HAAJ2sAEwAAAAQAIIAAwzAmqaZIhW1REK8XckU4UJCLtHuiA")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"bz2 of zeros":                  string(zeros),
		"a hundred bz2 streams":         repeat(string(zeros), 100),
		"zlib of zeros":                 zerosInBlocks(t, "zlib"),
		"gzip of zeros":                 zerosInBlocks(t, "gzip"),
		"gzip of gzip of gzip":          compressed(t, "gzip", strings.NewReader(compressed(t, "gzip", strings.NewReader(zerosInBlocks(t, "gzip"))))),
		"zlib of a pickle that calls":   compressed(t, "zlib", strings.NewReader("cos\nsystem\n(Vid\ntR.")),
		"xz of a pickle that calls":     compressed(t, "xz", strings.NewReader("cos\nsystem\n(Vid\ntR.")),
		"a text of digits":              "L" + repeat("9", 4<<20) + "L\n.",
		"an INT of digits":              "I" + repeat("9", 4<<20) + "\n.",
		"a float of digits":             "F" + repeat("9", 4<<20) + ".\n.",
		"a number of 4 MB":              "\x8b\x00\x00\x40\x00" + repeat("\x7f", 4<<20) + ".",
		"numbers squared":               repeat("\x8b\x00\x40\x00\x00"+repeat("\x7f", 1<<14), 200) + ".",
		"a text of escapes":             "V" + repeat(`\u0041`, 1<<20) + "\n.",
		"tuples that double":            "N" + repeat("2\x86", 1<<20) + ".",
		"lists that hold themselves":    "]" + repeat("q\x00h\x00a", 1<<20) + ".",
		"GET of one entry":              "]q\x00" + repeat("h\x00a", 1<<20) + ".",
		"DUP and APPENDS":               "](" + repeat("N", 4096) + "e" + repeat("2(2222e", 4096) + ".",
		"marks":                         repeat("(", 1<<20),
		"nested lists":                  repeat("]", 1<<20) + repeat("a", 1<<20-1) + ".",
		"nested dicts":                  repeat("}K\x01", 1<<19) + repeat("s", 1<<19-1) + ".",
		"nested objects":                repeat("csklearn.a\nB\n)\x81}Va\n", 1<<16) + "N" + repeat("sb", 1<<16) + ".",
		"sets of frozensets":            "(\x91" + repeat("2\x86\x85\x91", 1<<16),
		"keys that collide":             "}(" + colliding(1<<16) + "u.",
		"memo indices far apart":        "N" + repeat("r\xff\xff\xff\x7fr\x00\x00\x00\x10", 1<<18) + ".",
		"a memo index of 2^31":          "Nr\xff\xff\xff\xff.",
		"frames":                        repeat("\x95\x00\x00\x00\x00\x00\x00\x00\x00", 1<<20) + "N.",
		"a frame of 2^63":               "\x95\x00\x00\x00\x00\x00\x00\x00\x80N.",
		"bytes of 2^62":                 "\x8e\x00\x00\x00\x00\x00\x00\x00\x40a.",
		"protocols":                     "\x80\x02\x80\x05\x80\x00N.",
		"opcodes of all protocols":      "\x80\x00(I01\nL5L\n\x88\x8a\x01\x05\x8c\x01a\x94\x96\x01\x00\x00\x00\x00\x00\x00\x00at.",
		"an extension of copyreg":       "\x82\x01.",
		"an extension of 4 bytes":       "\x84\xff\xff\xff\x7f.",
		"a persistent id":               "Pos.system\n.",
		"a persistent object":           "](Vos\nVsystem\neQ.",
		"an out-of-band buffer":         "\x80\x05\x97\x98.",
		"__setstate__ by BUILD":         "csklearn.base\nBaseEstimator\n)\x81}V__setstate__\ncbuiltins\nlist\nsb}b.",
		"__class__ by BUILD":            "csklearn.base\nBaseEstimator\n)\x81}V__class__\nVos\nsb.",
		"slots by BUILD":                "csklearn.base\nBaseEstimator\n)\x81N}V__dict__\n}s\x86b.",
		"BUILD on a class":              "csklearn.base\nBaseEstimator\n}V__init__\nNsb.",
		"a method of a method":          "\x8c\x07sklearn\x8c\x0dbase.os.system\x93Vid\n\x85R.",
		"a module with a null":          "\x8c\x04os\x00x\x8c\x06system\x93.",
		"a module of another alphabet":  "\x8c\x03\xd0\xbes\x8c\x06system\x93Vid\n\x85R.",
		"an array of 2^40 elements":     "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR(K\x01\x8a\x06\x00\x00\x00\x00\x00\x01\x85cnumpy\ndtype\nVi1\n\x85R\x89C\x00tb.",
		"an array of a million fields":  "cnumpy\ndtype\nV" + repeat("i8,", 1<<20) + "\n\x85R.",
		"an array within its own bytes": "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btRq\x00(K\x01K\x01\x85cnumpy\ndtype\nVO\n\x85R\x89](h\x00etb.",
		"joblib with a file beside it":  "cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}(Vfilename\nV/etc/passwd\nVsubclass\ncnumpy\nndarray\nub.",
		"joblib with a memmap":          "cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(Vsubclass\ncnumpy\nmemmap\nVdtype\ncnumpy\ndtype\nVi1\n\x85RVorder\nVC\nVshape\n\x8a\x06\x00\x00\x00\x00\x00\x01\x85Vallow_mmap\n\x88ub.",
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) { refuse(t, name, []byte(data)) })
	}
}

// zerosInBlocks are 256 MiB of zeros, compressed as one MiB that is there 256
// times, which takes no time to write. Nobody gets to the end, which is not there.
func zerosInBlocks(t *testing.T, by string) string {
	t.Helper()
	var out bytes.Buffer
	var w interface {
		io.Writer
		Flush() error
	} = zlib.NewWriter(&out)
	if by == "gzip" {
		w = gzip.NewWriter(&out)
	}
	_, err := w.Write(nil) // the header
	begin := out.Len()
	if err == nil {
		_, err = w.Write(make([]byte, 1<<20))
	}
	if err = errors.Join(err, w.Flush()); err != nil {
		t.Fatal(err)
	}
	return out.String()[:begin] + strings.Repeat(out.String()[begin:], 256)
}

func compressed(t *testing.T, by string, from io.Reader) string {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	var err error
	switch by {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "zlib":
		w = zlib.NewWriter(&out)
	default:
		w, err = xz.NewWriter(&out)
	}
	if err == nil {
		_, err = io.Copy(w, from)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// colliding are keys that Python hashes alike, 1, 1.0, True among them as
// equals, and tuples of them.
func colliding(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "L%dL\nN", int64(i)*(1<<61-1)) // Python's hash of an int is modulo this
	}
	return b.String()
}
