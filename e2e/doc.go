// Package e2e proves the charts and the services on a real Kubernetes: its
// tests carry the build tag e2e, and README.md says what they show and need.
package e2e
