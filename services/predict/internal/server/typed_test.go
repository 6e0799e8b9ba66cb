package server

import (
	"context"
	"math"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

func numberColumn(name string, values ...float64) *predictv1.Column {
	return &predictv1.Column{Name: name, Values: &predictv1.Column_Numbers{Numbers: &predictv1.Numbers{Values: values}}}
}

func stringColumn(name string, values ...string) *predictv1.Column {
	return &predictv1.Column{Name: name, Values: &predictv1.Column_Strings{Strings: &predictv1.Strings{Values: values}}}
}

func boolColumn(name string, values ...bool) *predictv1.Column {
	return &predictv1.Column{Name: name, Values: &predictv1.Column_Booleans{Booleans: &predictv1.Booleans{Values: values}}}
}

func missing(c *predictv1.Column, rows ...uint32) *predictv1.Column {
	c.Missing = rows
	return c
}

// houses are rows of the example that differ in where they are.
func houses(oceans ...string) []*predictv1.Column {
	columns := []*predictv1.Column{stringColumn("ocean_proximity", oceans...)}
	for i, n := range numbers {
		columns = append(columns, numberColumn(names[i], slices.Repeat([]float64{n}, len(oceans))...))
	}
	return columns
}

func table(rows uint32, columns ...*predictv1.Column) *predictv1.PredictRequest {
	return &predictv1.PredictRequest{Rows: &predictv1.PredictRequest_Table{Table: &predictv1.Table{Rows: rows, Columns: columns}}}
}

func matrix(rows uint32, values ...float64) *predictv1.PredictRequest {
	return &predictv1.PredictRequest{Rows: &predictv1.PredictRequest_Matrix{Matrix: &predictv1.Matrix{Rows: rows, Values: values}}}
}

func TestPredict(t *testing.T) {
	f := startHousing(t)
	for _, number := range []int64{1, 3} {
		v, _ := f.catalog.Lookup(t.Context(), "housing", number)
		want := direct(t, v, "NEAR BAY", "INLAND")
		req := table(2, houses("NEAR BAY", "INLAND")...)
		req.Model, req.Version = "housing", number
		resp, err := f.typed.Predict(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(resp.GetValues(), want) || want[0] == want[1] {
			t.Errorf("version %d: values %v, want %v", number, resp.GetValues(), want)
		}
		if resp.GetModel() != "housing" || resp.GetVersion() != number || resp.GetRows() != 2 || resp.GetOutputs() != 1 {
			t.Errorf("answer %v does not say what it is", resp)
		}
		if resp.GetFloat32() != (number == 3) {
			t.Errorf("version %d: float32 = %v", number, resp.GetFloat32())
		}
	}
}

// Every way to write the same house.
func TestSameRowInOtherWords(t *testing.T) {
	f := startHousing(t)
	v, _ := f.catalog.Lookup(t.Context(), "housing", 0)
	want := direct(t, v, "INLAND")
	base := houses("INLAND")

	unnamed := append(slices.Clone(base[1:]), base[0])
	for i := range unnamed {
		unnamed[i] = &predictv1.Column{Values: unnamed[i].GetValues()}
	}
	camel := slices.Clone(base)
	camel[0] = stringColumn("oceanProximity", "INLAND")
	camel[4] = numberColumn("totalRooms", 880)
	reversed := slices.Clone(base)
	slices.Reverse(reversed)

	for name, columns := range map[string][]*predictv1.Column{
		"named": base, "unnamed, in order": unnamed, "camelCase": camel, "another order": reversed,
	} {
		resp, err := f.typed.Predict(t.Context(), table(1, columns...))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !slices.Equal(resp.GetValues(), want) {
			t.Errorf("%s: %v, want %v", name, resp.GetValues(), want)
		}
	}
}

func TestMissingValues(t *testing.T) {
	f := startHousing(t)
	ask := func(columns ...*predictv1.Column) float64 {
		t.Helper()
		resp, err := f.typed.Predict(t.Context(), table(1, columns...))
		if err != nil {
			t.Fatal(err)
		}
		return resp.GetValues()[0]
	}
	replace := func(i int, c ...*predictv1.Column) []*predictv1.Column {
		columns := houses("INLAND")
		return slices.Concat(columns[:i], c, columns[i+1:])
	}
	const rooms, ocean = 4, 0
	want := ask(replace(rooms, numberColumn("total_rooms", math.NaN()))...)
	for name, column := range map[string][]*predictv1.Column{
		"listed":            {missing(numberColumn("total_rooms", 880), 0)},
		"without values":    {missing(&predictv1.Column{Name: "total_rooms"}, 0)},
		"a missing string":  {missing(stringColumn("total_rooms", ""), 0)},
		"a missing boolean": {missing(boolColumn("total_rooms", true), 0)},
		"no column":         {},
	} {
		if got := ask(replace(rooms, column...)...); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	// A missing string is not the empty string, which is an unknown category.
	want = ask(replace(ocean, missing(stringColumn("ocean_proximity", "INLAND"), 0))...)
	if got := ask(replace(ocean, numberColumn("ocean_proximity", math.NaN()))...); got != want {
		t.Errorf("NaN for a string: %v, want %v", got, want)
	}
}

func TestBooleansAreNumbers(t *testing.T) {
	f := startGolden(t, "linear-regression")
	ask := func(first *predictv1.Column) []float64 {
		columns := []*predictv1.Column{first}
		for _, name := range []string{"age", "rooms"} {
			columns = append(columns, numberColumn(name, 0, 0))
		}
		req := table(2, columns...)
		req.Model = "m"
		resp, err := f.typed.Predict(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		return resp.GetValues()
	}
	if got, want := ask(boolColumn("income", true, false)), ask(numberColumn("income", 1, 0)); !slices.Equal(got, want) {
		t.Errorf("booleans: %v, want %v", got, want)
	}
}

// To CatBoost an integer, or a bool, is the category of its decimal digits.
func TestIntegersAsCategories(t *testing.T) {
	f := start(t, version("m", 1, open(t, "../../../scoring/testdata/catboost-1.2.10/category-one-hot-classifier/model.cbm")))
	ask := func(code *predictv1.Column) ([]float64, error) {
		rows := uint32(2)
		req := table(rows, numberColumn("income", 4.32, 4.32), numberColumn("age", 32, 32), stringColumn("ocean", "INLAND", "INLAND"),
			stringColumn("state", "good", "good"), stringColumn("animal", "0", "0"), code)
		req.Model, req.Methods = "m", []predictv1.Method{predictv1.Method_METHOD_DECISION_FUNCTION}
		resp, err := f.typed.Predict(t.Context(), req)
		return resp.GetScores(), err
	}
	for name, pair := range map[string][2]*predictv1.Column{
		"integers": {numberColumn("code", 4, -1), stringColumn("code", "4", "-1")},
		"bools":    {boolColumn("code", true, false), stringColumn("code", "1", "0")},
	} {
		got, err := ask(pair[0])
		want, err2 := ask(pair[1])
		if err != nil || err2 != nil || !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("%s: %v, %v; want %v, %v", name, got, err, want, err2)
		}
	}
	for want, c := range map[string]*predictv1.Column{
		"row 1, feature code: expected a string or an integer, got the number 0.5": numberColumn("code", 4, 0.5),
		"send it as a string": numberColumn("code", 4, 1e17),
		"row 1, feature code": numberColumn("code", 4, math.NaN()),
	} {
		if _, err := ask(c); status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestInvalidRows(t *testing.T) {
	f := startHousing(t)
	with := func(i int, c *predictv1.Column) *predictv1.PredictRequest {
		columns := houses("INLAND", "INLAND")
		columns[i] = c
		return table(2, columns...)
	}
	tests := []struct {
		name    string
		req     *predictv1.PredictRequest
		message string
		meta    []string
	}{
		{"an unknown column", with(4, numberColumn("rooms", 1, 2)), `unknown column "rooms"; the model's features are longitude,`, []string{"feature", "rooms"}},
		{"a number for a string", with(0, numberColumn("ocean_proximity", math.NaN(), 7)), "row 1, feature ocean_proximity: expected a string, got the number 7", []string{"row", "1", "feature", "ocean_proximity"}},
		{"a boolean for a string", with(0, missing(boolColumn("ocean_proximity", true, false), 0)), "row 1, feature ocean_proximity: expected a string, got the boolean false", []string{"row", "1"}},
		{"a string for a number", with(4, stringColumn("total_rooms", "many", "few")), `row 0, feature total_rooms: expected a number, got the string "many"`, []string{"row", "0", "feature", "total_rooms"}},
		{"twice the same", with(4, numberColumn("longitude", 1, 2)), "column longitude is given twice", nil},
		{"twice, by its alias", with(4, numberColumn("medianIncome", 1, 2)), "column median_income is given twice", nil},
		{"too few values", with(4, numberColumn("total_rooms", 1)), "column total_rooms has 1 values; the table has 2 rows", nil},
		{"no values", with(4, missing(&predictv1.Column{Name: "total_rooms"}, 1)), "column total_rooms has no values, but only 1 of 2 are missing", nil},
		{"missing out of range", with(4, missing(numberColumn("total_rooms", 1, 2), 2)), "missing lists row 2 after row -1; expected ascending numbers below 2", nil},
		{"missing not ascending", with(4, missing(numberColumn("total_rooms", 1, 2), 1, 0)), "missing lists row 0 after row 1", nil},
		{"some without names", with(4, numberColumn("", 1, 2)), "columns[4] has a name or has none", nil},
		{"too few without names", table(1, numberColumn("", 1)), "the table has 1 columns without names; the model has 9 features", nil},
		{"no columns", table(1), "the table has 0 columns without names", nil},
		{"no rows in the table", table(0), "the request has 0 rows; expected at least 1", nil},
		{"too many rows", table(1001), "the request has 1001 rows; at most 1000 are accepted", nil},
		{"rows that would overflow", matrix(math.MaxUint32), "at most 1000 are accepted", nil},
		{"a matrix of another width", matrix(1, 1, 2, 3), "the matrix has 3 values for 1 rows; the model has 9 features", nil},
		{"a matrix for a model with strings", matrix(1, append(slices.Clone(numbers), 3)...), "row 0, feature ocean_proximity: expected a string, got the number 3", []string{"feature", "ocean_proximity"}},
		{"neither table nor matrix", &predictv1.PredictRequest{}, "the request has no rows", nil},
		{"a method that it lacks", &predictv1.PredictRequest{Rows: table(1, houses("INLAND")...).Rows, Methods: []predictv1.Method{predictv1.Method_METHOD_PREDICT_PROBA}}, "the model has no predict_proba; it has predict", nil},
		{"an unknown method", &predictv1.PredictRequest{Methods: []predictv1.Method{9}}, "methods[0] is 9; expected METHOD_PREDICT", nil},
		{"a negative version", &predictv1.PredictRequest{Version: -1}, "version is -1", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := f.typed.Predict(t.Context(), tt.req)
			refused(t, err, codes.InvalidArgument, tt.message, tt.meta...)
		})
	}
}

// An error that quotes the caller stays small enough for every client: errors
// are headers.
func TestLongErrors(t *testing.T) {
	f := startHousing(t)
	long := strings.Repeat("é", 1<<20)
	named := table(1, numberColumn(long, 1))
	absent := table(1, houses("INLAND")...)
	absent.Model = long
	for name, req := range map[string]*predictv1.PredictRequest{"a column": named, "a model": absent} {
		_, err := f.typed.Predict(t.Context(), req)
		st := status.Convert(err)
		if st.Code() != codes.InvalidArgument && st.Code() != codes.NotFound || len(st.Message()) > 1100 || !utf8.ValidString(st.Message()) {
			t.Errorf("%s: %v, %d bytes: %.200s", name, st.Code(), len(st.Message()), st.Message())
		}
		if info := errorInfo(st); info == nil || len(info.GetMetadata()["feature"]) > 300 {
			t.Errorf("%s: details %.300v", name, info)
		}
	}
}

// What the library refuses comes back as its row.
func TestRowThatTheLibraryRefuses(t *testing.T) {
	f := startHousing(t)
	columns := houses("INLAND", "INLAND")
	columns[1] = numberColumn("longitude", 1, math.Inf(1))
	_, err := f.typed.Predict(t.Context(), func() *predictv1.PredictRequest {
		req := table(2, columns...)
		req.Version = 1
		return req
	}())
	refused(t, err, codes.InvalidArgument, "row 1, feature longitude", "row", "1", "feature", "longitude")
}

func TestNeededColumn(t *testing.T) {
	f := startGolden(t, "linear-regression") // which refuses missing values
	req := table(1, numberColumn("income", 1), numberColumn("rooms", 1))
	req.Model = "m"
	_, err := f.typed.Predict(t.Context(), req)
	refused(t, err, codes.InvalidArgument, "column age is not given, and the model needs it", "feature", "age")
}

func TestClassifier(t *testing.T) {
	row := []float64{0.3, -0.01, 0.44, 0.72, -0.71}
	tests := []struct {
		model string
		label func(*predictv1.Labels) any
		want  any // by scikit-learn
	}{
		{"forest-classifier-int", func(l *predictv1.Labels) any { return l.GetIntegers().GetValues()[0] }, int64(7)},
		{"forest-classifier-string", func(l *predictv1.Labels) any { return l.GetStrings().GetValues()[0] }, "yes"},
		{"forest-classifier-float", func(l *predictv1.Labels) any { return l.GetNumbers().GetValues()[0] }, 2.0},
		{"forest-classifier-bool", func(l *predictv1.Labels) any { return l.GetBooleans().GetValues()[0] }, true},
		{"logistic-three-string", func(l *predictv1.Labels) any { return l.GetStrings().GetValues()[0] }, "mid"},
	}
	for _, tt := range tests {
		t.Run(tt.model, func(t *testing.T) {
			f := startGolden(t, tt.model)
			req := matrix(1, row...)
			req.Model = "m"
			req.Methods = []predictv1.Method{predictv1.Method_METHOD_PREDICT, predictv1.Method_METHOD_PREDICT_PROBA}
			resp, err := f.typed.Predict(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if got := tt.label(resp.GetLabels()); got != tt.want {
				t.Errorf("label %v, want %v", got, tt.want)
			}
			sum := 0.0
			for _, p := range resp.GetProbabilities() {
				sum += p
			}
			if math.Abs(sum-1) > 1e-9 || resp.GetClasses() == nil || len(resp.GetValues()) != 0 {
				t.Errorf("probabilities %v of classes %v, values %v", resp.GetProbabilities(), resp.GetClasses(), resp.GetValues())
			}
		})
	}
	f := startGolden(t, "logistic-three-string")
	req := matrix(1, row...)
	req.Model, req.Methods = "m", []predictv1.Method{predictv1.Method_METHOD_DECISION_FUNCTION}
	resp, err := f.typed.Predict(t.Context(), req)
	if err != nil || len(resp.GetScores()) != 3 || resp.GetScoreColumns() != 3 || resp.GetLabels() != nil {
		t.Errorf("decision_function: %v, %v", resp, err)
	}
}

// Two answers must not share memory through the pool.
func TestAnswersDoNotShareMemory(t *testing.T) {
	f := startHousing(t)
	s := typed{Server: f.Server}
	first, err := s.Predict(t.Context(), table(1, houses("INLAND")...))
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(first.GetValues())
	for range 10 {
		if _, err := s.Predict(t.Context(), table(1, houses("ISLAND")...)); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(first.GetValues(), before) {
		t.Errorf("the first answer changed from %v to %v", before, first.GetValues())
	}
}

func TestErrors(t *testing.T) {
	f := startHousing(t)
	req := table(1, houses("INLAND")...)
	ask := func(name string) error {
		req.Model = name
		_, err := f.typed.Predict(t.Context(), req)
		return err
	}
	refused(t, ask("houses"), codes.NotFound, `model "houses" not found`)
	refused(t, ask("pending"), codes.Unavailable, `model "pending" version 1 is not served here: LOADING`)

	err := ask("unreadable")
	refused(t, err, codes.Internal, "internal error")
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("an internal error leaks: %v", err)
	}
	if log := f.logged.String(); !strings.Contains(log, "secret path /srv/models") || !strings.Contains(log, "request_id=req-7") {
		t.Errorf("the log does not tell the internal error: %s", log)
	}
	if got := testutil.ToFloat64(f.metrics.requests.WithLabelValues("", "", "NotFound")); got != 1 {
		t.Errorf("counted %v requests for unknown models, want 1, without their name", got)
	}
}

type fullGate struct{ openGate }

func (fullGate) Acquire(context.Context, string) (int, error) { return 0, fullError{} }
func (fullGate) Check(context.Context, string, bool) error    { return fullError{} }

type fullError struct{}

func (fullError) Error() string             { return "full" }
func (fullError) RetryAfter() time.Duration { return 2 * time.Second }

func TestFull(t *testing.T) {
	f := startHousing(t)
	f.o.Gate = fullGate{}
	_, err := f.typed.Predict(t.Context(), table(1, houses("INLAND")...))
	refused(t, err, codes.ResourceExhausted, "full")
	if early := f.Check(t.Context(), predictv1.PredictService_Predict_FullMethodName, false); status.Code(early) != codes.ResourceExhausted || early.Error() != err.Error() {
		t.Errorf("before the request is read: %v, want the same, %v", early, err)
	}
	if other := f.Check(t.Context(), predictv1.PredictService_ListModels_FullMethodName, false); other != nil {
		t.Errorf("a method that computes nothing: %v", other)
	}
	for _, d := range status.Convert(err).Details() {
		if retry, ok := d.(*errdetails.RetryInfo); ok && retry.GetRetryDelay().AsDuration() == 2*time.Second {
			return
		}
	}
	t.Errorf("%v does not tell when to retry", status.Convert(err).Details())
}

// slow takes until its context ends.
type slow struct{ *scoring.Model }

func (slow) Predict(ctx context.Context, _ *scoring.Batch, _ scoring.Method, _ *scoring.Result) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestDeadline(t *testing.T) {
	f := start(t, version("housing", 1, slow{open(t, housing+"/2/model.joblib")}))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := typed{Server: f.Server}.Predict(ctx, table(1, houses("INLAND")...))
	refused(t, err, codes.DeadlineExceeded, "the deadline passed")

	f.o.Timeout = 20 * time.Millisecond
	_, err = f.typed.Predict(t.Context(), table(1, houses("INLAND")...))
	refused(t, err, codes.DeadlineExceeded, "the deadline passed")
}

func TestListAndGet(t *testing.T) {
	f := startHousing(t)
	list, err := f.typed.ListModels(t.Context(), &predictv1.ListModelsRequest{PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	m := list.GetModels()[0]
	if list.GetDefaultModel() != "housing" || len(list.GetModels()) != 1 || m.GetDefaultVersion() != 3 || len(m.GetVersions()) != 2 {
		t.Errorf("first page: %v", list)
	}
	list, err = f.typed.ListModels(t.Context(), &predictv1.ListModelsRequest{PageSize: 1, PageToken: list.GetNextPageToken()})
	if err != nil || len(list.GetModels()) != 1 || list.GetNextPageToken() != "" {
		t.Fatalf("second page: %v, %v", list, err)
	}
	pending := list.GetModels()[0]
	if pending.GetDefaultVersion() != 0 || pending.GetVersions()[1].GetState() != predictv1.State_STATE_FAILED ||
		pending.GetVersions()[1].GetReason() != "golden row 3" {
		t.Errorf("a model that is not served: %v", pending)
	}
	_, err = f.typed.ListModels(t.Context(), &predictv1.ListModelsRequest{PageSize: -1})
	refused(t, err, codes.InvalidArgument, "page_size is -1")

	got, err := f.typed.GetModel(t.Context(), &predictv1.GetModelRequest{Name: "housing", Version: 1})
	if err != nil {
		t.Fatal(err)
	}
	sig := got.GetSignature()
	ocean := sig.GetFeatures()[8]
	switch {
	case got.GetVersion().GetVersion() != 1, got.GetVersion().GetState() != predictv1.State_STATE_READY,
		got.GetOrigin().GetCertifiedRows() != 200, got.GetOrigin().GetMetrics()["rmse"] != 1.5:
		t.Errorf("version and origin: %v %v", got.GetVersion(), got.GetOrigin())
	case ocean.GetType() != predictv1.FeatureType_FEATURE_TYPE_STRING, len(ocean.GetCategories()) != 5,
		!sig.GetNamed(), sig.GetTask() != predictv1.Task_TASK_REGRESSION, len(sig.GetMethods()) != 1:
		t.Errorf("signature: %v", sig)
	}
	_, err = f.typed.GetModel(t.Context(), &predictv1.GetModelRequest{Name: "nowhere"})
	refused(t, err, codes.NotFound, `model "nowhere" not found`)
}

func TestSignatureOfAClassifier(t *testing.T) {
	f := startGolden(t, "forest-classifier-int")
	got, err := f.typed.GetModel(t.Context(), &predictv1.GetModelRequest{Name: "m"})
	if err != nil {
		t.Fatal(err)
	}
	sig := got.GetSignature()
	if !slices.Equal(sig.GetClasses().GetIntegers().GetValues(), []int64{3, 7}) || len(sig.GetMethods()) != 2 || sig.GetOutputs() != 0 {
		t.Errorf("signature: %v", sig)
	}
}

// A usual request allocates its answer, the values and the id in it, and
// nothing else.
func TestPredictAllocatesOnlyItsAnswer(t *testing.T) {
	f := startHousing(t)
	s := typed{Server: f.Server}
	req := table(1, houses("INLAND")...)
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() { _, _ = s.Predict(ctx, req) }); n > 3 && !raceEnabled() {
		t.Errorf("%v allocations, want 3", n)
	}
}

// raceEnabled reports whether the race detector runs, which makes pools drop
// things at random.
func raceEnabled() bool {
	build, _ := debug.ReadBuildInfo()
	return slices.ContainsFunc(build.Settings, func(s debug.BuildSetting) bool { return s.Key == "-race" && s.Value == "true" })
}

func BenchmarkPredictOneRow(b *testing.B) {
	f := startHousing(b)
	s := typed{Server: f.Server}
	req := table(1, houses("INLAND")...)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Predict(b.Context(), req); err != nil {
			b.Fatal(err)
		}
	}
}

var _ model.Scorer = slow{}
