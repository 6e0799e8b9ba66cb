package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// ModelsClaim is the claim of the volume of models.
	ModelsClaim = "models"
	// BadVersion is a version of housing on that volume whose certificate does
	// not hold: it is the newest good one with one golden number changed.
	BadVersion = 4
)

// FillModels makes the volume of models and copies the housing models on it,
// by a pod of a models image, the way the chart's init container does. It
// needs the image of predict.
func (c *Cluster) FillModels(ctx context.Context) error {
	begin := time.Now()
	if err := c.BuildModels(ctx); err != nil {
		return err
	}
	if err := c.makeVolume(ctx); err != nil {
		return err
	}
	pod := c.toolPod("models", c.Image("models"), "copy", "/models", "/repository")
	user := int64(65532)
	pod.Spec.SecurityContext.FSGroup = &user
	pod.Spec.Volumes = []corev1.Volume{{Name: "repository", VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: ModelsClaim}}}}
	pod.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "repository", MountPath: "/repository"}}
	if err := c.runTool(ctx, pod, time.Minute); err != nil {
		return fmt.Errorf("filling the volume of models: %w", err)
	}
	c.Say("volume of models filled: %.1f s", time.Since(begin).Seconds())
	return nil
}

// BuildModels makes the image of the housing models, the bad version among
// them. It needs the image of predict.
func (c *Cluster) BuildModels(ctx context.Context) error {
	folder, err := c.Temp("models")
	if err != nil {
		return err
	}
	if err := c.writeModels(folder); err != nil {
		return err
	}
	return c.LoadImage(ctx, c.Image("models"), folder, "-f", filepath.Join(folder, "Dockerfile"), "--build-arg", "PREDICT="+c.Image("predict"))
}

// writeModels writes the build context of the models image.
func (c *Cluster) writeModels(folder string) error {
	from := c.Path("services", "predict", "models")
	files, err := filepath.Glob(filepath.Join(from, "housing", "*", "*"))
	if err != nil {
		return err
	}
	files = append(files, filepath.Join(from, "Dockerfile"), filepath.Join(from, ".dockerignore"))
	newest := ""
	for _, file := range files {
		relative, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		if err := copyFile(filepath.Join(folder, relative), file); err != nil {
			return err
		}
		if filepath.Base(file) == "golden.json" {
			newest = filepath.Dir(file)
		}
	}
	if newest == "" {
		return fmt.Errorf("%s holds no model with a golden.json", from)
	}
	bad := filepath.Join(folder, "housing", fmt.Sprint(BadVersion))
	for _, name := range []string{"model.joblib", "model.yaml"} {
		if err := copyFile(filepath.Join(bad, name), filepath.Join(newest, name)); err != nil {
			return err
		}
	}
	return tamper(filepath.Join(bad, "golden.json"), filepath.Join(newest, "golden.json"))
}

// A golden is a golden.json, as far as it is of interest here.
type golden map[string]any

func readGolden(file string) (golden, error) {
	data, err := os.ReadFile(file) // #nosec G304 -- a file of this project
	if err != nil {
		return nil, err
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return g, nil
}

// first are the outputs of the first row; changing them changes the golden.
func (g golden) first() ([]any, error) {
	outputs, _ := g["outputs"].(map[string]any)
	rows, _ := outputs["predict"].([]any)
	if len(rows) > 0 {
		if row, _ := rows[0].([]any); len(row) > 0 {
			if _, ok := row[0].(float64); ok {
				return row, nil
			}
		}
	}
	return nil, errors.New("golden.json has no number outputs.predict[0][0]")
}

// tamper copies a golden.json with its first number raised by one.
func tamper(to, from string) error {
	g, err := readGolden(from)
	if err != nil {
		return err
	}
	row, err := g.first()
	if err != nil {
		return err
	}
	row[0] = row[0].(float64) + 1
	data, err := json.Marshal(g)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644) // #nosec G306 -- the pods read it as another user
}

// makeVolume makes a static local volume on the node and a claim for it, or a
// claim of the storage class that was named.
func (c *Cluster) makeVolume(ctx context.Context) error {
	size := corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}
	class := c.o.StorageClass
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: ModelsClaim}, Spec: corev1.PersistentVolumeClaimSpec{
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, StorageClassName: &class,
		Resources: corev1.VolumeResourceRequirements{Requests: size}}}
	if class == "" {
		path, err := c.modelsPath()
		if err != nil {
			return err
		}
		name := c.Namespace + "-models"
		claim.Spec.VolumeName = name
		hostname := corev1.NodeSelectorRequirement{Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{c.node.Labels[corev1.LabelHostname]}}
		volume := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.PersistentVolumeSpec{
			Capacity: size, AccessModes: claim.Spec.AccessModes,
			PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
			PersistentVolumeSource:        corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: path}},
			NodeAffinity: &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{
				{MatchExpressions: []corev1.NodeSelectorRequirement{hostname}}}}},
			ClaimRef: &corev1.ObjectReference{Namespace: c.Namespace, Name: ModelsClaim},
		}}
		if _, err := c.Client.CoreV1().PersistentVolumes().Create(ctx, volume, metav1.CreateOptions{}); err != nil {
			return err
		}
		if !c.o.Keep {
			// After the namespace, whose claim uses it: cleanups run last first.
			c.cleanupFirst("volume "+name, func(ctx context.Context) error {
				return c.Client.CoreV1().PersistentVolumes().Delete(ctx, name, metav1.DeleteOptions{})
			})
		}
	}
	_, err := c.Client.CoreV1().PersistentVolumeClaims(c.Namespace).Create(ctx, claim, metav1.CreateOptions{})
	return err
}

// modelsPath is the directory of the volume on the node.
func (c *Cluster) modelsPath() (string, error) {
	if c.o.ModelsPath != "" {
		return c.o.ModelsPath, nil
	}
	path := filepath.Join("/var/tmp", "treehouse-"+strings.TrimPrefix(c.Namespace, "th-"))
	if err := os.Mkdir(path, 0o755); err != nil { // #nosec G301 -- the pods read it as another user
		return "", err
	}
	if !c.o.Keep {
		c.cleanupFirst("directory "+path, func(context.Context) error { return os.RemoveAll(path) })
	}
	return path, nil
}
