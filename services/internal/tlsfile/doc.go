// Package tlsfile makes TLS configurations from files and reads the files again
// when they change, as Kubernetes changes them when a Secret does: connections
// made from then on use what is new, those that exist go on.
//
// A replacement that cannot be used (half written, the key of another
// certificate, expired) is told once, counted, and changes nothing: what was
// read before stays in use until the files are right.
package tlsfile
