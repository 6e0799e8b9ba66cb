package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The fields of KServe's serving.kserve.io/v1alpha1 and v1beta1 that the
// manifests use, with the names that its types give them. Any other is a typo.
type (
	metadata struct {
		Name   string            `yaml:"name"`
		Labels map[string]string `yaml:"labels"`
	}
	format struct {
		Name       string `yaml:"name"`
		Version    string `yaml:"version"`
		AutoSelect bool   `yaml:"autoSelect"`
	}
	runtime struct {
		APIVersion string   `yaml:"apiVersion"`
		Kind       string   `yaml:"kind"`
		Metadata   metadata `yaml:"metadata"`
		Spec       struct {
			Annotations           map[string]string `yaml:"annotations"`
			SupportedModelFormats []format          `yaml:"supportedModelFormats"`
			ProtocolVersions      []string          `yaml:"protocolVersions"`
			Containers            []struct {
				Name            string         `yaml:"name"`
				Image           string         `yaml:"image"`
				Args            []string       `yaml:"args"`
				ReadinessProbe  probe          `yaml:"readinessProbe"`
				SecurityContext security       `yaml:"securityContext"`
				Resources       map[string]any `yaml:"resources"`
			} `yaml:"containers"`
		} `yaml:"spec"`
	}
	probe struct {
		HTTPGet struct {
			Path string `yaml:"path"`
			Port int    `yaml:"port"`
		} `yaml:"httpGet"`
		PeriodSeconds int `yaml:"periodSeconds"`
	}
	security struct {
		AllowPrivilegeEscalation bool `yaml:"allowPrivilegeEscalation"`
		Privileged               bool `yaml:"privileged"`
		ReadOnlyRootFilesystem   bool `yaml:"readOnlyRootFilesystem"`
		RunAsNonRoot             bool `yaml:"runAsNonRoot"`
		RunAsUser                int  `yaml:"runAsUser"`
		Capabilities             struct {
			Drop []string `yaml:"drop"`
		} `yaml:"capabilities"`
		SeccompProfile struct {
			Type string `yaml:"type"`
		} `yaml:"seccompProfile"`
	}
	inferenceService struct {
		APIVersion string   `yaml:"apiVersion"`
		Kind       string   `yaml:"kind"`
		Metadata   metadata `yaml:"metadata"`
		Spec       struct {
			Predictor struct {
				MinReplicas int `yaml:"minReplicas"`
				Model       struct {
					Runtime         string `yaml:"runtime"`
					ModelFormat     format `yaml:"modelFormat"`
					ProtocolVersion string `yaml:"protocolVersion"`
					StorageURI      string `yaml:"storageUri"`
				} `yaml:"model"`
			} `yaml:"predictor"`
		} `yaml:"spec"`
	}
)

func decode(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// What KServe runs is what this program takes: the arguments of the runtime
// are parsed as they would be in a pod, where the model is at --model_dir.
func TestRuntime(t *testing.T) {
	var r runtime
	decode(t, "kserve/runtime.yaml", &r)
	if r.APIVersion != "serving.kserve.io/v1alpha1" || r.Kind != "ClusterServingRuntime" || len(r.Spec.Containers) != 1 {
		t.Fatalf("%s %s with %d containers", r.APIVersion, r.Kind, len(r.Spec.Containers))
	}
	c := r.Spec.Containers[0]
	if c.Name != "kserve-container" || c.Args[0] != "serve" {
		t.Errorf("container %s with %v; KServe knows kserve-container, and it runs serve", c.Name, c.Args)
	}
	models := t.TempDir()
	if err := os.CopyFS(models, os.DirFS("../predict/models/housing/3")); err != nil {
		t.Fatal(err)
	}
	args := strings.NewReplacer("{{.Name}}", "housing", "/mnt/models", models).Replace(strings.Join(c.Args[1:], " "))
	o, err := parsed(t, strings.Fields(args))
	if err != nil {
		t.Fatal(err)
	}
	o.LogOutput = &bytes.Buffer{}
	if err := o.Validate(); err != nil {
		t.Error(err)
	}
	if o.Predict.Model != models || o.Predict.ModelName != "housing" {
		t.Errorf("it serves %q as %q", o.Predict.Model, o.Predict.ModelName)
	}
	if o.Gateway.Address != ":8080" || o.Predict.GRPCAddress != ":9000" || c.ReadinessProbe.HTTPGet.Port != 8080 {
		t.Errorf("HTTP on %s, gRPC on %s, probed on %d", o.Gateway.Address, o.Predict.GRPCAddress, c.ReadinessProbe.HTTPGet.Port)
	}
	if o.AdminAddress != ":"+r.Spec.Annotations["prometheus.kserve.io/port"] {
		t.Errorf("metrics on %s, scraped on %s", o.AdminAddress, r.Spec.Annotations["prometheus.kserve.io/port"])
	}
	for _, reserved := range []string{":8012", ":8013", ":8022", ":8112", ":9090", ":9091"} {
		if slices.Contains([]string{o.Gateway.Address, o.Predict.GRPCAddress, o.AdminAddress}, reserved) {
			t.Errorf("port %s is the queue proxy's", reserved)
		}
	}
}

// The example asks for what the runtime offers.
func TestInferenceService(t *testing.T) {
	var r runtime
	decode(t, "kserve/runtime.yaml", &r)
	var s inferenceService
	decode(t, "kserve/housing.yaml", &s)
	m := s.Spec.Predictor.Model
	offered := slices.ContainsFunc(r.Spec.SupportedModelFormats, func(f format) bool {
		return f.Name == m.ModelFormat.Name && f.Version == m.ModelFormat.Version
	})
	if m.Runtime != r.Metadata.Name || !offered || !slices.Contains(r.Spec.ProtocolVersions, m.ProtocolVersion) {
		t.Errorf("%+v is not offered by %+v", m, r.Spec)
	}
}
