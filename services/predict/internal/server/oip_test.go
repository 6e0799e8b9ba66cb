package server

import (
	"errors"
	"slices"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
)

func TestServerState(t *testing.T) {
	f := startHousing(t)
	live, err := f.oip.ServerLive(t.Context(), &inference.ServerLiveRequest{})
	if err != nil || !live.GetLive() {
		t.Errorf("ServerLive = %v, %v", live, err)
	}
	for _, want := range []bool{true, false} {
		ready, err := f.oip.ServerReady(t.Context(), &inference.ServerReadyRequest{})
		if err != nil || ready.GetReady() != want {
			t.Errorf("ServerReady = %v, %v, want %v", ready, err, want)
		}
		f.ready = errors.New("stopping")
	}
	meta, err := f.oip.ServerMetadata(t.Context(), &inference.ServerMetadataRequest{})
	if err != nil || meta.GetName() != "treehouse" || meta.GetVersion() != "1.2.3" || !slices.Contains(meta.GetExtensions(), "model_repository") {
		t.Errorf("ServerMetadata = %v, %v", meta, err)
	}
}

func TestModelReady(t *testing.T) {
	f := startHousing(t)
	for _, tt := range []struct {
		name, version string
		want          bool
	}{
		{"housing", "", true}, {"housing", "1", true}, {"housing", "2", false}, {"", "", true},
		{"pending", "", false}, {"pending", "2", false}, {"nowhere", "", false},
	} {
		resp, err := f.oip.ModelReady(t.Context(), &inference.ModelReadyRequest{Name: tt.name, Version: tt.version})
		if err != nil || resp.GetReady() != tt.want {
			t.Errorf("ModelReady(%q, %q) = %v, %v, want %v", tt.name, tt.version, resp.GetReady(), err, tt.want)
		}
	}
	_, err := f.oip.ModelReady(t.Context(), &inference.ModelReadyRequest{Name: "housing", Version: "latest"})
	refused(t, err, codes.InvalidArgument, `the version is "latest"`)
}

func TestModelMetadata(t *testing.T) {
	f := startHousing(t)
	f.catalog.versions = append(f.catalog.versions, version("iris", 1, open(t, goldens+"/logistic-three-string/model.joblib")))
	meta, err := f.oip.ModelMetadata(t.Context(), &inference.ModelMetadataRequest{Name: "housing"})
	if err != nil {
		t.Fatal(err)
	}
	first, last, out := meta.GetInputs()[0], meta.GetInputs()[8], meta.GetOutputs()[0]
	if meta.GetName() != "housing" || !slices.Equal(meta.GetVersions(), []string{"1", "3"}) || meta.GetPlatform() != "treehouse_scikitlearn" ||
		first.GetName() != "longitude" || first.GetDatatype() != "FP64" || !slices.Equal(first.GetShape(), []int64{-1, 1}) ||
		last.GetDatatype() != "BYTES" || len(meta.GetOutputs()) != 1 || out.GetName() != "predict" || out.GetDatatype() != "FP32" ||
		!slices.Equal(out.GetShape(), []int64{-1}) || meta.GetProperties()["certified_rows"] != "200" {
		t.Errorf("metadata: %v", meta)
	}
	meta, err = f.oip.ModelMetadata(t.Context(), &inference.ModelMetadataRequest{Name: "iris", Version: "1"})
	if err != nil || len(meta.GetOutputs()) != 2 || meta.GetOutputs()[0].GetDatatype() != "BYTES" ||
		!slices.Equal(meta.GetOutputs()[1].GetShape(), []int64{-1, 3}) {
		t.Errorf("metadata of a classifier: %v, %v", meta, err)
	}
	_, err = f.oip.ModelMetadata(t.Context(), &inference.ModelMetadataRequest{Name: "nowhere"})
	refused(t, err, codes.NotFound, "not found")
}

func TestRepository(t *testing.T) {
	f := startHousing(t)
	index := func(ready bool) (out []string) {
		resp, err := f.oip.RepositoryIndex(t.Context(), &inference.RepositoryIndexRequest{Ready: ready})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range resp.GetModels() {
			out = append(out, m.GetName()+" "+m.GetVersion()+" "+m.GetState()+" "+m.GetReason())
		}
		return out
	}
	if got, want := index(true), []string{"housing 1 READY ", "housing 3 READY "}; !slices.Equal(got, want) {
		t.Errorf("ready models: %q, want %q", got, want)
	}
	if got := index(false); !slices.Contains(got, "pending 2 FAILED golden row 3") || len(got) != 4 {
		t.Errorf("all models: %q", got)
	}

	// Triton's clients name the model in one field, KServe's in another.
	loaded, err := f.oip.RepositoryModelLoad(t.Context(), &inference.RepositoryModelLoadRequest{ModelName: "a"})
	if err != nil || !loaded.GetIsLoaded() || loaded.GetModelName() != "a" {
		t.Errorf("load: %v, %v", loaded, err)
	}
	if _, err := f.oip.RepositoryModelUnload(t.Context(), &inference.RepositoryModelUnloadRequest{RepositoryName: "b"}); err != nil {
		t.Error(err)
	}
	if f.catalog.called != "load aunload b" {
		t.Errorf("the catalog was asked to %q", f.catalog.called)
	}
	_, err = f.oip.RepositoryModelLoad(t.Context(), &inference.RepositoryModelLoadRequest{})
	refused(t, err, codes.InvalidArgument, "no model is named")
	_, err = f.oip.RepositoryModelLoad(t.Context(), &inference.RepositoryModelLoadRequest{ModelName: "a",
		Parameters: map[string]*inference.ModelRepositoryParameter{"file:1/model.pkl": {}}})
	refused(t, err, codes.InvalidArgument, "from the server's repository only")
	f.catalog.control = &model.ControlError{}
	_, err = f.oip.RepositoryModelUnload(t.Context(), &inference.RepositoryModelUnloadRequest{ModelName: "a"})
	refused(t, err, codes.FailedPrecondition, "switched off")
}
