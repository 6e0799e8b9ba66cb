//go:build charts

package charts

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/yaml"
)

// pinned are values with which predict renders: the ones of production.
const pinned = `
models: [{name: housing, version: 3, sha256: 3f786850e387550fdab836ed7e6dc881de23001b3f786850e387550fdab836ed}]
repository: {claimName: models}
` + said

// said is what both services have to be told.
const said = "auth: {mode: open}\n"

// Each of these is refused, with a message that says where and why.
func TestWrongValuesAreRefused(t *testing.T) {
	const sum = "3f786850e387550fdab836ed7e6dc881de23001b3f786850e387550fdab836ed"
	for _, test := range []struct {
		chart, values string
		says          []string
	}{
		{"gateway", "replicas: -1", []string{"'/replicas'", "minimum: got -1"}},
		{"gateway", "replicas: three", []string{"'/replicas'", "got string, want integer"}},
		{"gateway", "environment: production", []string{"'/environment'", "must be one of 'dev', 'staging', 'prod'"}},
		{"gateway", "image: {digest: 'sha256:12'}", []string{"'/image/digest'", "does not match"}},
		{"gateway", "image: {repository: 'a b'}", []string{"'/image/repository'"}},
		{"gateway", "image: {tag: 'a:b'}", []string{"'/image/tag'"}},
		{"gateway", "image: {pullPolicy: always}", []string{"'/image/pullPolicy'"}},
		{"gateway", "autoscaling: {cpu: 0}", []string{"'/autoscaling/cpu'"}},
		{"gateway", "autoscaling: {scaleDownPercent: 101}", []string{"'/autoscaling/scaleDownPercent'"}},
		{"gateway", "autoscaling: {scaleUpPeriodSeconds: 1801}", []string{"'/autoscaling/scaleUpPeriodSeconds'"}},
		{"gateway", "autoscaling: {minReplicas: 11}", []string{"autoscaling.maxReplicas is 10, less than autoscaling.minReplicas, which is 11"}},
		{"gateway", "drain: {waitSeconds: -1}", []string{"'/drain/waitSeconds'"}},
		{"gateway", "drain: {stopSeconds: 0}", []string{"'/drain/stopSeconds'"}},
		{"gateway", "drain: {preStopSeconds: 5s}", []string{"'/drain/preStopSeconds'", "got string, want integer"}},
		{"gateway", "predict: {discovery: consul}", []string{"'/predict/discovery'", "must be one of 'kubernetes', 'dns'"}},
		{"gateway", "predict: {port: 0}", []string{"'/predict/port'"}},
		{"gateway", "predict: {service: 'dns:///predict'}", []string{"'/predict/service'"}},
		{"gateway", "ingress: {certificateArn: 'my certificate'}", []string{"'/ingress/certificateArn'"}},
		{"gateway", "ingress: {scheme: public}", []string{"'/ingress/scheme'"}},
		{"gateway", "httpRoute: {enabled: true}", []string{"httpRoute.parentRefs is empty"}},
		{"gateway", "httpRoute: {parentRefs: [{namespace: a}]}", []string{"'/httpRoute/parentRefs/0'", "missing property 'name'"}},
		{"gateway", "networkPolicy: {apiServerCIDRs: []}", []string{"networkPolicy.apiServerCIDRs is empty"}},
		{"gateway", "networkPolicy: {loadBalancerCIDRs: [10.0.256.0/24]}", []string{"'/networkPolicy/loadBalancerCIDRs/0'"}},
		{"gateway", "networkPolicy: {loadBalancerCIDRs: [10.0.0.1]}", []string{"'/networkPolicy/loadBalancerCIDRs/0'"}},
		{"gateway", "networkPolicy: {callers: [{}]}", []string{"'/networkPolicy/callers/0'"}},
		{"gateway", "resources: {limits: {cpu: lots}}", []string{"'/resources/limits/cpu'"}},
		{"gateway", "resources: {limits: {gpu: 1}}", []string{"'/resources/limits'", "'gpu' not allowed"}},
		{"gateway", "serviceMonitor: {interval: 15}", []string{"'/serviceMonitor/interval'"}},
		{"gateway", "podAnnotations: {a: 1}", []string{"'/podAnnotations/a'", "got number, want string"}},
		{"gateway", "nodeSelector: {a: 'b c'}", []string{"'/nodeSelector/a'"}},
		{"gateway", "extraEnv: [{name: A}]", []string{"'/extraEnv/0'", "missing property 'value'"}},
		{"gateway", "extraArgs: ['text']", []string{"'/extraArgs/0'"}},
		{"gateway", "imagePullSecrets: [registry]", []string{"'/imagePullSecrets/0'", "got string, want object"}},
		{"gateway", "tolerations: [{effect: Evict}]", []string{"'/tolerations/0/effect'"}},

		{"gateway", "auth: {mode: ''}", []string{"auth.mode is empty; set it to policy"}},
		{"gateway", "auth: {mode: off}", []string{"'/auth/mode'", "must be one of '', 'policy', 'open'"}},
		{"gateway", "auth: {mode: policy}", []string{"callers are recognised by nothing; set auth.keysSecretName"}},
		{"gateway", "auth: {keysSecretName: keys}", []string{"auth.mode is open, but there are auth.keysSecretName"}},
		{"predict", "auth: {rules: [{principals: [checkout], models: [a], actions: [predict]}]}", []string{"'/auth/rules/0/principals/0'"}},
		{"predict", "auth: {rules: [{groups: [a], models: [a], actions: [fly]}]}", []string{"'/auth/rules/0/actions/0'"}},
		{"predict", "auth: {rules: [{models: [a], actions: [predict]}]}", []string{"'/auth/rules/0'"}},
		{"predict", "auth: {rules: [{groups: [a], model: [a], models: [a], actions: [predict]}]}", []string{"'model' not allowed"}},

		{"predict", "models: []", []string{"models is empty", "because environment is prod, not dev"}},
		{"predict", "models: []\nenvironment: staging", []string{"models is empty", "because environment is staging, not dev"}},
		{"predict", "models: [{name: housing, version: 3}]", []string{"models[0].sha256 is missing for housing version 3"}},
		{"predict", "models: [{name: housing, sha256: " + sum + "}]", []string{"'/models/0'", "missing property 'version'"}},
		{"predict", "models: [{version: 3, sha256: " + sum + "}]", []string{"'/models/0'", "missing property 'name'"}},
		{"predict", "models: [{name: housing, version: 3, sha256: " + sum[:63] + "}]", []string{"'/models/0/sha256'", "does not match"}},
		{"predict", "models: [{name: housing, version: 3, sha256: " + strings.ToUpper(sum) + "}]", []string{"'/models/0/sha256'"}},
		{"predict", "models: [{name: housing, version: '3', sha256: " + sum + "}]", []string{"'/models/0/version'", "got string, want integer"}},
		{"predict", "models: [{name: housing, version: latest, sha256: " + sum + "}]", []string{"'/models/0/version'"}},
		{"predict", "models: [{name: housing, version: 0, sha256: " + sum + "}]", []string{"'/models/0/version'"}},
		{"predict", "models: [{name: ../housing, version: 3, sha256: " + sum + "}]", []string{"'/models/0/name'"}},
		{"predict", "models: [{name: a, version: 1, sha256: " + sum + "}, {name: a, version: 1, sha256: " + sum + "}]", []string{"models[1]", "a version 1 is listed twice"}},
		{"predict", "models: [{name: a, version: 1, sha256: " + sum + "}, {name: a, version: 2, sha256: " + sum + "}]", []string{"a has 2 versions, of which 0 have default: true"}},
		{"predict", "models: [{name: a, version: 1, sha256: " + sum + ", default: true}, {name: a, version: 2, sha256: " + sum + ", default: true}]", []string{"a has 2 versions, of which 2 have default: true"}},
		{"predict", "repository: {claimName: ''}", []string{"none of repository.claimName, repository.image and repository.url are set"}},
		{"predict", "repository: {url: 's3://bucket'}", []string{"2 of repository.claimName, repository.image and repository.url are set"}},
		{"predict", "repository: {url: 's3://bucket', image: models}", []string{"3 of repository.claimName, repository.image and repository.url are set"}},
		{"predict", "repository: {claimName: '', url: 'https://bucket'}", []string{"'/repository/url'"}},
		{"predict", "repository: {cacheSize: 2GB}", []string{"'/repository/cacheSize'"}},
		{"predict", "repository: {cacheSize: 10000Ti}", []string{"'/repository/cacheSize'"}},
		{"predict", "requireCertificate: 'yes'", []string{"'/requireCertificate'"}},
		{"predict", "startupSeconds: 0", []string{"'/startupSeconds'"}},
		{"predict", "tls: {clientCASecretName: callers}", []string{"tls.clientCASecretName", "set tls.secretName"}},
		{"predict", "autoscaling: {minReplicas: 9}", []string{"autoscaling.maxReplicas is 8, less than autoscaling.minReplicas, which is 9"}},
		{"predict", "networkPolicy: {objectStorePort: 70000}", []string{"'/networkPolicy/objectStorePort'"}},

		{"monitoring", "rules: {enabled: 'yes'}", []string{"'/rules/enabled'", "must be one of 'auto', true, false"}},
		{"monitoring", "rules: {labels: {release: 'a b'}}", []string{"'/rules/labels/release'"}},
		{"monitoring", "dashboards: {label: 'grafana dashboard'}", []string{"'/dashboards/label'"}},
		{"monitoring", "dashboards: {folder: a/b}", []string{"'/dashboards/folder'"}},
	} {
		t.Run(test.chart+" "+test.values, func(t *testing.T) {
			t.Parallel()
			refused(t, test.chart, test.values, test.says...)
		})
	}
}

// Whatever key a chart has: of another type it is refused, and so is a key
// beside it that the chart does not have, and its absence.
func TestEveryKeyIsStrict(t *testing.T) {
	for chart, least := range map[string]int{"gateway": 40, "predict": 40, "monitoring": 7} {
		defaults := values(t, chart)
		wrongTypes, unknown, absent := map[string]any{}, map[string]any{"misspelt": 1}, map[string]any{}
		types, names, keys := []string{}, []string{"at '': additional properties 'misspelt' not allowed"}, []string{}
		for key, value := range defaults {
			absent[key] = nil
			keys = append(keys, key)
			group, isGroup := value.(map[string]any)
			if !isGroup || len(group) == 0 {
				wrongTypes[key] = wrongType(value)
				types = append(types, "'/"+key+"'")
				continue
			}
			wrong := map[string]any{}
			for part, value := range group {
				wrong[part] = wrongType(value)
				types = append(types, "'/"+key+"/"+part+"'")
			}
			wrongTypes[key] = wrong
			unknown[key] = map[string]any{"misspelt": 1}
			names = append(names, "at '/"+key+"': additional properties 'misspelt' not allowed")
		}
		if len(types) < least {
			t.Errorf("%s: found only %d keys", chart, len(types))
		}
		t.Run(chart+" wrong types", func(t *testing.T) { refused(t, chart, text(t, wrongTypes), types...) })
		t.Run(chart+" unknown keys", func(t *testing.T) { refused(t, chart, text(t, unknown), names...) })
		t.Run(chart+" keys taken away", func(t *testing.T) { refused(t, chart, text(t, absent), keys...) })
		for key, value := range defaults {
			group, isGroup := value.(map[string]any)
			if !isGroup || len(group) == 0 || key == "resources" { // a limit may be taken away
				continue
			}
			absent, parts := map[string]any{}, []string{"at '/" + key + "': missing propert"}
			for part := range group {
				absent[part] = nil
				parts = append(parts, "'"+part+"'")
			}
			t.Run(chart+" keys taken away from "+key, func(t *testing.T) {
				t.Parallel()
				refused(t, chart, text(t, map[string]any{key: absent}), parts...)
			})
		}
	}
}

func values(t *testing.T, chart string) map[string]any {
	t.Helper()
	source, err := os.ReadFile(root + "charts/" + chart + "/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := yaml.Unmarshal(source, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func wrongType(value any) any {
	if _, isList := value.([]any); isList {
		return "not a list"
	}
	return []any{"a list"}
}

func text(t *testing.T, values map[string]any) string {
	t.Helper()
	encoded, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// refused fails unless the chart refuses the values, given beside those with
// which it renders, and says all that is expected.
func refused(t *testing.T, chart, values string, says ...string) {
	t.Helper()
	arguments := []string{}
	switch chart {
	case "predict":
		arguments = append(arguments, "--values", valuesFile(t, pinned))
	case "gateway":
		arguments = append(arguments, "--values", valuesFile(t, said))
	}
	arguments = append(arguments, "--values", valuesFile(t, values))
	out, err := helm(chart, arguments...)
	if err == nil {
		t.Fatalf("accepted; rendered %d bytes", len(out))
	}
	for _, want := range says {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("does not say %q:\n%v", want, err)
		}
	}
}

// valuesFile is a file of values. Its name has none of the test's, in which Helm
// would take a comma for the end of a name.
func valuesFile(t *testing.T, text string) string {
	t.Helper()
	file, err := os.CreateTemp("", "values-*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(file.Name()) })
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Name()
}

// The values that the tests above spoil are good ones: with them, and with each
// example, the charts render, and the same twice.
func TestRenderingIsDeterministic(t *testing.T) {
	for chart, least := range map[string]int{"gateway": 5, "predict": 5, "monitoring": 4} {
		for _, example := range examples(t, chart) {
			first, err := helm(chart, "--values", example)
			if err != nil {
				t.Fatal(err)
			}
			again, err := helm(chart, "--values", example)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first, again) {
				t.Errorf("%s with %s renders differently a second time", chart, example)
			}
			if len(decode(t, first)) < least {
				t.Errorf("%s with %s renders only %d objects", chart, example, len(decode(t, first)))
			}
		}
	}
	if _, err := helm("predict", "--values", valuesFile(t, pinned)); err != nil {
		t.Error(err)
	}
	if _, err := helm("gateway", "--values", valuesFile(t, said)); err != nil {
		t.Error(err)
	}
}

// Each value that a chart's schema knows is in its values.yaml, and is used.
func TestNoValueIsUnused(t *testing.T) {
	for _, chart := range []string{"gateway", "predict", "monitoring"} {
		var templates strings.Builder
		files, err := filepath.Glob(root + "charts/" + chart + "/templates/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if source, err := os.ReadFile(file); err == nil { // not the folder of tests
				templates.Write(source)
			}
		}
		for key, value := range values(t, chart) {
			parts, isGroup := value.(map[string]any)
			if !isGroup || key == "resources" {
				parts = map[string]any{key: nil}
			}
			for _, part := range slices.Sorted(maps.Keys(parts)) {
				if !strings.Contains(templates.String(), "."+part) {
					t.Errorf("%s: no template uses %s of %s", chart, part, key)
				}
			}
		}
	}
}
