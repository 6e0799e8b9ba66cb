// Package serve starts and stops the parts of a service: HTTP listeners, the
// admin server, readiness, and the stack of cleanups that undoes it all.
//
// The order of a stop is: not ready, wait for the traffic to go elsewhere,
// finish what is in flight, the admin server last, so that probes and metrics
// answer to the end.
package serve
