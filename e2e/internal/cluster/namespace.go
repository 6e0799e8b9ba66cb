package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

// toolsLabel marks the pods of the tests themselves.
const toolsLabel = "treehouse.dev/e2e"

// makeNamespace makes the namespace as delivered in argocd/namespace, labels,
// quota, limits and network policy included, under its own name.
func (c *Cluster) makeNamespace(ctx context.Context) error {
	rendered, err := c.Helm(ctx, "template", "namespace", c.Path("argocd", "namespace"))
	if err != nil {
		return err
	}
	objects, err := readObjects([]byte(rendered))
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(objects, func(o any) bool { _, ok := o.(*corev1.Namespace); return ok }) {
		return errors.New("argocd/namespace holds no Namespace")
	}
	for _, object := range objects {
		if n, ok := object.(*corev1.Namespace); ok {
			if err := c.createNamespace(ctx, n); err != nil {
				return err
			}
		}
	}
	for _, object := range objects {
		if err := c.createInNamespace(ctx, object); err != nil {
			return err
		}
	}
	return c.openForTools(ctx)
}

func readObjects(data []byte) ([]any, error) {
	var objects []any
	for d := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), 4096); ; {
		var raw runtime.RawExtension
		err := d.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("argocd/namespace: %w", err)
		}
		if len(raw.Raw) == 0 || string(raw.Raw) == "null" {
			continue // only comments
		}
		object, _, err := scheme.Codecs.UniversalDeserializer().Decode(raw.Raw, nil, nil)
		if err != nil {
			return nil, fmt.Errorf("argocd/namespace: %w", err)
		}
		objects = append(objects, object)
	}
}

func (c *Cluster) createNamespace(ctx context.Context, n *corev1.Namespace) error {
	if n.Labels["pod-security.kubernetes.io/enforce"] != "restricted" {
		return fmt.Errorf("the namespace of argocd/namespace enforces the Pod Security level %q; expected restricted", n.Labels["pod-security.kubernetes.io/enforce"])
	}
	if _, err := c.Client.CoreV1().Namespaces().Create(ctx, n, metav1.CreateOptions{}); err != nil {
		return err
	}
	if c.o.Keep {
		return nil
	}
	c.cleanup("namespace "+n.Name, func(ctx context.Context) error {
		if err := c.Client.CoreV1().Namespaces().Delete(ctx, n.Name, metav1.DeleteOptions{}); err != nil {
			return err
		}
		return Until(ctx, 3*time.Minute, func(ctx context.Context) (bool, string, error) {
			_, err := c.Client.CoreV1().Namespaces().Get(ctx, n.Name, metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				return true, "", nil
			}
			return false, "namespace " + n.Name + " is still there", err
		})
	})
	return nil
}

func (c *Cluster) createInNamespace(ctx context.Context, object any) (err error) {
	options := metav1.CreateOptions{}
	switch o := object.(type) {
	case *corev1.Namespace:
	case *corev1.ResourceQuota:
		_, err = c.Client.CoreV1().ResourceQuotas(c.Namespace).Create(ctx, o, options)
	case *corev1.LimitRange:
		_, err = c.Client.CoreV1().LimitRanges(c.Namespace).Create(ctx, o, options)
	case *networkingv1.NetworkPolicy:
		_, err = c.Client.NetworkingV1().NetworkPolicies(c.Namespace).Create(ctx, o, options)
	default:
		err = fmt.Errorf("argocd/namespace holds a %T, which these tests do not know", object)
	}
	return err
}

// openForTools lets the tests' own pods through the namespace's default deny:
// they ask gateway and predict, and the API server's proxy reads admin ports.
func (c *Cluster) openForTools(ctx context.Context) error {
	tools := metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: toolsLabel, Operator: metav1.LabelSelectorOpExists}}}
	ports := func(numbers ...int) (list []networkingv1.NetworkPolicyPort) {
		for _, n := range numbers {
			port := intstr.FromInt(n)
			list = append(list, networkingv1.NetworkPolicyPort{Port: &port})
		}
		return list
	}
	for name, spec := range map[string]networkingv1.NetworkPolicySpec{
		"e2e-tools": {PodSelector: tools, Ingress: []networkingv1.NetworkPolicyIngressRule{{}}, Egress: []networkingv1.NetworkPolicyEgressRule{{}}},
		"e2e-targets": {Ingress: []networkingv1.NetworkPolicyIngressRule{
			{From: []networkingv1.NetworkPolicyPeer{{PodSelector: &tools}}, Ports: ports(8080, 9000)},
			{Ports: ports(9090, 9091)},
		}},
	} {
		policy := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec}
		if _, err := c.Client.NetworkingV1().NetworkPolicies(c.Namespace).Create(ctx, policy, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	return nil
}
