package main

// predictions are the routes that the objectives are about.
const predictions = `namespace=~"$namespace", route=~"/predict|/v1/.+:predict|/v2/.+/infer"`

// overview answers: is it well, since when not, and is it gateway or predict.
func overview() dashboard {
	return dashboard{
		uid: "treehouse-overview", title: "Treehouse / Service overview",
		about:     "Rate, errors, duration and saturation of gateway and predict, and how fast the error budgets are spent.",
		variables: []variable{namespaces},
		rows:      []row{objectives(), rate(), duration(), saturation(), limits(), upstream()},
	}
}

func objectives() row {
	met := func(slo string) query {
		return query{`1 - sum(avg_over_time(treehouse:slo_errors:rate5m{namespace=~"$namespace", slo="` + slo + `"}[$__range])) / sum(avg_over_time(treehouse:slo_requests:rate5m{namespace=~"$namespace", slo="` + slo + `"}[$__range]))`, slo}
	}
	left := func(slo string) query {
		return query{`1 - sum(avg_over_time(treehouse:slo_errors:rate5m{namespace=~"$namespace", slo="` + slo + `"}[30d])) / sum(avg_over_time(treehouse:slo_requests:rate5m{namespace=~"$namespace", slo="` + slo + `"}[30d])) / scalar(treehouse:slo_budget{slo="` + slo + `"})`, slo}
	}
	firing := func(severity string) query {
		return query{`count(ALERTS{alertname=~"Treehouse.*", alertstate="firing", namespace=~"$namespace", severity="` + severity + `"}) or vector(0)`, severity}
	}
	burn := func(slo string) []query {
		var all []query
		for _, window := range []string{"5m", "1h", "6h", "1d", "3d"} {
			all = append(all, query{`max(treehouse:slo_errors:ratio_rate` + window + `{namespace=~"$namespace", slo="` + slo + `"}) / scalar(treehouse:slo_budget{slo="` + slo + `"})`, window})
		}
		return all
	}
	return row{"Objectives", []panel{
		stat("Answered", "Share of predictions in the time shown that were answered: neither 5xx nor 429, limits aside. The objective is 99.9 % in 30 days.", "percentunit", met("availability")).see("TreehouseAvailabilityBurn").
			coloured(bound{0, "red"}, bound{0.999, "green"}),
		stat("Within 100 ms", "Share of predictions in the time shown that were answered within 100 ms. The objective is 99 % in 30 days.", "percentunit", met("latency")).see("TreehouseLatencyBurn").
			coloured(bound{0, "red"}, bound{0.99, "green"}),
		stat("Error budget left", "How much of what may fail in 30 days has not failed yet. Below 0 the objective is missed.", "percentunit", left("availability")).see("TreehouseAvailabilityBurn").
			coloured(bound{-1000, "red"}, bound{0, "orange"}, bound{0.25, "green"}),
		stat("Latency budget left", "How much of what may be slow in 30 days has not been slow yet.", "percentunit", left("latency")).see("TreehouseLatencyBurn").
			coloured(bound{-1000, "red"}, bound{0, "orange"}, bound{0.25, "green"}),
		stat("Alerts that page", "Alerts of severity critical that fire.", "short", firing("critical")).coloured(bound{1, "red"}),
		stat("Alerts to look at", "Alerts of severity warning that fire.", "short", firing("warning")).coloured(bound{1, "orange"}),
		lines("Burn of the error budget", "1 spends the budget in 30 days; 14.4 over 1h, or 6 over 6h, pages; 3 over 1d, or 1 over 3d, is for the next day.", "short", burn("availability")...).wide(12).see("TreehouseAvailabilityBurn").
			coloured(bound{1, "orange"}, bound{14.4, "red"}),
		lines("Burn of the latency budget", "The same for predictions that take more than 100 ms.", "short", burn("latency")...).wide(12).see("TreehouseLatencyBurn").
			coloured(bound{1, "orange"}, bound{14.4, "red"}),
	}}
}

func rate() row {
	return row{"Rate and errors", []panel{
		lines("Requests by route", "Requests that gateway answered, all statuses.", "reqps",
			query{`sum by (route) (rate(treehouse_gateway_requests_total{namespace=~"$namespace"}[$__rate_interval]))`, "{{route}}"}).stack(),
		lines("Requests by status", "And by the code of the error. 0 is a request that was never answered, 499 a client that did not wait.", "reqps",
			query{`sum by (code, error) (rate(treehouse_gateway_requests_total{namespace=~"$namespace"}[$__rate_interval]))`, "{{code}} {{error}}"}).stack(),
		lines("Requests by model and version", "As predict named them in its answer; empty where no model answered. If one line breaks in, it is the model.", "reqps",
			query{`sum by (model, version) (rate(treehouse_gateway_requests_total{namespace=~"$namespace"}[$__rate_interval]))`, "{{model}} {{version}}"}).stack(),
		lines("Share of predictions that fail", "Neither answered nor the client's fault, by gateway's count.", "percentunit",
			query{`max by (namespace) (treehouse:slo_errors:ratio_rate5m{namespace=~"$namespace", slo="availability"})`, "{{namespace}}"}).see("TreehouseAvailabilityBurn"),
		lines("Predictions in predict by status", "If these are OK and gateway's are not, the trouble is between them.", "reqps",
			query{`sum by (code) (rate(treehouse_predict_requests_total{namespace=~"$namespace"}[$__rate_interval]))`, "{{code}}"}).see("TreehouseInternalErrors").stack(),
		lines("Rows predicted", "A request has one row or many; predict's work follows rows.", "rowsps",
			query{`sum by (model, version) (rate(treehouse_predict_rows_total{namespace=~"$namespace"}[$__rate_interval]))`, "{{model}} {{version}}"}).stack(),
	}}
}

func duration() row {
	quantile := func(q, metric, selector string) string {
		return `histogram_quantile(` + q + `, sum by (le) (rate(` + metric + `_bucket{` + selector + `}[$__rate_interval])))`
	}
	return row{"Duration", []panel{
		lines("Duration of predictions", "From the end of the request's header to the answer, in gateway. The objective is 100 ms.", "s",
			query{quantile("0.5", "treehouse_gateway_request_seconds", predictions), "p50"},
			query{quantile("0.9", "treehouse_gateway_request_seconds", predictions), "p90"},
			query{quantile("0.99", "treehouse_gateway_request_seconds", predictions), "p99"}).see("TreehouseLatencyBurn").coloured(bound{0.1, "red"}),
		lines("99 % of predictions, gateway and predict", "What gateway has more than predict is spent in gateway, and on the way.", "s",
			query{quantile("0.99", "treehouse_gateway_request_seconds", predictions), "gateway"},
			query{quantile("0.99", "treehouse_predict_seconds", `namespace=~"$namespace"`), "predict"}),
		density("Durations", "How many predictions took how long, in gateway.", "s",
			query{`sum by (le) (increase(treehouse_gateway_request_seconds_bucket{` + predictions + `}[$__rate_interval]))`, "{{le}}"}),
	}}
}

func saturation() row {
	return row{"Saturation", []panel{
		lines("Requests in flight in gateway", "By pod. Beyond --max-in-flight, 1024 unless set, they are refused.", "short",
			query{`sum by (pod) (treehouse_gateway_in_flight{namespace=~"$namespace"})`, "{{pod}}"}).see("TreehouseGatewayFull"),
		lines("Work in predict", "Requests that are computed, and that wait for room; a queue is there only while all places are taken.", "short",
			query{`sum(treehouse_admission_in_flight{namespace=~"$namespace"})`, "computed"},
			query{`sum(treehouse_admission_queued{namespace=~"$namespace"})`, "waiting"}).see("TreehouseQueueing"),
		lines("Wait for room in predict", "Of the requests that had to wait and were let in, 99 % waited no longer.", "s",
			query{`histogram_quantile(0.99, sum by (le) (rate(treehouse_admission_wait_seconds_bucket{namespace=~"$namespace"}[$__rate_interval])))`, "p99"}).see("TreehouseQueueing"),
		lines("Refused for lack of room", "By predict: the queue was full, the wait too long, or the deadline too near.", "reqps",
			query{`sum by (reason) (rate(treehouse_admission_rejected_total{namespace=~"$namespace"}[$__rate_interval])) or vector(0)`, "{{reason}}"}).see("TreehouseRejecting"),
		lines("Too late", "Predictions that were given up at the caller's deadline.", "reqps",
			query{`sum by (model, version) (rate(treehouse_predict_deadline_exceeded_total{namespace=~"$namespace"}[$__rate_interval])) or vector(0)`, "{{model}} {{version}}"}).see("TreehouseLatencyBurn"),
		lines("Processor time", "Of each pod, in processors.", "short",
			query{`sum by (pod) (rate(process_cpu_seconds_total{namespace=~"$namespace"}[$__rate_interval]) * on (namespace, pod) group_left () max by (namespace, pod) (treehouse_build_info))`, "{{pod}}"}),
	}}
}

func limits() row {
	return row{"Limits", []panel{
		lines("Refused by limits", "By limit: denied had used it up, too_large asked for more rows than a full bucket holds. Of gateway's addresses and predict's callers.", "reqps",
			query{`sum by (limit, outcome) (rate(treehouse_quota_decisions_total{namespace=~"$namespace", outcome!="allowed"}[$__rate_interval])) or vector(0)`, "{{limit}} {{outcome}}"}).wide(16).see("TreehouseLimitRefusing").stack(),
		stat("Limits shared", "Whether Redis shares them, in every pod. If not, each pod limits by itself.", "short",
			query{`min(treehouse_quota_redis_up{namespace=~"$namespace"}) or vector(-1)`, "shared"}).wide(8).named(-1, "no Redis").see("TreehouseLimitsNotShared").
			coloured(bound{0, "red"}, bound{1, "green"}),
	}}
}

func upstream() row {
	return row{"Between them", []panel{
		lines("Servers of predict that gateway knows", "By gateway's pod; 0 answers everything with 503.", "short",
			query{`treehouse_gateway_discovery_endpoints{namespace=~"$namespace"}`, "{{pod}}"}).see("TreehouseNoUpstream"),
		lines("Where they are known from", "1 for each gateway and source in use. DNS where EndpointSlices were asked for is a fallback.", "short",
			query{`sum by (source) (treehouse_gateway_discovery_source{namespace=~"$namespace"})`, "{{source}}"}).see("TreehouseDiscoveryFallback"),
		lines("Discovery", "Attempts that failed, and changes of the set of servers.", "cps",
			query{`sum(rate(treehouse_gateway_discovery_errors_total{namespace=~"$namespace"}[$__rate_interval])) or vector(0)`, "failed"},
			query{`sum(rate(treehouse_gateway_discovery_updates_total{namespace=~"$namespace"}[$__rate_interval])) or vector(0)`, "changes"}).see("TreehouseDiscoveryFailing"),
		table("Builds", "What runs, by pod.", query{`treehouse_build_info{namespace=~"$namespace"}`, ""}).
			without("__name__", "endpoint", "instance", "job", "container"),
		stat("Targets up", "Pods that Prometheus can scrape. What it cannot scrape has no other panel.", "short",
			query{`sum(up{namespace=~"$namespace"} * on (namespace, job) group_left () (group by (namespace, job) (treehouse_build_info)))`, "up"}).wide(6).see("TreehouseTargetDown"),
		stat("First TLS certificate to expire", "Days until then, among all pods.", "d",
			query{`(min(treehouse_tls_certificate_expiry_timestamp_seconds{namespace=~"$namespace"}) - time()) / 86400 or vector(-1)`, "days"}).wide(6).named(-1, "no TLS").see("TreehouseTLSExpiring"),
	}}
}
