// Package records decodes the rows that HTTP callers send as JSON, straight
// from bytes into the packed columns that predict takes: no map, no interface
// and, once a Batch is warm, next to no allocation.
//
// A row is a record, an object of values by field name in any order, or an
// array of values by position. A value is a number, a string, a boolean, or
// null where it is missing; a record that lacks a field which others have
// misses it, too. What cannot be meant is an error that names row, field and
// offset: a field twice in a record, or a field that is a number in one row
// and a string in another.
package records
