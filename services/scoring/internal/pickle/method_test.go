package pickle

import (
	"strings"
	"testing"
)

// Methods of scipy's distributions are inert; any other getattr refuses the file.
func TestMethods(t *testing.T) {
	const frozen = "cscipy.stats._distn_infrastructure\nrv_discrete_frozen\n)\x81"
	for name, test := range map[string]struct {
		pickle string
		ok     bool
	}{
		"a method":                       {"cbuiltins\ngetattr\n(" + frozen + "V_pmf\ntR.", true},
		"as Python 2 names it":           {"c__builtin__\ngetattr\n(" + frozen + "V_pmf\ntR.", true},
		"two methods":                    {"(cbuiltins\ngetattr\nq\x00(" + frozen + "V_pmf\ntRh\x00(" + frozen + "V_cdf\ntRl.", true},
		"of a class":                     {"cbuiltins\ngetattr\n(cscipy.stats._distn_infrastructure\nrv_frozen\nV_pmf\ntR.", false},
		"of an object of somebody's own": {"cbuiltins\ngetattr\n(cacme\nThing\n)\x81V_pmf\ntR.", false},
		"of a text":                      {"cbuiltins\ngetattr\n(Va\nVformat\ntR.", false},
		"not a name":                     {"cbuiltins\ngetattr\n(" + frozen + "Va.b\ntR.", false},
		"with a default":                 {"cbuiltins\ngetattr\n(" + frozen + "V_pmf\nNtR.", false},
		"not called":                     {"cbuiltins\ngetattr\n.", false},
		"dropped":                        {"cbuiltins\ngetattr\n0N.", false},
		"once more than it is called":    {"(cbuiltins\ngetattr\nq\x00(" + frozen + "V_pmf\ntRh\x00l.", false},
		"doubled":                        {"(cbuiltins\ngetattr\n2(" + frozen + "V_pmf\ntRl.", false},
		"an instance of it":              {"cbuiltins\ngetattr\n(" + frozen + "V_pmf\nt\x81.", false},
		"a method that is called":        {"cbuiltins\ngetattr\n(" + frozen + "V_pmf\ntR)R.", false},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Decode([]byte(test.pickle), Limits{})
			if test.ok != (err == nil) {
				t.Fatalf("got %v", err)
			}
			if err != nil && name != "a method that is called" && !strings.Contains(err.Error(), "builtins.getattr, which could run code") {
				t.Errorf("got %v", err)
			}
			if err == nil && len(f.Foreign) > 0 {
				t.Errorf("foreign: %v", f.Foreign)
			}
		})
	}
}
