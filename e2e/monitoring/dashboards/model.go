package main

const (
	// one selects a model; the version is told in the legend.
	one = `namespace=~"$namespace", model="$model"`
	// chosen selects the version, too: each has a reference, and bins, of its own.
	chosen = one + `, version="$version"`
)

// model answers, of one model: who asks for it, how long does it take, and does
// what comes and goes look like it did in training.
func model() dashboard {
	return dashboard{
		uid: "treehouse-model", title: "Treehouse / Model",
		about:     "One model: its versions, traffic, latency by stage, drift, predictions and the quality of what it is sent.",
		variables: []variable{namespaces, models, number},
		rows:      []row{versions(), traffic(), drift(), predicted(), quality(), payload()},
	}
}

func versions() row {
	return row{"Versions", []panel{
		table("Served versions", "What answers, where it comes from, and whether the training library's own outputs were replayed (certified).",
			query{`max by (version, default, certified, format, library, library_version) (treehouse_model_info{` + one + `})`, ""}).wide(16),
		stat("Pods that serve it", "Pods in which it answers without a version being named.", "short",
			query{`count(treehouse_model_info{` + one + `, default="true"})`, "pods"}).see("TreehouseVersionsDiffer"),
		stat("Broken versions", "Versions that cannot be loaded, or whose files changed; the reason is in predict's log.", "short",
			query{`count(count by (version) (treehouse_model_state{` + one + `, state="FAILED"})) or vector(0)`, "failed"}).coloured(bound{1, "red"}).see("TreehouseModelLoadFailing"),
		lines("Loads", "Versions that were loaded, and those that could not be.", "short",
			query{`sum by (version, result) (treehouse_model_loads_total{` + one + `})`, "{{version}} {{result}}"}).see("TreehouseModelLoadFailing"),
		lines("Certificates", "Replays of the training library's own outputs at load: as they were, different, or none to replay.", "short",
			query{`sum by (version, result) (treehouse_certificate_replays_total{` + one + `})`, "{{version}} {{result}}"}).see("TreehouseCertificateFailed"),
		lines("Memory of the compiled model", "In each pod, of each version.", "bytes",
			query{`max by (version) (treehouse_model_bytes{` + one + `})`, "{{version}}"}),
	}}
}

func traffic() row {
	quantile := func(q string) query {
		return query{`histogram_quantile(` + q + `, sum by (version, le) (rate(treehouse_predict_seconds_bucket{` + one + `}[$__rate_interval])))`, "{{version}} p" + q[2:]}
	}
	return row{"Traffic and latency", []panel{
		lines("Predictions by version", "Requests that predict answered, HTTP and gRPC.", "reqps",
			query{`sum by (version) (rate(treehouse_predict_requests_total{` + one + `}[$__rate_interval]))`, "{{version}}"}).stack(),
		lines("Predictions by status", "InvalidArgument is what a client did wrong; Internal is ours.", "reqps",
			query{`sum by (code) (rate(treehouse_predict_requests_total{` + one + `}[$__rate_interval]))`, "{{code}}"}).see("TreehouseInternalErrors").stack(),
		lines("Rows a request", "The mean.", "short",
			query{`sum by (version) (rate(treehouse_predict_rows_total{` + one + `}[$__rate_interval])) / sum by (version) (rate(treehouse_predict_requests_total{` + one + `, code="OK"}[$__rate_interval]) > 0)`, "{{version}}"}),
		lines("Duration by version", "In predict, the wait for room among it.", "s", quantile("0.5"), quantile("0.99")).see("TreehouseLatencyBurn"),
		lines("99 % by stage", "queue waits for room, decode reads the columns, transform makes features of them, predict runs the trees, encode writes the answer.", "s",
			query{`histogram_quantile(0.99, sum by (stage, le) (rate(treehouse_predict_stage_seconds_bucket{` + one + `}[$__rate_interval])))`, "{{stage}}"}),
		lines("Mean by stage", "Stacked, it is the mean duration of a prediction.", "s",
			query{`sum by (stage) (rate(treehouse_predict_stage_seconds_sum{` + one + `}[$__rate_interval])) / ignoring (stage) group_left () sum(rate(treehouse_predict_seconds_count{` + one + `}[$__rate_interval]) > 0)`, "{{stage}}"}).stack(),
	}}
}

func drift() row {
	return row{"Drift: is what comes like what the chosen version was trained on", []panel{
		cells("Drift of features, 1 h", "Population stability index against training, of each feature that is counted. From 0.1 it is worth a look, from 0.25 it is another population.", "short",
			query{`max by (feature) (treehouse:feature_psi:1h{` + chosen + `})`, "{{feature}}"}).coloured(bound{0.1, "yellow"}, bound{0.25, "red"}),
		lines("Drift of features, 1 d", "Population stability index over a day; slower, and surer.", "short",
			query{`max by (feature) (treehouse:feature_psi:1d{` + chosen + `})`, "{{feature}}"}).coloured(bound{0.25, "red"}),
		lines("Distance of features, 1 h", "Jensen-Shannon distance against training, from 0, the same, to 1, nothing in common.", "short",
			query{`max by (feature) (treehouse:feature_js:1h{` + chosen + `})`, "{{feature}}"}),
		lines("Rows looked at", "The sample that drift is counted on; a window with fewer than 1,000 rows tells nothing.", "rowsps",
			query{`sum(rate(treehouse_drift_rows_total{` + chosen + `}[$__rate_interval]))`, "rows"}),
	}}
}

func predicted() row {
	return row{"Predictions", []panel{
		bars("Predictions by bin, now and in training", "Shares over an hour: bins hold equal shares of the training set's predictions, or are classes.", "percentunit",
			query{`sum by (bin) (increase(treehouse_prediction_bin_total{` + chosen + `}[1h])) / ignoring (bin) group_left () (sum(increase(treehouse_prediction_bin_total{` + chosen + `}[1h])) > 0)`, "now"},
			query{`max by (bin) (treehouse_reference_prediction_share{` + chosen + `})`, "training"}),
		lines("Drift of predictions", "Population stability index and the threshold of the alert, which was bootstrapped from the training set.", "short",
			query{`max(treehouse:prediction_psi:1h{` + chosen + `})`, "1 h"},
			query{`max(treehouse:prediction_psi:1d{` + chosen + `})`, "1 d"},
			query{`max(treehouse_drift_threshold{` + chosen + `, feature="", distance="psi"})`, "threshold"}).wide(12),
		lines("Distance of predictions", "Jensen-Shannon distance and the alert's threshold.", "short",
			query{`max(treehouse:prediction_js:1h{` + chosen + `})`, "1 h"},
			query{`max(treehouse:prediction_js:1d{` + chosen + `})`, "1 d"},
			query{`max(treehouse_drift_threshold{` + chosen + `, feature="", distance="js"})`, "threshold"}).wide(12),
		lines("Predictions by bin", "Shares over time.", "percentunit",
			query{`sum by (bin) (rate(treehouse_prediction_bin_total{` + chosen + `}[$__rate_interval])) / ignoring (bin) group_left () (sum(rate(treehouse_prediction_bin_total{` + chosen + `}[$__rate_interval])) > 0)`, "{{bin}}"}).wide(12).stack().upTo(1),
	}}
}

func quality() row {
	share := func(metric string) query {
		return query{`sum by (feature) (rate(` + metric + `{` + chosen + `}[$__rate_interval])) / ignoring (feature) group_left () (sum(rate(treehouse_drift_rows_total{` + chosen + `}[$__rate_interval])) > 0)`, "{{feature}}"}
	}
	return row{"Data quality", []panel{
		lines("Missing values", "Share of rows without the feature.", "percentunit", share("treehouse_feature_missing_total")),
		lines("Unseen categories", "Share of rows with a category that training did not see.", "percentunit", share("treehouse_feature_unseen_total")),
		lines("Out of range", "Share of rows with a number beyond those of training.", "percentunit", share("treehouse_feature_out_of_range_total")),
		cells("Missing values against training, 1 h", "How much larger, or smaller, the share of missing values is than it was in training.", "percentunit",
			query{`max by (feature) (treehouse:feature_missing_change:1h{` + chosen + `})`, "{{feature}}"}).coloured(bound{0.05, "yellow"}, bound{0.2, "red"}).wide(12),
		cells("Unseen categories, 1 h", "Share of rows with a category that training did not see.", "percentunit",
			query{`max by (feature) (treehouse:feature_unseen_rate:1h{` + chosen + `})`, "{{feature}}"}).coloured(bound{0.01, "yellow"}, bound{0.1, "red"}).wide(12),
	}}
}

func payload() row {
	return row{"Payload log", []panel{
		lines("Rows", "Written to the log that evaluations read; nothing where it is off.", "rowsps",
			query{`sum by (version) (rate(treehouse_payload_records_total{` + one + `}[$__rate_interval]))`, "{{version}}"}),
		lines("Dropped", "Rows that are missing in the log: there was no room (full), no time at the end (stop), or they could not be encoded.", "rowsps",
			query{`sum by (reason) (rate(treehouse_payload_dropped_total{` + one + `}[$__rate_interval])) or vector(0)`, "{{reason}}"}).see("TreehousePayloadLosing"),
		lines("Buffer", "What waits to be written, as a share of the room for it, in the fullest pod.", "percentunit",
			query{`max(treehouse_payload_buffered_bytes{namespace=~"$namespace"} / treehouse_payload_buffer_limit_bytes)`, "buffered"}).see("TreehousePayloadNotWritten"),
	}}
}
