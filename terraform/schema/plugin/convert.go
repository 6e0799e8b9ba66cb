package plugin

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/treehouse-ml/treehouse/terraform/schema/document"
)

var blockNesting = map[string]tfprotov6.SchemaNestedBlockNestingMode{
	"single": tfprotov6.SchemaNestedBlockNestingModeSingle,
	"list":   tfprotov6.SchemaNestedBlockNestingModeList,
	"set":    tfprotov6.SchemaNestedBlockNestingModeSet,
}

var attributeNesting = map[string]tfprotov6.SchemaObjectNestingMode{
	"single": tfprotov6.SchemaObjectNestingModeSingle,
	"list":   tfprotov6.SchemaObjectNestingModeList,
	"set":    tfprotov6.SchemaObjectNestingModeSet,
	"map":    tfprotov6.SchemaObjectNestingModeMap,
}

// convert puts a provider's schemas into the plugin protocol's terms.
func convert(provider document.Provider) (*tfprotov6.GetProviderSchemaResponse, error) {
	answer := &tfprotov6.GetProviderSchemaResponse{
		// OpenTofu keeps the schemas, and does not ask each process again.
		ServerCapabilities: &tfprotov6.ServerCapabilities{GetProviderSchemaOptional: true},
		ResourceSchemas:    map[string]*tfprotov6.Schema{},
		DataSourceSchemas:  map[string]*tfprotov6.Schema{},
	}
	var err error
	if answer.Provider, err = schema(provider.Config); err != nil {
		return nil, fmt.Errorf("the provider's configuration: %w", err)
	}
	for name, resource := range provider.Resources {
		if answer.ResourceSchemas[name], err = schema(resource); err != nil {
			return nil, fmt.Errorf("resource %s: %w", name, err)
		}
	}
	for name, source := range provider.DataSources {
		if answer.DataSourceSchemas[name], err = schema(source); err != nil {
			return nil, fmt.Errorf("data source %s: %w", name, err)
		}
	}
	return answer, nil
}

func schema(s document.Schema) (*tfprotov6.Schema, error) {
	body, err := block(s.Block)
	return &tfprotov6.Schema{Version: s.Version, Block: body}, err
}

func block(b document.Block) (*tfprotov6.SchemaBlock, error) {
	list, err := attributes(b.Attributes)
	if err != nil {
		return nil, err
	}
	body := &tfprotov6.SchemaBlock{Attributes: list}
	for name, child := range b.Blocks {
		nesting, ok := blockNesting[child.Nesting]
		if !ok {
			return nil, fmt.Errorf("block %s: unknown nesting %q", name, child.Nesting)
		}
		inner, err := block(child.Block)
		if err != nil {
			return nil, fmt.Errorf("block %s: %w", name, err)
		}
		body.BlockTypes = append(body.BlockTypes, &tfprotov6.SchemaNestedBlock{
			TypeName: name, Block: inner, Nesting: nesting, MinItems: child.MinItems, MaxItems: child.MaxItems,
		})
	}
	return body, nil
}

func attributes(all map[string]document.Attribute) ([]*tfprotov6.SchemaAttribute, error) {
	var list []*tfprotov6.SchemaAttribute
	for name, attribute := range all {
		converted := &tfprotov6.SchemaAttribute{
			Name: name, Required: attribute.Required, Optional: attribute.Optional, Computed: attribute.Computed,
		}
		if nested := attribute.NestedType; nested != nil {
			nesting, ok := attributeNesting[nested.Nesting]
			if !ok {
				return nil, fmt.Errorf("%s: unknown nesting %q", name, nested.Nesting)
			}
			inner, err := attributes(nested.Attributes)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			converted.NestedType = &tfprotov6.SchemaObject{Attributes: inner, Nesting: nesting}
		} else {
			typed, err := tftypes.ParseJSONType(attribute.Type) //nolint:staticcheck // the one parser of this notation
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			converted.Type = typed
		}
		list = append(list, converted)
	}
	return list, nil
}
