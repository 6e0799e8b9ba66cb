// Package summary is what the load generator reports and the tests read: the
// contract of e2e/load, as Go types.
package summary

import "time"

// A Summary is one load's requests. Requests = OK + Failed + Wrong.
type Summary struct {
	Running bool      `json:"running"`
	Started time.Time `json:"started"`
	Seconds float64   `json:"seconds"`

	Counts
	Rows     int            `json:"rows"`
	Versions map[string]int `json:"versions"` // right answers by the model version that computed them

	HTTP *Protocol `json:"http,omitempty"`
	GRPC *Protocol `json:"grpc,omitempty"`

	Pods     map[string]Pod `json:"pods,omitempty"` // by the address of the gRPC peer
	Failures []Failure      `json:"failures,omitempty"`
}

// Counts are requests by their outcome.
type Counts struct {
	Requests int `json:"requests"`
	OK       int `json:"ok"`
	Failed   int `json:"failed"` // no answer, or an error
	Wrong    int `json:"wrong"`  // an answer that is not the training library's
	Retried  int `json:"retried"`
	Saved    int `json:"saved"` // failed at first, and right at the second attempt
	// Rejected are those of Failed that were refused for lack of room, and
	// RejectedSilently those of them that did not say when to come back.
	Rejected         int `json:"rejected"`
	RejectedSilently int `json:"rejectedSilently"`
}

// A Protocol is the part of a load that went one way.
type Protocol struct {
	Counts
	Status         map[string]int `json:"status"`
	Milliseconds   Quantiles      `json:"milliseconds"`   // of all that were sent
	OKMilliseconds Quantiles      `json:"okMilliseconds"` // of those that were right
}

// Quantiles are latencies in milliseconds, from when a request was due.
type Quantiles struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

// A Pod is a predict pod that answered.
type Pod struct {
	Requests int       `json:"requests"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
}

// A Failure is one request that failed or was answered wrong.
type Failure struct {
	Time         time.Time `json:"time"`
	Protocol     string    `json:"protocol"`
	Status       string    `json:"status"`
	Milliseconds float64   `json:"milliseconds"`
	Pod          string    `json:"pod,omitempty"`
	Error        string    `json:"error"`
}
