package cluster

import (
	"context"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/metadata"
)

// Objects lists every object in the namespace, of every kind that can be
// listed, as "kind.group name", in order. Events are left out: they record
// what was; so are measurements of pods, which come and go with them.
func (c *Cluster) Objects(ctx context.Context) ([]string, error) {
	kinds, err := discovery.ServerPreferredNamespacedResources(c.Client.Discovery())
	if err != nil {
		return nil, err
	}
	client, err := metadata.NewForConfig(c.Config)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, list := range kinds {
		group, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return nil, err
		}
		for _, kind := range list.APIResources {
			if !slices.Contains(kind.Verbs, "list") || kind.Kind == "Event" || group.Group == "metrics.k8s.io" {
				continue
			}
			objects, err := client.Resource(group.WithResource(kind.Name)).Namespace(c.Namespace).List(ctx, metav1.ListOptions{})
			if err != nil {
				return nil, fmt.Errorf("listing %s: %w", kind.Name, err)
			}
			for _, object := range objects.Items {
				found = append(found, kind.Name+"."+group.Group+" "+object.Name)
			}
		}
	}
	slices.Sort(found)
	return found, nil
}
