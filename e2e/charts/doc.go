// Package charts checks what the charts render, without a cluster but for one
// test: that wrong values are refused with their path, that the network
// policies allow the flows of charts/flows.yaml and no others, that the
// namespace's quota fits, and, with KUBECONFIG, that an API server takes every
// object and Pod Security every pod. Its tests carry the build tag charts and
// need Helm: run them with `make charts-test`.
package charts
