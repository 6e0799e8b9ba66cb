// Package plugin serves a schema document to OpenTofu as a provider would. It
// answers what `tofu validate` and tests with a mock ask: the schemas, and
// whether a configuration is valid, which beyond its shape it always is.
package plugin

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/treehouse-ml/treehouse/terraform/schema/document"
)

// Serve answers OpenTofu, which started this process, until it ends it.
func Serve(doc document.Document) error {
	address, provider, err := doc.Only()
	if err != nil {
		return err
	}
	schemas, err := convert(provider)
	if err != nil {
		return err
	}
	return tf6server.Serve(address, func() tfprotov6.ProviderServer { return server{schemas: schemas} })
}

// server answers with schemas. What would need a real provider it refuses.
type server struct {
	refusing
	schemas *tfprotov6.GetProviderSchemaResponse
}

func (s server) GetMetadata(context.Context, *tfprotov6.GetMetadataRequest) (*tfprotov6.GetMetadataResponse, error) {
	answer := &tfprotov6.GetMetadataResponse{}
	for name := range s.schemas.ResourceSchemas {
		answer.Resources = append(answer.Resources, tfprotov6.ResourceMetadata{TypeName: name})
	}
	for name := range s.schemas.DataSourceSchemas {
		answer.DataSources = append(answer.DataSources, tfprotov6.DataSourceMetadata{TypeName: name})
	}
	return answer, nil
}

func (s server) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return s.schemas, nil
}

func (s server) ValidateProviderConfig(_ context.Context, r *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: r.Config}, nil
}

func (s server) ValidateResourceConfig(context.Context, *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

func (s server) ValidateDataResourceConfig(context.Context, *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return &tfprotov6.ValidateDataResourceConfigResponse{}, nil
}

func (s server) ConfigureProvider(context.Context, *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return &tfprotov6.ConfigureProviderResponse{}, nil
}

func (s server) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return &tfprotov6.StopProviderResponse{}, nil
}

func (s server) GetFunctions(context.Context, *tfprotov6.GetFunctionsRequest) (*tfprotov6.GetFunctionsResponse, error) {
	return &tfprotov6.GetFunctionsResponse{}, nil
}

func (s server) GetResourceIdentitySchemas(context.Context, *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov6.GetResourceIdentitySchemasResponse{}, nil
}

// UpgradeResourceState returns the state as it is: a test with a mock keeps its
// own, which is of the one version there is.
func (s server) UpgradeResourceState(_ context.Context, r *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	known, ok := s.schemas.ResourceSchemas[r.TypeName]
	if !ok {
		return nil, fmt.Errorf("no resource %s", r.TypeName)
	}
	typed := known.ValueType()
	value, err := r.RawState.Unmarshal(typed)
	if err != nil {
		return nil, fmt.Errorf("state of %s: %w", r.TypeName, err)
	}
	state, err := tfprotov6.NewDynamicValue(typed, value)
	if err != nil {
		return nil, fmt.Errorf("state of %s: %w", r.TypeName, err)
	}
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: &state}, nil
}
