// Package apiclient speaks Terrace's HTTP API for the client: one typed method
// per operation, over net/http.
//
// It owns the wire: addresses, the token, timeouts, problem+json as
// kernel.Errors, streams of lines, and the types of the bodies. It keeps no
// configuration and prints nothing.
package apiclient
