package xgboost

import (
	"fmt"
	"strings"
	"testing"
)

func TestImportances(t *testing.T) {
	gains := strings.Replace(stump, `"left_children"`, `"loss_changes":[4E0,9E9,9E9],"left_children"`, 1)
	for _, c := range []struct{ name, text, kind, want string }{
		{"gains", gains, "", "[1 0] 2.1.4 <nil>"},
		{"weights", gains, "weight", "[1 0] 2.1.4 <nil>"},
		{"no gain", strings.Replace(gains, "4E0", "0E0", 1), "total_gain", "[0 0] 2.1.4 <nil>"},
		{"of another type", gains, "cover", "importance_type=cover"},
		{"without gains", stump, "gain", "no loss_changes"},
		{"infinite", strings.Replace(gains, "4E0", "Infinity", 1), "gain", "gains +Inf"},
		{"of no feature", strings.Replace(gains, `"split_indices":[0`, `"split_indices":[2`, 1), "gain", "feature 2 of 2"},
		{"of a version too old", strings.Replace(gains, "[2,1,4]", "[1,4,2]", 1), "gain", "XGBoost 1.5 or newer"},
		{"of the binary format", "binf", "gain", "binary format"},
	} {
		scores, version, err := Importances([]byte(c.text), c.kind, 0)
		if got := fmt.Sprintf("%v %s %v", scores, version, err); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s; want %s", c.name, got, c.want)
		}
	}
}
