package server

import (
	"context"
	"sort"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

const maxPage = 1000

var states = map[model.State]predictv1.State{
	model.Available: predictv1.State_STATE_AVAILABLE,
	model.Loading:   predictv1.State_STATE_LOADING,
	model.Ready:     predictv1.State_STATE_READY,
	model.Failed:    predictv1.State_STATE_FAILED,
	model.Unloaded:  predictv1.State_STATE_UNLOADED,
}

// ListModels implements the service. A page token is the name before the page,
// so that models may come and go between pages.
func (s typed) ListModels(ctx context.Context, req *predictv1.ListModelsRequest) (*predictv1.ListModelsResponse, error) {
	size := int(req.GetPageSize())
	switch {
	case size < 0:
		return nil, s.errors.status(ctx, invalidRequest("page_size is %d; expected at least 0", size))
	case size == 0 || size > maxPage:
		size = maxPage
	}
	all := s.visible(ctx)
	if after := req.GetPageToken(); after != "" {
		all = all[sort.Search(len(all), func(i int) bool { return all[i].Name > after }):]
	}
	resp := &predictv1.ListModelsResponse{DefaultModel: s.defaultModel(ctx)}
	if len(all) > size {
		all = all[:size]
		resp.NextPageToken = all[size-1].Name
	}
	for i := range all {
		m := &predictv1.Model{Name: all[i].Name, DefaultVersion: answering(&all[i])}
		for _, v := range all[i].Versions {
			m.Versions = append(m.Versions, modelVersion(v))
		}
		resp.Models = append(resp.Models, m)
	}
	return resp, nil
}

// answering is the default version, if one answers or will when asked.
func answering(m *model.Summary) int64 {
	for _, v := range m.Versions {
		if v.Number == m.Default && (v.Served || v.State == model.Available) {
			return v.Number
		}
	}
	return 0
}

func modelVersion(v model.Status) *predictv1.ModelVersion {
	return &predictv1.ModelVersion{Version: v.Number, State: states[v.State], Reason: v.Reason}
}

// GetModel implements the service.
func (s typed) GetModel(ctx context.Context, req *predictv1.GetModelRequest) (*predictv1.GetModelResponse, error) {
	if req.GetVersion() < 0 {
		return nil, s.errors.status(ctx, invalidRequest("version is %d; expected a positive integer, or 0 for the default version", req.GetVersion()))
	}
	v, err := s.o.Catalog.Lookup(ctx, req.GetName(), req.GetVersion())
	if err != nil {
		return nil, s.errors.status(ctx, err)
	}
	return &predictv1.GetModelResponse{
		Name:      v.Name,
		Version:   modelVersion(s.state(v)),
		Signature: signature(v.Model.Signature()),
		Origin: &predictv1.Origin{
			Format: v.Origin.Format, Library: v.Origin.Library, LibraryVersion: v.Origin.LibraryVersion,
			Sha256: v.Origin.SHA256, CertifiedRows: count(v.Origin.CertifiedRows), Metrics: v.Origin.Metrics,
		},
	}, nil
}

// state finds what the catalog lists about a loaded version.
func (s *Server) state(v *model.Version) model.Status {
	for _, m := range s.o.Catalog.Models() {
		if m.Name != v.Name {
			continue
		}
		for _, status := range m.Versions {
			if status.Number == v.Number {
				return status
			}
		}
	}
	return model.Status{Number: v.Number, State: model.Ready, Served: true}
}

func signature(sig *scoring.Signature) *predictv1.Signature {
	out := &predictv1.Signature{Named: sig.Named, Float32: sig.Float32}
	for _, f := range sig.Features {
		t := predictv1.FeatureType_FEATURE_TYPE_NUMBER
		if f.Type == scoring.String {
			t = predictv1.FeatureType_FEATURE_TYPE_STRING
		}
		out.Features = append(out.Features, &predictv1.Feature{
			Name: f.Name, Type: t, Categories: f.Categories, Optional: f.Optional,
		})
	}
	switch {
	case sig.Task == scoring.Transformation:
		out.Task = predictv1.Task_TASK_TRANSFORMATION
	case sig.Targets != nil:
		out.Task = predictv1.Task_TASK_CLASSIFICATION
		for _, classes := range sig.Targets {
			out.Targets = append(out.Targets, classLabels(classes))
		}
	case sig.Task == scoring.Classification:
		out.Task, out.Classes = predictv1.Task_TASK_CLASSIFICATION, classLabels(sig.Classes)
	default:
		out.Task, out.Outputs = predictv1.Task_TASK_REGRESSION, count(sig.Outputs)
	}
	out.TransformedColumns, out.TransformedNames = count(sig.Transformed), sig.Columns
	for _, m := range []predictv1.Method{
		predictv1.Method_METHOD_PREDICT, predictv1.Method_METHOD_PREDICT_PROBA, predictv1.Method_METHOD_DECISION_FUNCTION,
		predictv1.Method_METHOD_TRANSFORM,
	} {
		if sig.Methods&methods[m] != 0 {
			out.Methods = append(out.Methods, m)
		}
	}
	return out
}
