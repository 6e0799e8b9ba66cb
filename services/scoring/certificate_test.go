package scoring_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

func golden(t *testing.T, features, rows, outputs, refused string) (*scoring.Certificate, error) {
	t.Helper()
	return scoring.ReadCertificate(strings.NewReader(fmt.Sprintf(
		`{"format": "treehouse.dev/golden/v1", "library": "scikit-learn", "features": [%s], "rows": [%s], "outputs": {%s}, "errors": [%s]}`,
		features, rows, outputs, refused)))
}

func TestReadCertificateRefuses(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"no JSON", "golden", "golden.json: at byte"},
		{"another format", `{"format": "v2"}`, `format is "v2"; expected "treehouse.dev/golden/v1"`},
		{"too many values", `{"format": "treehouse.dev/golden/v1", "rows": [` + strings.Repeat("[],", 3<<20) + `[]]}`, "more than 4194304 values"},
		{"data after it", `{"format": "treehouse.dev/golden/v1"} {}`, "data after the document"},
		{"nothing proven", `{"format": "treehouse.dev/golden/v1", "features": ["a"]}`, "proves nothing"},
		{"a short row", `{"format": "treehouse.dev/golden/v1", "features": ["a"], "rows": [[]], "outputs": {"predict": [[1]]}}`, "row 0 has 0 values for 1 features"},
		{"rows without outputs", `{"format": "treehouse.dev/golden/v1", "features": ["a"], "rows": [[1], [2]], "outputs": {"predict": [[1]]}}`, "1 outputs of predict for 2 rows"},
		{"a short refused row", `{"format": "treehouse.dev/golden/v1", "features": ["a"], "rows": [[1]], "outputs": {"predict": [[1]]}, "errors": [{"row": []}]}`, "refused row 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := scoring.ReadCertificate(strings.NewReader(test.text))
			var format *scoring.FormatError
			if !errors.As(err, &format) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want a FormatError with %q", err, test.want)
			}
		})
	}
}

// The model is a scikit-learn pipeline with an encoder that refuses what it
// does not know; predict of the first golden row is 9.68….
func TestCertify(t *testing.T) {
	m := testModel(t, "columns-error")
	const names = `"income", "age", "rooms", "garden", "ocean", "state"`
	const row = `[4.32, 26.0, 2.0, 1.0, "INLAND", "bad"]`
	right := fmt.Sprintf(`"predict": [[%v]]`, predictOne(t, m))
	for _, test := range []struct{ name, features, rows, outputs, refused, want string }{
		{"as the library says", names, row, right, "", ""},
		{"columns in another order", `"state", "income", "age", "rooms", "garden", "ocean"`, `["bad", 4.32, 26.0, 2.0, 1.0, "INLAND"]`, right, "", ""},
		{"a refused row", names, row, right, `{"row": [4.32, 26, 2, 1, "MOON", "bad"], "error": "ValueError: unknown"}`, ""},
		{"a row nobody can ask for", names, row, right, `{"row": ["four", 26, 2, 1, "INLAND", "bad"], "error": "ValueError: no number"}`, ""},
		{"another number", names, row, `"predict": [[1.5]]`, "", "golden row 0: predict is "},
		{"an infinite number", names, row, `"predict": [["Infinity"]]`, "", "+Inf"},
		{"two numbers", names, row, `"predict": [[1, 2]]`, "", "predict is 1 values"},
		{"a label", names, row, `"predict": ["yes"]`, "", "is not numbers"},
		{"a row that is refused here", names, `[4.32, 26.0, 2.0, 1.0, "MOON", "bad"]`, right, "", "an error (row 0, feature ocean"},
		{"a row that is not refused here", names, row, right, `{"row": ` + row + `, "error": "ValueError: no"}`, "golden row 0: error is a prediction, but the training library computed refused: ValueError: no"},
		{"columns of another model", `"a", "b", "c", "d", "e", "f"`, row, right, "", `feature "income" is not among`},
		{"too few columns", `"income"`, `[1]`, right, "", "1 features; the model has 6"},
		{"a value of another kind", names, `["four", 26.0, 2.0, 1.0, "INLAND", "bad"]`, right, "", "four is no number"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := golden(t, test.features, test.rows, test.outputs, test.refused)
			if err != nil {
				t.Fatal(err)
			}
			err = m.Certify(c)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// predictOne is the model's answer for the row of TestCertify.
func predictOne(t *testing.T, m *scoring.Model) float64 {
	t.Helper()
	var out scoring.Result
	if err := m.Predict(t.Context(), house(1), scoring.Predict, &out); err != nil {
		t.Fatal(err)
	}
	return out.Values[0]
}

func FuzzReadCertificate(f *testing.F) {
	f.Add([]byte(`{"format": "treehouse.dev/golden/v1", "features": ["a"], "rows": [[1]], "outputs": {"predict": [[1]]}, "errors": [{"row": [null]}]}`))
	f.Add([]byte(`{"format": "treehouse.dev/golden/v1", "features": ["a"], "rows": [["Infinity"]], "outputs": {"predict": ["yes"], "predict_proba": [[0.5, "NaN"]]}}`))
	m := testModel(f, "tree-one-leaf")
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := scoring.ReadCertificate(bytes.NewReader(data))
		var format *scoring.FormatError
		if err != nil {
			if !errors.As(err, &format) {
				t.Errorf("got a %T: %v", err, err)
			}
			return
		}
		var mismatch *scoring.MismatchError
		if err := m.Certify(c); err != nil && !errors.As(err, &format) && !errors.As(err, &mismatch) {
			t.Errorf("got a %T: %v", err, err)
		}
	})
}
