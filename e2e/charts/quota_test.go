//go:build charts

package charts

import (
	"testing"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The namespace's quota has room for both charts at their most replicas while
// both roll, as argocd/namespace/templates/resource-quota.yaml adds it up, and little more.
func TestQuotaFitsTheCharts(t *testing.T) {
	var pods, requestsCPU, requestsMemory, limitsCPU, limitsMemory resource.Quantity
	add := func(count int64, needs core.ResourceRequirements) {
		for range count {
			pods.Add(resource.MustParse("1"))
			requestsCPU.Add(*needs.Requests.Cpu())
			requestsMemory.Add(*needs.Requests.Memory())
			limitsCPU.Add(*needs.Limits.Cpu())
			limitsMemory.Add(*needs.Limits.Memory())
		}
	}
	limits := typed[core.LimitRange](t, manifests(t), "LimitRange")[0].Spec.Limits[0]
	for chart, example := range map[string]string{"gateway": "", "predict": "image.yaml"} {
		objects := render(t, chart, example)
		most := int(typed[autoscaling.HorizontalPodAutoscaler](t, objects, "HorizontalPodAutoscaler")[0].Spec.MaxReplicas)
		deployment := typed[apps.Deployment](t, objects, "Deployment")[0]
		surge, err := intstr.GetScaledValueFromIntOrPercent(deployment.Spec.Strategy.RollingUpdate.MaxSurge, most, true)
		if err != nil {
			t.Fatal(err)
		}
		spec := deployment.Spec.Template.Spec
		for _, container := range append(spec.InitContainers, spec.Containers...) {
			// One container runs at a time, and an init container asks for no more.
			if container.Resources.Limits.Cpu().Cmp(*limits.Max.Cpu()) > 0 || container.Resources.Limits.Memory().Cmp(*limits.Max.Memory()) > 0 {
				t.Errorf("%s: the container %s may have more than the LimitRange allows", chart, container.Name)
			}
			if container.Resources.Requests.Cpu().Cmp(*spec.Containers[0].Resources.Requests.Cpu()) > 0 {
				t.Errorf("%s: the init container %s asks for more than the pod's container", chart, container.Name)
			}
		}
		add(int64(most+surge+surge), spec.Containers[0].Resources) // and as many stopping as coming
		for _, pod := range typed[core.Pod](t, objects, "Pod") {
			add(1, pod.Spec.Containers[0].Resources)
		}
	}

	hard := typed[core.ResourceQuota](t, manifests(t), "ResourceQuota")[0].Spec.Hard
	for name, needed := range map[core.ResourceName]resource.Quantity{
		core.ResourcePods:           pods,
		core.ResourceRequestsCPU:    requestsCPU,
		core.ResourceRequestsMemory: requestsMemory,
		core.ResourceLimitsCPU:      limitsCPU,
		core.ResourceLimitsMemory:   limitsMemory,
	} {
		quota := hard[name]
		switch spare := quota.AsApproximateFloat64() / needed.AsApproximateFloat64(); {
		case spare < 1:
			t.Errorf("%s: the quota is %s, and the charts may need %s", name, quota.String(), needed.String())
		case spare > 1.15:
			t.Errorf("%s: the quota is %s, far more than the %s that the charts may need", name, quota.String(), needed.String())
		}
	}
}
