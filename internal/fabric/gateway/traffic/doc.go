// Package traffic counts what routes of the gateway serve: requests, failures,
// durations and bytes, of each route and of who calls it.
//
// It owns the counts of this process, what is written of them for all replicas, and
// what people ask of both. It sees no request: whoever serves one tells how it went.
package traffic
