package main

// ours are the containers of gateway and predict.
const ours = `namespace=~"$namespace", container=~"gateway|predict"`

// resources answers: do the pods have what they need, and does the autoscaler
// still have room.
func resources() dashboard {
	return dashboard{
		uid: "treehouse-resources", title: "Treehouse / Resources and autoscaling",
		about:     "Processors and memory of gateway and predict against their requests and limits, their autoscalers, and the Go runtime.",
		variables: []variable{namespaces},
		rows:      []row{autoscaling(), pods(), processors(), runtime()},
	}
}

func autoscaling() row {
	hpa := func(metric string) string {
		return `max by (horizontalpodautoscaler) (kube_horizontalpodautoscaler_` + metric + `{namespace=~"$namespace"})`
	}
	target := func(which, metric string) string {
		return `max by (horizontalpodautoscaler) (kube_horizontalpodautoscaler_` + which + `_target_metric{namespace=~"$namespace", metric_target_type="utilization", metric_name="` + metric + `"})`
	}
	use := func(metric string) panel {
		return lines("Use of "+metric+", which scales", "In percent of the request, and the target on which pods are added.", "percent",
			query{target("status", metric), "{{horizontalpodautoscaler}}"}, query{target("spec", metric), "{{horizontalpodautoscaler}} target"}).see("TreehouseAutoscalerPinned")
	}
	return row{"Autoscaling", []panel{
		lines("Pods", "What the autoscaler has, wants and may have. Wanted at the limit, with use above the target, is pinned.", "short",
			query{hpa("status_current_replicas"), "{{horizontalpodautoscaler}}"},
			query{hpa("status_desired_replicas"), "{{horizontalpodautoscaler}} wanted"},
			query{hpa("spec_min_replicas"), "{{horizontalpodautoscaler}} least"},
			query{hpa("spec_max_replicas"), "{{horizontalpodautoscaler}} most"}).see("TreehouseAutoscalerPinned"),
		use("cpu"), use("memory"),
	}}
}

func pods() row {
	return row{"Pods", []panel{
		lines("Available and wanted", "By deployment.", "short",
			query{`max by (deployment) (kube_deployment_status_replicas_available{namespace=~"$namespace"})`, "{{deployment}}"},
			query{`max by (deployment) (kube_deployment_spec_replicas{namespace=~"$namespace"})`, "{{deployment}} wanted"}).see("TreehousePodsMissing"),
		lines("Restarts", "Of containers, since their pods were made.", "short",
			query{`sum by (pod) (kube_pod_container_status_restarts_total{` + ours + `})`, "{{pod}}"}).see("TreehousePodRestarting"),
		lines("Ready", "1 is ready.", "short",
			query{`max by (pod) (kube_pod_status_ready{namespace=~"$namespace", condition="true"} * on (namespace, pod) group_left () (group by (namespace, pod) (kube_pod_container_info{` + ours + `})))`, "{{pod}}"}).see("TreehousePodsMissing"),
	}}
}

func processors() row {
	limit := func(resource string) string {
		return `max by (pod) (kube_pod_container_resource_limits{` + ours + `, resource="` + resource + `"})`
	}
	request := func(resource string) string {
		return `max by (container) (kube_pod_container_resource_requests{` + ours + `, resource="` + resource + `"})`
	}
	return row{"Processors and memory", []panel{
		lines("Processors", "Used by each container, and what one requests.", "short",
			query{`sum by (pod) (rate(container_cpu_usage_seconds_total{` + ours + `}[$__rate_interval]))`, "{{pod}}"},
			query{request("cpu"), "{{container}} request"}),
		lines("Throttled", "Share of periods in which a container wanted more than its limit of processors.", "percentunit",
			query{`sum by (pod) (rate(container_cpu_cfs_throttled_periods_total{` + ours + `}[$__rate_interval])) / sum by (pod) (rate(container_cpu_cfs_periods_total{` + ours + `}[$__rate_interval]) > 0)`, "{{pod}}"}),
		lines("Memory, share of the limit", "The working set. Go collects harder at nine tenths; at 1 the kernel ends the process.", "percentunit",
			query{`max by (pod) (container_memory_working_set_bytes{` + ours + `}) / ` + limit("memory"), "{{pod}}"}).coloured(bound{0.95, "red"}).see("TreehouseMemoryNearLimit"),
		lines("Memory", "The working set of each container, and what one requests.", "bytes",
			query{`max by (pod) (container_memory_working_set_bytes{` + ours + `})`, "{{pod}}"},
			query{request("memory"), "{{container}} request"}),
		lines("Received", "By pod.", "Bps", query{`sum by (pod) (rate(container_network_receive_bytes_total{namespace=~"$namespace"}[$__rate_interval]))`, "{{pod}}"}),
		lines("Sent", "By pod.", "Bps", query{`sum by (pod) (rate(container_network_transmit_bytes_total{namespace=~"$namespace"}[$__rate_interval]))`, "{{pod}}"}),
	}}
}

func runtime() row {
	own := func(expr string) string {
		return `sum by (pod) (` + expr + ` * on (namespace, pod) group_left () max by (namespace, pod) (treehouse_build_info{namespace=~"$namespace"}))`
	}
	return row{"Go runtime", []panel{
		lines("Goroutines", "Many that stay are requests that hang.", "short", query{own(`go_goroutines`), "{{pod}}"}),
		lines("Heap", "Live objects, and those not collected yet.", "bytes", query{own(`go_memstats_heap_alloc_bytes`), "{{pod}}"}),
		lines("Resident memory", "As the process sees it.", "bytes", query{own(`process_resident_memory_bytes`), "{{pod}}"}),
		lines("Garbage collection", "Share of time in which the program stood still for it.", "percentunit", query{own(`rate(go_gc_duration_seconds_sum[$__rate_interval])`), "{{pod}}"}),
		lines("Allocated", "A prediction allocates little: more a request than before is a change of ours.", "Bps", query{own(`rate(go_memstats_alloc_bytes_total[$__rate_interval])`), "{{pod}}"}),
		lines("Open files", "Connections are files; the share of what the process may open.", "percentunit", query{own(`process_open_fds / process_max_fds`), "{{pod}}"}),
	}}
}
