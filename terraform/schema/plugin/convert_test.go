package plugin

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/terraform/schema/document"
)

func TestConvert(t *testing.T) {
	provider := document.Provider{Resources: map[string]document.Schema{"bath_pool": {Block: document.Block{
		Attributes: map[string]document.Attribute{"depth": {Type: json.RawMessage(`"number"`), Required: true}},
		Blocks:     map[string]document.NestedBlock{"lane": {Nesting: "list", MinItems: 1, MaxItems: 1}},
	}}}}
	schemas, err := convert(provider)
	if err != nil {
		t.Fatal(err)
	}
	typed := schemas.ResourceSchemas["bath_pool"].ValueType().String()
	if want := `"depth":tftypes.Number`; !strings.Contains(typed, want) {
		t.Errorf("got %s, want it to have %s", typed, want)
	}
}

func TestConvertRefuses(t *testing.T) {
	cases := map[string]document.Block{
		"lane":  {Blocks: map[string]document.NestedBlock{"lane": {Nesting: "heap"}}},
		"depth": {Attributes: map[string]document.Attribute{"depth": {Type: json.RawMessage(`"fathom"`)}}},
		"state": {Attributes: map[string]document.Attribute{"state": {NestedType: &document.NestedType{Nesting: "heap"}}}},
	}
	for name, block := range cases {
		_, err := convert(document.Provider{DataSources: map[string]document.Schema{"bath_pool": {Block: block}}})
		if err == nil || !strings.Contains(err.Error(), "bath_pool") || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want an error that names the data source and %s", name, err, name)
		}
	}
}
