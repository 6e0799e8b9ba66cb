package pickle

import "strings"

// A verdict says what a global is to us.
type verdict int

const (
	foreign   verdict = iota // unknown: inert, and listed in File.Foreign
	known                    // of the libraries that models are made of: inert
	dangerous                // a way to run code: the file is refused
)

// judge decides about a global by its name.
func judge(module, name string) verdict {
	root, _, _ := strings.Cut(module, ".")
	switch {
	case module == "builtins":
		return judgeBuiltin(name)
	case within(module, dangerousModules) || dangerousModules[root]:
		return dangerous
	case dangerousNames[module+"."+name]:
		return dangerous
	case foreignModules[module] || within(module, foreignModules):
		return foreign
	case knownRoots[root]:
		return known
	case module == "_loss":
		// scikit-learn's own losses, which some versions were built to name so.
		if strings.HasPrefix(name, "Cy") || strings.HasPrefix(name, "__pyx_unpickle_Cy") {
			return known
		}
	}
	if names, ok := knownNames[module]; ok {
		for _, n := range names {
			if n == name {
				return known
			}
		}
	}
	return foreign
}

// within tells whether a package in the set holds the module.
func within(module string, set map[string]bool) bool {
	for i := range len(module) {
		if module[i] == '.' && set[module[:i]] {
			return true
		}
	}
	return set[module]
}

// judgeBuiltin decides about Python's builtins: types and exceptions are
// values, functions are not.
func judgeBuiltin(name string) verdict {
	switch name {
	case "bool", "int", "float", "complex", "str", "bytes", "bytearray", "list", "tuple", "dict", "set",
		"frozenset", "object", "slice", "range", "type", "Ellipsis", "NotImplemented", "None", "NoneType":
		return known
	case "abs", "all", "any", "ascii", "bin", "callable", "chr", "divmod", "enumerate", "format", "hash", "hex",
		"id", "iter", "len", "max", "min", "next", "oct", "ord", "pow", "property", "repr", "reversed", "round",
		"sorted", "staticmethod", "classmethod", "sum", "super", "zip":
		return foreign
	}
	if strings.HasSuffix(name, "Error") || strings.HasSuffix(name, "Exception") || strings.HasSuffix(name, "Warning") {
		return known
	}
	// eval, exec, getattr, __import__, open, compile and whatever comes next.
	return dangerous
}

func set(names string) map[string]bool {
	s := make(map[string]bool)
	for _, n := range strings.Fields(names) {
		s[n] = true
	}
	return s
}

// knownRoots are the packages whose classes appear in models.
var knownRoots = set(`sklearn numpy scipy pandas joblib xgboost lightgbm catboost _catboost imblearn sklearn2pmml`)

// knownNames are the known globals of modules that hold others, too.
var knownNames = map[string][]string{
	"_codecs":     {"encode"},
	"copyreg":     {"_reconstructor", "__newobj__", "__newobj_ex__"},
	"collections": {"OrderedDict", "defaultdict", "deque", "Counter"},
	"functools":   {"partial"},
	"datetime":    {"date", "datetime", "time", "timedelta", "timezone"},
	"decimal":     {"Decimal"},
}

// embeddedPicklers are copies of picklers that write functions and classes as code.
var embeddedPicklers = set(`joblib.externals.cloudpickle`)

// foreignModules belong to known packages, but to no model.
var foreignModules = set(`sklearn.externals numpy.ctypeslib numpy.lib.npyio pandas.io pandas.core.computation`)

// dangerousModules run code, load code, open files or sockets, or build
// functions: every name in them is refused.
var dangerousModules = set(`
	os posix nt posixpath ntpath subprocess _posixsubprocess sys shutil importlib imp _imp runpy pty socket _socket
	ctypes _ctypes webbrowser commands popen2 platform code codeop pdb bdb cProfile profile timeit trace
	pickle _pickle cPickle pickletools dill cloudpickle marshal shelve dbm tempfile io _io fileinput pathlib glob
	types inspect linecache multiprocessing _multiprocessing threading _thread concurrent asyncio signal
	http urllib urllib2 requests ftplib smtplib telnetlib poplib imaplib xmlrpc ssl
	zipimport zipfile tarfile pkgutil site sitecustomize pip ensurepip venv distutils setuptools pydoc doctest
	gc atexit sched mmap resource fcntl winreg _winapi msvcrt ptpython IPython idlelib lib2to3 unittest
	numpy.testing numpy.f2py numpy.distutils numpy.compat joblib.externals scipy.weave`)

// dangerousNames run code, too, in modules that are not dangerous as a whole.
var dangerousNames = set(`
	operator.attrgetter operator.methodcaller _operator.attrgetter _operator.methodcaller functools.reduce
	copyreg.pickle copyreg.add_extension copyreg.constructor
	numpy.load numpy.loads numpy.fromfile numpy.memmap.tofile
	joblib.load joblib.dump joblib.numpy_pickle.load joblib.numpy_pickle.load_temporary_memmap
	pandas.eval pandas.read_pickle pandas.read_csv`)

// callable tells whether a global of a known package may be called at all, to
// become an *Object: types may, by the custom of their names, and so may the
// functions that picklers write in order to rebuild something.
func callable(c *Class) bool {
	bare := strings.TrimLeft(c.Name, "_")
	if bare != "" && 'A' <= bare[0] && bare[0] <= 'Z' {
		return true
	}
	if strings.HasPrefix(c.Name, "__pyx_unpickle_") {
		return true
	}
	switch c.Module {
	case "builtins", "datetime", "collections", "functools":
		return true // only types are known there
	case "numpy.ma.core":
		return c.Name == "_mareconstruct"
	case "numpy.random._pickle":
		return c.Name == "__randomstate_ctor" || c.Name == "__generator_ctor" || c.Name == "__bit_generator_ctor"
	}
	root, _, _ := strings.Cut(c.Module, ".")
	switch root {
	case "sklearn":
		return c.Name == "newObj" // of Cython's trees and distances
	case "scipy":
		return strings.HasSuffix(c.Name, "_matrix") || strings.HasSuffix(c.Name, "_array") ||
			strings.HasSuffix(c.Name, "_gen") || strings.HasPrefix(c.Name, "rv_") || c.Name == "interp1d"
	case "pandas":
		return strings.HasPrefix(c.Name, "_new_") || strings.HasPrefix(c.Name, "_unpickle_") ||
			strings.HasSuffix(c.Name, "_unpickle") || c.Name == "new_block"
	}
	return false
}
