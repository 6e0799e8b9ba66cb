package server

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// oip implements the Open Inference Protocol.
type oip struct {
	inference.UnimplementedGRPCInferenceServiceServer
	*Server
}

// ServerLive implements the protocol.
func (s oip) ServerLive(context.Context, *inference.ServerLiveRequest) (*inference.ServerLiveResponse, error) {
	return &inference.ServerLiveResponse{Live: true}, nil
}

// ServerReady implements the protocol.
func (s oip) ServerReady(context.Context, *inference.ServerReadyRequest) (*inference.ServerReadyResponse, error) {
	return &inference.ServerReadyResponse{Ready: s.o.Ready() == nil}, nil
}

// ModelReady implements the protocol. A model that does not exist is not
// ready, as clients expect, rather than an error.
func (s oip) ModelReady(ctx context.Context, req *inference.ModelReadyRequest) (*inference.ModelReadyResponse, error) {
	number, err := versionNumber(req.GetVersion())
	if err != nil {
		return nil, s.errors.status(ctx, err)
	}
	name := req.GetName()
	if name == "" {
		name = s.o.Catalog.DefaultModel()
	}
	resp := &inference.ModelReadyResponse{}
	for _, m := range s.o.Catalog.Models() {
		if m.Name != name {
			continue
		}
		if number == 0 {
			number = m.Default
		}
		resp.Ready = slices.ContainsFunc(m.Versions, func(v model.Status) bool {
			return v.Number == number && (v.Served || v.State == model.Available)
		})
	}
	return resp, nil
}

// versionNumber reads a version of the protocol, which is text; empty is 0,
// the default.
func versionNumber(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, invalidRequest("the version is %q; expected a positive integer, or nothing for the default version", shorten(s))
	}
	return n, nil
}

// ServerMetadata implements the protocol.
func (s oip) ServerMetadata(context.Context, *inference.ServerMetadataRequest) (*inference.ServerMetadataResponse, error) {
	return &inference.ServerMetadataResponse{
		Name: "treehouse", Version: s.o.Version,
		Extensions: []string{"model_repository", "binary_tensor_data"},
	}, nil
}

// ModelMetadata implements the protocol.
func (s oip) ModelMetadata(ctx context.Context, req *inference.ModelMetadataRequest) (*inference.ModelMetadataResponse, error) {
	number, err := versionNumber(req.GetVersion())
	if err != nil {
		return nil, s.errors.status(ctx, err)
	}
	v, err := s.o.Catalog.Lookup(ctx, req.GetName(), number)
	if err != nil {
		return nil, s.errors.status(ctx, err)
	}
	sig := v.Model.Signature()
	resp := &inference.ModelMetadataResponse{
		Name: v.Name, Versions: s.served(v.Name), Platform: "treehouse_" + platform(v.Origin.Library),
		Properties: map[string]string{
			"task": sig.Task.String(), "library": v.Origin.Library, "library_version": v.Origin.LibraryVersion,
			"format": v.Origin.Format, "sha256": v.Origin.SHA256, "certified_rows": strconv.Itoa(v.Origin.CertifiedRows),
		},
	}
	if sig.Columns != nil {
		names, err := json.Marshal(sig.Columns)
		if err != nil {
			return nil, s.errors.status(ctx, err)
		}
		resp.Properties["transform_columns"] = string(names) // tensors have no names of columns
	}
	for _, f := range sig.Features {
		datatype := typeFP64
		if f.Type == scoring.String {
			datatype = typeBytes
		}
		resp.Inputs = append(resp.Inputs, &inference.ModelMetadataResponse_TensorMetadata{
			Name: f.Name, Datatype: datatype, Shape: []int64{-1, 1},
		})
	}
	for _, o := range outputsOf(sig) {
		resp.Outputs = append(resp.Outputs, &inference.ModelMetadataResponse_TensorMetadata{
			Name: o.name, Datatype: o.datatype(sig), Shape: o.shape(sig, -1),
		})
	}
	return resp, nil
}

// platform is a library's name as one word.
func platform(library string) string { return strings.ReplaceAll(library, "-", "") }

// served are the versions of a model that answer.
func (s *Server) served(name string) []string {
	var numbers []string
	for _, m := range s.o.Catalog.Models() {
		if m.Name != name {
			continue
		}
		for _, v := range m.Versions {
			if v.Served || v.State == model.Available {
				numbers = append(numbers, strconv.FormatInt(v.Number, 10))
			}
		}
	}
	return numbers
}

// RepositoryIndex implements the repository extension.
func (s oip) RepositoryIndex(ctx context.Context, req *inference.RepositoryIndexRequest) (*inference.RepositoryIndexResponse, error) {
	resp := &inference.RepositoryIndexResponse{}
	for _, m := range s.visible(ctx) {
		for _, v := range m.Versions {
			if req.GetReady() && !v.Served {
				continue
			}
			resp.Models = append(resp.Models, &inference.RepositoryIndexResponse_ModelIndex{
				Name: m.Name, Version: strconv.FormatInt(v.Number, 10), State: v.State.String(), Reason: v.Reason,
			})
		}
	}
	return resp, nil
}

// RepositoryModelLoad implements the repository extension.
func (s oip) RepositoryModelLoad(ctx context.Context, req *inference.RepositoryModelLoadRequest) (*inference.RepositoryModelLoadResponse, error) {
	name, err := repositoryModel(req)
	if err == nil && len(req.GetParameters()) > 0 {
		err = invalidRequest("models are loaded from the server's repository only; parameters are not accepted")
	}
	if err == nil {
		err = s.o.Catalog.Load(ctx, name)
	}
	if err != nil {
		return nil, s.errors.status(ctx, err)
	}
	return &inference.RepositoryModelLoadResponse{ModelName: name, IsLoaded: true}, nil
}

// RepositoryModelUnload implements the repository extension.
func (s oip) RepositoryModelUnload(ctx context.Context, req *inference.RepositoryModelUnloadRequest) (*inference.RepositoryModelUnloadResponse, error) {
	name, err := repositoryModel(req)
	if err == nil {
		err = s.o.Catalog.Unload(ctx, name)
	}
	if err != nil {
		return nil, s.errors.status(ctx, err)
	}
	return &inference.RepositoryModelUnloadResponse{ModelName: name, IsUnloaded: true}, nil
}

// repositoryModel finds the model's name: Triton's clients and KServe's put it
// into different fields.
func repositoryModel(req interface {
	GetModelName() string
	GetRepositoryName() string
}) (string, error) {
	if name := req.GetModelName(); name != "" {
		return name, nil
	}
	if name := req.GetRepositoryName(); name != "" {
		return name, nil
	}
	return "", invalidRequest("no model is named")
}
