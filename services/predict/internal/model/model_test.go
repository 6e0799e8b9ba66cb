package model

import (
	"fmt"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

func inputs(names ...string) *Inputs {
	s := &scoring.Signature{}
	for _, n := range names {
		s.Features = append(s.Features, scoring.Feature{Name: n})
	}
	return NewInputs(s)
}

func TestFind(t *testing.T) {
	tests := []struct {
		features string
		name     string
		want     int // -1: not found
	}{
		{"longitude total_rooms", "total_rooms", 1},
		{"longitude total_rooms", "totalRooms", 1},
		{"longitude total_rooms", "TotalRooms", -1},
		{"longitude total_rooms", "total rooms", 1},
		{"sepal_length_(cm)", "sepal length (cm)", 0}, // as LightGBM writes it
		{"my_sepal_length", "my_sepal length", 0},
		{"a_b_c", "a-b c", -1},
		{"longitude total_rooms", "", -1},
		{"totalRooms", "total_rooms", 0},
		{"HTTPCode", "http_code", 0},
		{"_hidden_size", "_hiddenSize", 0},
		{"MedInc HouseAge", "med_inc", 0},
		{"MedInc HouseAge", "medinc", -1},
		// An exact name wins over another feature's alias.
		{"total_rooms totalRooms", "totalRooms", 1},
		{"total_rooms totalRooms", "total_rooms", 0},
		// Two features with one alias: neither has it.
		{"a_b a__b", "aB", -1},
		{"a_b a__b", "a__b", 1},
		{"x0 x1", "x1", 1},
		{"größe_ä", "größeÄ", 0},
	}
	for _, tt := range tests {
		got, ok := inputs(strings.Fields(tt.features)...).Find(tt.name)
		if !ok {
			got = -1
		}
		if got != tt.want {
			t.Errorf("features %s: Find(%q) = %d, want %d", tt.features, tt.name, got, tt.want)
		}
	}
}

func TestNames(t *testing.T) {
	if got := inputs("a", "b").Names(); got != "a, b" {
		t.Errorf("Names = %q", got)
	}
	many := make([]string, 1000)
	for i := range many {
		many[i] = fmt.Sprintf("x%d", i)
	}
	if got := inputs(many...).Names(); !strings.HasSuffix(got, "x29 and 970 more") {
		t.Errorf("Names of many features = %q", got)
	}
}

func TestErrors(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{&NotFoundError{Name: "houses", Hint: "there is housing"}, `model "houses" not found; there is housing`},
		{&NotFoundError{Name: "housing", Version: 9}, `model "housing" has no version 9`},
		{&NotFoundError{}, "no model is named and the server has no default model"},
		{&NotServedError{Name: "housing", Version: 2, State: Failed, Reason: "golden row 3"}, `model "housing" version 2 is not served here: FAILED: golden row 3`},
		{&NotServedError{Name: "housing"}, `model "housing" is not served here`},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestSummaryReady(t *testing.T) {
	s := Summary{Default: 2, Versions: []Status{{Number: 1, State: Ready, Served: true}, {Number: 2, State: Failed}}}
	if s.Ready() {
		t.Error("ready though the default version is not served")
	}
	s.Default = 1
	if !s.Ready() {
		t.Error("not ready though the default version is served")
	}
}
