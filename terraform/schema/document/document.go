// Package document is the JSON in which OpenTofu prints providers' schemas
// (`tofu providers schema -json`), so that the output of a real provider can
// take the place of an extracted one.
package document

import (
	"encoding/json"
	"fmt"
	"io"
)

// Document holds the schemas of one provider.
type Document struct {
	FormatVersion string              `json:"format_version"`
	Providers     map[string]Provider `json:"provider_schemas"`
}

// Provider is what a provider takes and offers.
type Provider struct {
	Config      Schema            `json:"provider"`
	Resources   map[string]Schema `json:"resource_schemas"`
	DataSources map[string]Schema `json:"data_source_schemas"`
}

// Schema is that of a resource, a data source or a provider's configuration.
type Schema struct {
	Version int64 `json:"version"`
	Block   Block `json:"block"`
}

// Block is the body of a schema or of a nested block.
type Block struct {
	Attributes map[string]Attribute   `json:"attributes,omitempty"`
	Blocks     map[string]NestedBlock `json:"block_types,omitempty"`
}

// Attribute has either a Type, in cty's JSON, or a NestedType.
type Attribute struct {
	Type       json.RawMessage `json:"type,omitempty"`
	NestedType *NestedType     `json:"nested_type,omitempty"`
	Required   bool            `json:"required,omitempty"`
	Optional   bool            `json:"optional,omitempty"`
	Computed   bool            `json:"computed,omitempty"`
}

// NestedType is the type of an attribute that has attributes.
type NestedType struct {
	Attributes map[string]Attribute `json:"attributes"`
	Nesting    string               `json:"nesting_mode"` // single, list, set or map
}

// NestedBlock is a block within a block.
type NestedBlock struct {
	Nesting  string `json:"nesting_mode"` // single, list or set
	Block    Block  `json:"block"`
	MinItems int64  `json:"min_items,omitempty"`
	MaxItems int64  `json:"max_items,omitempty"` // 0: no bound
}

const registry = "registry.opentofu.org/"

// New is the document of the one provider, as in hashicorp/aws.
func New(name string, provider Provider) Document {
	return Document{FormatVersion: "1.0", Providers: map[string]Provider{registry + name: provider}}
}

// Only returns the one provider of the document and its address.
func (d Document) Only() (string, Provider, error) {
	if len(d.Providers) != 1 {
		return "", Provider{}, fmt.Errorf("the document has %d providers, not one", len(d.Providers))
	}
	for address, provider := range d.Providers {
		return address, provider, nil
	}
	panic("unreachable")
}

// Read decodes a document.
func Read(r io.Reader) (Document, error) {
	var doc Document
	if err := json.NewDecoder(r).Decode(&doc); err != nil {
		return Document{}, fmt.Errorf("reading a schema document: %w", err)
	}
	return doc, nil
}
