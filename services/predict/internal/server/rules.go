package server

import (
	"context"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/internal/access"
	"github.com/treehouse-ml/treehouse/services/internal/policy"
	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
)

// Rules say what each method of both services asks of its callers. Liveness and
// readiness are for everybody; lists are for who may know of some model, and
// name only those.
func (s *Server) Rules() map[string]access.Rule {
	about := func(a policy.Action, find func(message any) *string) access.Rule {
		return access.Rule{Action: a, Model: func(message any) string { return s.resolve(find(message)) }}
	}
	return map[string]access.Rule{
		predictv1.PredictService_Predict_FullMethodName:    about(policy.Predict, func(m any) *string { return &m.(*predictv1.PredictRequest).Model }),
		predictv1.PredictService_ListModels_FullMethodName: {Action: policy.Metadata},
		predictv1.PredictService_GetModel_FullMethodName:   about(policy.Metadata, func(m any) *string { return &m.(*predictv1.GetModelRequest).Name }),

		inference.GRPCInferenceService_ServerLive_FullMethodName:            {Public: true},
		inference.GRPCInferenceService_ServerReady_FullMethodName:           {Public: true},
		inference.GRPCInferenceService_ServerMetadata_FullMethodName:        {Action: policy.Metadata},
		inference.GRPCInferenceService_RepositoryIndex_FullMethodName:       {Action: policy.Metadata},
		inference.GRPCInferenceService_ModelReady_FullMethodName:            about(policy.Metadata, func(m any) *string { return &m.(*inference.ModelReadyRequest).Name }),
		inference.GRPCInferenceService_ModelMetadata_FullMethodName:         about(policy.Metadata, func(m any) *string { return &m.(*inference.ModelMetadataRequest).Name }),
		inference.GRPCInferenceService_ModelInfer_FullMethodName:            about(policy.Predict, inferredModel),
		inference.GRPCInferenceService_ModelStreamInfer_FullMethodName:      about(policy.Predict, inferredModel),
		inference.GRPCInferenceService_RepositoryModelLoad_FullMethodName:   {Action: policy.Load, Model: controlledModel},
		inference.GRPCInferenceService_RepositoryModelUnload_FullMethodName: {Action: policy.Load, Model: controlledModel},
	}
}

func inferredModel(m any) *string { return &m.(*inference.ModelInferRequest).ModelName }

// resolve writes the default model's name into a message that names none, so
// that what is answered is what was checked, even if the default changes in
// between. Where there is no default, only a rule for all models fits.
func (s *Server) resolve(name *string) string {
	if *name == "" {
		*name = s.o.Catalog.DefaultModel()
	}
	return *name
}

// controlledModel is a model to load or unload; no default stands for it.
func controlledModel(m any) string {
	name, _ := repositoryModel(m.(interface {
		GetModelName() string
		GetRepositoryName() string
	})) // an error is told by the method, to who may do this with all models
	return name
}

// visible are the models that the caller may know of.
func (s *Server) visible(ctx context.Context) []model.Summary {
	all := s.o.Catalog.Models()
	if s.o.May == nil {
		return all
	}
	some := make([]model.Summary, 0, len(all))
	for i := range all {
		if s.o.May(ctx, policy.Metadata, all[i].Name) {
			some = append(some, all[i])
		}
	}
	return some
}

// defaultModel is its name, if the caller may know it.
func (s *Server) defaultModel(ctx context.Context) string {
	name := s.o.Catalog.DefaultModel()
	if s.o.May != nil && !s.o.May(ctx, policy.Metadata, name) {
		return ""
	}
	return name
}
