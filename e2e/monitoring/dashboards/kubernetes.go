package main

// kubernetes answers: is it the cluster.
func kubernetes() dashboard {
	return dashboard{
		uid: "treehouse-kubernetes", title: "Treehouse / Kubernetes overview",
		about:     "Nodes, pods and what they use of the cluster, in all namespaces.",
		variables: []variable{{"namespace", "Namespace", `label_values(kube_namespace_created, namespace)`, true}},
		rows:      []row{cluster(), nodes(), workloads()},
	}
}

func cluster() row {
	share := func(resource string) query {
		return query{`sum(kube_pod_container_resource_requests{resource="` + resource + `"}) / sum(kube_node_status_allocatable{resource="` + resource + `"})`, resource}
	}
	return row{"Cluster", []panel{
		stat("Nodes ready", "Nodes that take pods.", "short", query{`sum(kube_node_status_condition{condition="Ready", status="true"})`, "ready"}),
		stat("Nodes not ready", "Nodes that do not answer, or have too little of something.", "short",
			query{`sum(kube_node_status_condition{condition="Ready", status=~"false|unknown"})`, "not ready"}).coloured(bound{1, "red"}),
		stat("Processors requested", "Share of what the nodes have; a pod that does not fit waits.", "percentunit", share("cpu")).coloured(bound{0.8, "orange"}, bound{0.95, "red"}),
		stat("Memory requested", "Share of what the nodes have.", "percentunit", share("memory")).coloured(bound{0.8, "orange"}, bound{0.95, "red"}),
		stat("Pods that run", "In the chosen namespaces.", "short", query{`sum(kube_pod_status_phase{namespace=~"$namespace", phase="Running"})`, "running"}),
		stat("Pods that wait", "Pending: no node has room, an image or a volume is missing.", "short",
			query{`sum(kube_pod_status_phase{namespace=~"$namespace", phase="Pending"})`, "pending"}).coloured(bound{1, "orange"}),
	}}
}

func nodes() row {
	return row{"Nodes", []panel{
		lines("Processors", "Share that is busy, by node.", "percentunit",
			query{`1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))`, "{{instance}}"}).upTo(1),
		lines("Memory", "Share that is not available, by node.", "percentunit",
			query{`1 - max by (instance) (node_memory_MemAvailable_bytes) / max by (instance) (node_memory_MemTotal_bytes)`, "{{instance}}"}).upTo(1),
		lines("Disk", "Share of the fullest file system that is used, by node.", "percentunit",
			query{`max by (instance) (1 - node_filesystem_avail_bytes{fstype!~"tmpfs|ramfs|squashfs"} / node_filesystem_size_bytes)`, "{{instance}}"}).upTo(1).coloured(bound{0.85, "red"}),
		lines("Network", "Received and sent, by node, without the loopback.", "Bps",
			query{`sum by (instance) (rate(node_network_receive_bytes_total{device!="lo"}[$__rate_interval]))`, "{{instance}} received"},
			query{`sum by (instance) (rate(node_network_transmit_bytes_total{device!="lo"}[$__rate_interval]))`, "{{instance}} sent"}),
		lines("Load", "Processes that want a processor, over the number of processors.", "short",
			query{`max by (instance) (node_load5) / count by (instance) (node_cpu_seconds_total{mode="idle"})`, "{{instance}}"}),
		lines("Pods", "Running, by node, and how many it may have.", "short",
			query{`sum by (node) (kube_pod_info * on (namespace, pod) group_left () (kube_pod_status_phase{phase="Running"} == 1))`, "{{node}}"},
			query{`max by (node) (kube_node_status_allocatable{resource="pods"})`, "{{node}} most"}),
	}}
}

func workloads() row {
	return row{"Namespaces", []panel{
		lines("Processors by namespace", "What containers use.", "short",
			query{`sum by (namespace) (rate(container_cpu_usage_seconds_total{namespace=~"$namespace", container!=""}[$__rate_interval]))`, "{{namespace}}"}).stack(),
		lines("Memory by namespace", "The working sets of containers.", "bytes",
			query{`sum by (namespace) (container_memory_working_set_bytes{namespace=~"$namespace", container!=""})`, "{{namespace}}"}).stack(),
		lines("Pods by phase", "In the chosen namespaces.", "short",
			query{`sum by (phase) (kube_pod_status_phase{namespace=~"$namespace"})`, "{{phase}}"}).stack(),
		lines("Deployments that lack pods", "How many are missing.", "short",
			query{`sum by (namespace, deployment) (kube_deployment_spec_replicas{namespace=~"$namespace"} - kube_deployment_status_replicas_available)`, "{{namespace}} {{deployment}}"}).see("TreehousePodsMissing"),
		lines("Restarts", "Of containers, in 10 minutes.", "short",
			query{`sum by (namespace) (increase(kube_pod_container_status_restarts_total{namespace=~"$namespace"}[10m]))`, "{{namespace}}"}).see("TreehousePodRestarting"),
		lines("Quota", "The fullest resource of each quota, as a share of what it allows.", "percentunit",
			query{`max by (namespace) (kube_resourcequota{namespace=~"$namespace", type="used"} / ignoring (type) (kube_resourcequota{type="hard"} > 0))`, "{{namespace}}"}).coloured(bound{0.9, "red"}),
	}}
}
