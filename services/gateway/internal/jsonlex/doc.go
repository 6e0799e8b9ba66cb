// Package jsonlex reads JSON (RFC 8259) token by token from bytes, and appends
// JSON to bytes. It is strict where a lenient reader would guess: no NaN, no
// trailing commas, no invalid UTF-8, no half surrogate pairs. It builds no
// values, so that its callers put what they read right where it belongs.
package jsonlex
