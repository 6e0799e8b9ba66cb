package lightgbm

import (
	"fmt"
	"strings"
	"testing"
)

func TestImportances(t *testing.T) {
	gains := strings.Replace(stump, "split_feature=1\n", "split_feature=1\nsplit_gain=2.5\n", 1)
	useless := strings.Replace(stump, "split_feature=1\n", "split_feature=1\nsplit_gain=0\n", 1)
	for _, c := range []struct{ name, text, kind, want string }{
		{"splits", gains, "split", "[0 1] <nil>"},
		{"splits that gain nothing", useless, "split", "[0 0] <nil>"},
		{"gains", gains, "gain", "[0 2.5] <nil>"},
		{"of another type", gains, "cover", "importance_type=cover"},
		{"without gains", stump, "gain", "0 gains of 1 splits"},
		{"of no feature", strings.Replace(gains, "split_feature=1", "split_feature=7", 1), "gain", "7"},
		{"of a version too old", strings.Replace(gains, "version=v4", "version=v2", 1), "gain", "LightGBM 3.0 or newer"},
	} {
		scores, _, err := Importances([]byte(c.text), c.kind, 0)
		if got := fmt.Sprint(scores, err); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s; want %s", c.name, got, c.want)
		}
	}
}
