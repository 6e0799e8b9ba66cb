package pickle

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// TestOpcodes reads hand-made pickles, among them what no pickler writes any
// more. Values are shown as describe of real_test.go shows them.
func TestOpcodes(t *testing.T) {
	tests := []struct{ name, pickle, want string }{
		{"none", "N.", `null`},
		{"protocol 2", "\x80\x02N.", `null`},
		{"bools of protocol 0", "(I00\nI01\nt.", `{"tuple":[false,true]}`},
		{"bools", "\x80\x02\x88\x89\x86.", `{"tuple":[true,false]}`},
		{"text ints", "(I-5\nI+7\nL123L\nL9223372036854775808L\nL5\nt.", `{"tuple":[{"int":"-5"},{"int":"7"},{"int":"123"},{"int":"9223372036854775808"},{"int":"5"}]}`},
		{"INT beyond 64 bits", "I99999999999999999999\n.", `{"int":"99999999999999999999"}`},
		{"binary ints", "(K\xffM\xff\xffJ\xfe\xff\xff\xfft.", `{"tuple":[{"int":"255"},{"int":"65535"},{"int":"-2"}]}`},
		{"LONG1 of nothing is 0", "\x8a\x00.", `{"int":"0"}`},
		{"LONG1 negative", "\x8a\x01\xff.", `{"int":"-1"}`},
		{"LONG4 of 9 bytes", "\x8b\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80.", `{"int":"-2361183241434822606848"}`},
		{"LONG4 wide but small", "\x8b\x0a\x00\x00\x00\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff.", `{"int":"-2"}`},
		{"text floats", "(F1.5\nFinf\nF-inf\nFnan\nF1e999\nt.", `{"tuple":[{"float":"3ff8000000000000"},{"float":"7ff0000000000000"},{"float":"fff0000000000000"},{"float":"nan"},{"float":"7ff0000000000000"}]}`},
		{"BINFLOAT is big-endian", "G\x3f\xf8\x00\x00\x00\x00\x00\x00.", `{"float":"3ff8000000000000"}`},
		{"strings of Python 2", "(S'a\\n\\x41\\\\'\nS\"b'\"\nT\x02\x00\x00\x00cdU\x01et.", `{"tuple":[{"str":"a\nA\\"},{"str":"b'"},{"str":"cd"},{"str":"e"}]}`},
		{"UNICODE escapes", "V\xe9\\u0041\\U0001f600\\\\u0041\\x\n.", `{"str":"éA😀\\\\u0041\\x"}`},
		{"BINUNICODE8", "\x8d\x02\x00\x00\x00\x00\x00\x00\x00hi.", `{"str":"hi"}`},
		{"bytes", "(C\x01aB\x01\x00\x00\x00b\x8e\x01\x00\x00\x00\x00\x00\x00\x00c\x96\x01\x00\x00\x00\x00\x00\x00\x00dt.", `{"tuple":[{"bytes":"61"},{"bytes":"62"},{"bytes":"63"},{"bytes":"64"}]}`},
		{"tuples", "(K\x01\x85K\x01K\x02\x86K\x01K\x02K\x03\x87)t.", `{"tuple":[{"tuple":[{"int":"1"}]},{"tuple":[{"int":"1"},{"int":"2"}]},{"tuple":[{"int":"1"},{"int":"2"},{"int":"3"}]},{"tuple":[]}]}`},
		{"LIST and APPEND", "(K\x01lK\x02a.", `{"list":[{"int":"1"},{"int":"2"}]}`},
		{"EMPTY_LIST and APPENDS", "](K\x01K\x02e.", `{"list":[{"int":"1"},{"int":"2"}]}`},
		{"DICT and SETITEM", "(K\x01NdK\x02Ns.", `{"dict":[[{"int":"1"},null],[{"int":"2"},null]]}`},
		{"EMPTY_DICT and SETITEMS", "}(K\x01NK\x02Nu.", `{"dict":[[{"int":"1"},null],[{"int":"2"},null]]}`},
		{"sets", "(\x8f(K\x01\x90(K\x02\x91t.", `{"tuple":[{"set":[{"int":"1"}]},{"set":[{"int":"2"}]}]}`},
		{"POP and POP_MARK", "NK\x010(K\x02K\x031(0.", `null`},
		{"DUP shares", "]2K\x01a\x86.", `{"tuple":[{"list":[{"int":"1"}]},{"list":[{"int":"1"}]}]}`},
		{"memo in text", "]p5\ng5\n\x86.", `{"tuple":[{"list":[]},{"list":[]}]}`},
		{"memo, one space of indices", "K\x07q\x000K\x08\x940h\x00h\x01\x86.", `{"tuple":[{"int":"7"},{"int":"8"}]}`},
		{"memo, sparse and overwritten", "K\x07r\xff\xff\xff\x7f0K\x08r\xff\xff\xff\x7f0j\xff\xff\xff\x7f.", `{"int":"8"}`},
		{"memo, sparse index reached", "K\x07q\x010K\x08q\x000K\x09q\x010h\x01.", `{"int":"9"}`},
		{"frames", "\x80\x04\x95\x01\x00\x00\x00\x00\x00\x00\x00N\x95\x02\x00\x00\x00\x00\x00\x00\x00\x85.", `{"tuple":[null]}`},
		{"a class", "\x80\x04\x8c\x05numpy\x8c\x07float64\x93.", `{"class":"numpy.float64"}`},
		{"Python 2 names", "(c__builtin__\nunicode\nc__builtin__\nxrange\ncexceptions\nValueError\nt.", `{"tuple":[{"class":"builtins.str"},{"class":"builtins.range"},{"class":"builtins.ValueError"}]}`},
		{"INST", "(K\x01isklearn.tree._tree\nTree\n.", `{"object":"sklearn.tree._tree.Tree"}`},
		{"OBJ", "(csklearn.tree._tree\nTree\nK\x01o.", `{"object":"sklearn.tree._tree.Tree"}`},
		{"NEWOBJ_EX", "csklearn.a\nB\n)}\x92.", `{"object":"sklearn.a.B"}`},
		{"copyreg._reconstructor", "ccopy_reg\n_reconstructor\n(csklearn.a\nB\nc__builtin__\nobject\nNtR.", `{"object":"sklearn.a.B"}`},
		{"copyreg.__newobj__", "ccopyreg\n__newobj__\n(csklearn.a\nB\ntR.", `{"object":"sklearn.a.B"}`},
		{"copyreg.__newobj_ex__", "ccopyreg\n__newobj_ex__\n(csklearn.a\nB\n)}tR.", `{"object":"sklearn.a.B"}`},
		{"bytes of protocol 2", "c_codecs\nencode\n(V\xe9\nVlatin1\ntR.", `{"bytes":"e9"}`},
		{"OrderedDict of pairs", "ccollections\nOrderedDict\n(]](K\x01NeatR.", `{"dict":[[{"int":"1"},null]]}`},
		{"list of a tuple", "cbuiltins\nlist\n((K\x01ttR.", `{"list":[{"int":"1"}]}`},
		{"type(None)", "cbuiltins\ntype\n(NtR.", `{"object":"builtins.type"}`},
		{"a ufunc of an old numpy", "cnumpy.core\n_ufunc_reconstruct\n(Vnumpy.core._multiarray_umath\nVlog1p\ntR.", `{"class":"numpy.core._multiarray_umath.log1p"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Decode([]byte(tt.pickle), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			var want any
			unmarshal(t, []byte(tt.want), &want)
			got, _ := json.Marshal(describe(f.Root, nil))
			expected, _ := json.Marshal(want)
			if string(got) != string(expected) {
				t.Errorf("got %s\nwant %s", got, expected)
			}
		})
	}
}

// TestErrors reads damaged and hostile pickles: each is refused with the place
// and the reason.
func TestErrors(t *testing.T) {
	const dtypeI8 = "cnumpy\ndtype\n(Vi8\nI00\nI01\ntR(I3\nV<\nNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
	array := func(shape, data string) string {
		return "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR(K\x01" + shape + dtypeI8 + "\x89" + data + "tb."
	}
	wrapper := func(state string) string {
		return "cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(" +
			"Vsubclass\ncnumpy\nndarray\nVdtype\n" + dtypeI8 + state + "ub"
	}
	const aligned = "Vorder\nVC\nVshape\n(K\x01tVnumpy_array_alignment_bytes\nK\x10"
	tests := []struct {
		name, pickle string
		at           int64
		op, what     string
	}{
		// Code.
		{"os.system", "cos\nsystem\n(S'true'\ntR.", 0, "GLOBAL", "os.system"},
		{"posix.system", "N0cposix\nsystem\n(S'true'\ntR.", 2, "GLOBAL", "posix.system"},
		{"builtins.eval", "\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.", 18, "STACK_GLOBAL", "builtins.eval"},
		{"__builtin__.eval", "c__builtin__\neval\n.", 0, "GLOBAL", "builtins.eval"},
		{"builtins.exec by INST", "(S'1'\nibuiltins\nexec\n.", 6, "INST", "builtins.exec"},
		{"builtins.getattr by OBJ", "(cbuiltins\ngetattr\nS'1'\no.", 1, "GLOBAL", "builtins.getattr"},
		{"__import__", "cbuiltins\n__import__\n.", 0, "GLOBAL", "__import__"},
		{"subprocess.Popen", "csubprocess\nPopen\n.", 0, "GLOBAL", "subprocess.Popen"},
		{"importlib._bootstrap", "cimportlib._bootstrap\n_call_with_frames_removed\n.", 0, "GLOBAL", "importlib"},
		{"pickle in a pickle", "cpickle\nloads\n.", 0, "GLOBAL", "pickle.loads"},
		{"cloudpickle within joblib", "cjoblib.externals.cloudpickle.cloudpickle\n_make_function\n.", 0, "GLOBAL", "_make_function"},
		{"numpy's runstring", "cnumpy.testing._private.utils\nrunstring\n.", 0, "GLOBAL", "runstring"},
		{"a ufunc that is none", "cnumpy.core\n_ufunc_reconstruct\n(Vos\nVsystem\ntR.", 45, "REDUCE", "os.system"},
		{"a function of a known package", "cnumpy\ngenfromtxt\n(S'f'\ntR.", 25, "REDUCE", "numpy.genfromtxt is called"},
		{"type with three arguments", "cbuiltins\ntype\n(NNNtR.", 20, "REDUCE", "to make a class"},
		{"a dotted name", "\x80\x04\x8c\x05numpy\x8c\x0bf2py.system\x93.", 22, "STACK_GLOBAL", "not a plain name"},
		{"a dotted name in text", "cnumpy\nf2py.system\n.", 0, "GLOBAL", "not a plain name"},
		{"an empty module", "c\nsystem\n.", 0, "GLOBAL", "not a module's name"},
		{"a relative module", "c.os\nsystem\n.", 0, "GLOBAL", "not a module's name"},
		{"STACK_GLOBAL of bytes", "C\x02osC\x06system\x93.", 12, "STACK_GLOBAL", "two strings"},
		{"a name of 1000 letters", "cnumpy\n" + strings.Repeat("a", 1000) + "\n.", 0, "GLOBAL", "1000 bytes"},

		// Operands.
		{"REDUCE of a str", "Va\n)R.", 4, "REDUCE", "str is called"},
		{"REDUCE without a tuple", "cnumpy\nndarray\nNR.", 16, "REDUCE", "None; want a tuple"},
		{"NEWOBJ of an int", "K\x01)\x81.", 3, "NEWOBJ", "int is called"},
		{"NEWOBJ_EX without a dict", "cnumpy\nX\n))\x92.", 11, "NEWOBJ_EX", "want a tuple and a dict"},
		{"OBJ of nothing", "(o.", 1, "OBJ", "no class"},
		{"BUILD on a class", "csklearn.a\nB\n}b.", 14, "BUILD", "global sklearn.a.B"},
		{"BUILD on a dict", "}}b.", 2, "BUILD", "on dict"},
		{"BUILD twice", "csklearn.a\nB\n)\x81}b}b.", 18, "BUILD", "set twice"},
		{"APPEND to a tuple", ")K\x01a.", 3, "APPEND", "appended to tuple"},
		{"APPENDS to a dict", "}(K\x01e.", 4, "APPENDS", "appended to dict"},
		{"APPENDS to an array", array("(t", "C\x08abcdefgh")[:len(array("(t", "C\x08abcdefgh"))-1] + "(Ne.", 133, "APPENDS", "appended to ndarray"},
		{"ADDITEMS to a list", "](K\x01\x90.", 4, "ADDITEMS", "added to list"},
		{"SETITEM on a list", "]NNs.", 3, "SETITEM", "set on list"},
		{"SETITEMS, odd", "}(Nu.", 3, "SETITEMS", "no value"},
		{"a list as a key", "}]Ns.", 3, "SETITEM", "list cannot be a key"},
		{"a key twice", "}(K\x01NK\x01Nu.", 8, "SETITEMS", "appears twice"},
		{"a key twice in a long dict", "}(" + manyKeys + "K\x05Nu.", 2 + int64(len(manyKeys)) + 3, "SETITEMS", "appears twice"},
		{"POP of nothing", "0.", 0, "POP", "0 values"},
		{"a pop below the mark", "N(R.", 2, "REDUCE", "0 values above the last mark"},
		{"TUPLE3 of two", "NN\x87.", 2, "TUPLE3", "2 values"},
		{"no mark", "Nt.", 1, "TUPLE", "no open mark"},
		{"an open mark", "(N.", 2, "STOP", "1 marks"},
		{"nothing to return", ".", 0, "STOP", "0 values"},
		{"two values to return", "NN.", 2, "STOP", "2 values"},
		{"MEMOIZE of nothing", "\x94N.", 0, "MEMOIZE", "0 values"},
		{"unknown memo entry", "Nq\x00h\x01.", 3, "BINGET", "memo entry 1 does not exist"},
		{"unknown memo entry in text", "g7\n.", 0, "GET", "memo entry 7"},
		{"negative memo index", "Np-1\n.", 1, "PUT", "not a memo index"},
		{"memo index of 20 digits", "Np18446744073709551616\n.", 1, "PUT", "not a memo index"},

		// Numbers and text.
		{"INT with letters", "I12a\n.", 0, "INT", `"12a" is not an integer`},
		{"INT with underscores", "I1_0\n.", 0, "INT", "not an integer"},
		{"INT of nothing", "I\n.", 0, "INT", "not an integer"},
		{"LONG of a sign", "L-L\n.", 0, "LONG", "not an integer"},
		{"LONG of many digits", "L" + strings.Repeat("9", 5000) + "L\n.", 0, "LONG", "5000 digits"},
		{"FLOAT with letters", "F1.5x\n.", 0, "FLOAT", "not a float"},
		{"FLOAT in hexadecimal", "F0x1p4\n.", 0, "FLOAT", "not a float"},
		{"LONG4 negative", "\x8b\xff\xff\xff\xff.", 0, "LONG4", "-1 is negative"},
		{"BINSTRING negative", "T\xff\xff\xff\xff.", 0, "BINSTRING", "-1 is negative"},
		{"BINUNICODE not UTF-8", "X\x01\x00\x00\x00\xff.", 0, "BINUNICODE", "UTF-8"},
		{"a lone surrogate", "\x8c\x03\xed\xa0\x80.", 0, "SHORT_BINUNICODE", "UTF-8"},
		{"UNICODE with a surrogate", "V\\ud800\n.", 0, "UNICODE", "not a character"},
		{"UNICODE cut short", "V\\u00\n.", 0, "UNICODE", "ends in the middle"},
		{"STRING without quotes", "Sabc\n.", 0, "STRING", "in quotes"},
		{"STRING with one quote", "S'\n.", 0, "STRING", "in quotes"},
		{"STRING not ASCII", "U\x01\xe9.", 0, "SHORT_BINSTRING", "Python 2"},

		// Framing.
		{"empty", "", 0, "", "before STOP"},
		{"trailing data", "N.N", 2, "STOP", "1 bytes follow"},
		{"two pickles", "\x80\x02N.\x80\x02N.", 4, "STOP", "4 bytes follow"},
		{"protocol 6", "\x80\x06N.", 0, "PROTO", "protocol 6"},
		{"PROTO in the middle", "N\x80\x02.", 1, "PROTO", "middle"},
		{"frame beyond the file", "\x95\x09\x00\x00\x00\x00\x00\x00\x00N.", 0, "FRAME", "claims 9 bytes"},
		{"frame of 2^64-1", "\x95\xff\xff\xff\xff\xff\xff\xff\xffN.", 0, "FRAME", "claims"},
		{"frame within an opcode", "\x95\x02\x00\x00\x00\x00\x00\x00\x00K\x01M\x00\x00\x86.", 0, "", ""},
		{"an argument across frames", "\x95\x02\x00\x00\x00\x00\x00\x00\x00M\x01\x00.", 9, "BININT2", "remain in the frame"},
		{"frame within a frame", "\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x95\x02\x00\x00\x00\x00\x00\x00\x00N.", 9, "FRAME", "before the end"},
		{"STOP before the frame's end", "\x95\x03\x00\x00\x00\x00\x00\x00\x00N.N", 10, "STOP", "before its frame"},
		{"EXT1", "\x82\x01.", 0, "EXT1", "registry"},
		{"PERSID", "P1\n.", 0, "PERSID", "outside"},
		{"NEXT_BUFFER", "\x97.", 0, "NEXT_BUFFER", "out-of-band"},
		{"no opcode", "\xff.", 0, "opcode 0xff", "not a pickle opcode"},
		{"HTML", "<!DOCTYPE html>", 0, "opcode 0x3c", "not a pickle opcode"},

		// Lengths.
		{"BINUNICODE8 of 2^63", "\x8d\x00\x00\x00\x00\x00\x00\x00\x80a.", 0, "BINUNICODE8", "remain"},
		{"BINBYTES of 4 GiB", "B\xff\xff\xff\xff.", 0, "BINBYTES", "4294967295 bytes are needed"},
		{"BYTEARRAY8 of 2^64-1", "\x96\xff\xff\xff\xff\xff\xff\xff\xff.", 0, "BYTEARRAY8", "remain"},
		{"LONG4 of 2 GiB", "\x8b\xff\xff\xff\x7f.", 0, "LONG4", "remain"},
		{"a line without end", "V" + strings.Repeat("a", 100), 0, "UNICODE", "no newline"},

		// Arrays.
		{"too few bytes", array("(K\x02t", "C\x08abcdefgh"), 132, "BUILD", "8 bytes"},
		{"a negative dimension", array("(J\xff\xff\xff\xfft", "C\x08abcdefgh"), 135, "BUILD", "dimension 0 of an array is -1"},
		{"a product beyond 64 bits", array("(L4294967296L\nL4294967296L\nL4294967296L\nt", "C\x08abcdefgh"), 169, "BUILD", "does not fit"},
		{"a huge empty shape", array("(K\x00L1000000000000L\nt", "C\x00"), 140, "BUILD", "does not fit"},
		{"a dimension that is text", array("(V1\nt", "C\x08abcdefgh"), 133, "BUILD", "dimension 0 of an array is \"1\""},
		{"no tuple as a shape", array("K\x01", "C\x08abcdefgh"), 130, "BUILD", "int; want a tuple"},
		{"elements as a list", array("(K\x01t", "]"), 123, "BUILD", "list; want bytes"},
		{"an array of a subclass", "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nMaskedArray\n(K\x00tC\x01btR.", 64, "REDUCE", "only plain arrays"},
		{"an array of a foreign class", "cnumpy.core.multiarray\n_reconstruct\n(cacme\nndarray\n(K\x00tC\x01btR.", 59, "REDUCE", "acme.ndarray"},
		{"an unknown dtype", "cnumpy\ndtype\n(Vx8\nI00\nI01\ntR.", 0, "REDUCE", "dtype"},
		{"a dtype of 10^9 characters", "cnumpy\ndtype\n(VU1000000000\nI00\nI01\ntR.", 0, "REDUCE", "not a dtype"},
		{"a field beyond its record", "cnumpy\ndtype\n(VV8\nI00\nI01\ntR(K\x03V|\nN(Va\nt}Va\n(" + dtypeI8 + "K\x04tsK\x08K\x01K\x00tb.", 0, "BUILD", "does not fit into its 8 bytes"},
		{"bytes that are not Latin-1", "c_codecs\nencode\n(V\\u0100\nVlatin1\ntR.", 0, "REDUCE", "Latin-1"},
		{"another codec", "c_codecs\nencode\n(Va\nVbz2\ntR.", 0, "REDUCE", "latin1"},

		// Joblib.
		{"joblib 0.9", "cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}(Vfilename\nVm_01.npy\nub.", 0, "BUILD", "before 0.10"},
		{"joblib 0.9, compressed", "ZF0x10", 0, "", "before 0.10"},
		{"a wrapper without a shape", wrapper("Vorder\nVC\n") + ".", 0, "BUILD", "shape of an array is None"},
		{"an unknown order", wrapper("Vorder\nVA\n") + ".", 0, "BUILD", "want C or F"},
		{"elements cut short", wrapper("Vorder\nVC\nVshape\n(K\x01t") + "1234567", 149, "BUILD", "8 bytes are needed, 7 remain"},
		{"padding longer than the alignment", wrapper(aligned) + "\x11" + strings.Repeat("\xff", 0x11) + "12345678.", 0, "BUILD", "17 bytes of padding"},
		{"padding of zeros", wrapper(aligned) + "\x01\x0012345678.", 0, "BUILD", "want 0xff"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Decode([]byte(tt.pickle), Limits{})
			if tt.what == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %+v, %v; want an *Error", f, err)
			}
			if e.Op != tt.op || !strings.Contains(e.What, tt.what) || tt.at > 0 && e.Offset != tt.at {
				t.Errorf("got %+v\nwant at %d, %s: …%s…", e, tt.at, tt.op, tt.what)
			}
		})
	}
}

var manyKeys = func() string {
	var b strings.Builder
	for i := range byte(40) {
		b.WriteString("K" + string(rune(i)) + "N")
	}
	return b.String()
}()
