// Package apiclient speaks Terrace's HTTP API for the client: one typed method
// per operation, over net/http.
//
// The types of bodies and of queries are generated from the document that the
// server serves; docs/reference/openapi.yaml is the same document.
//
// It owns the wire: addresses, the token, timeouts, problem+json as
// kernel.Errors, streams of lines, and pages. It keeps no configuration and
// prints nothing.
package apiclient

//go:generate go run -tags=nobadger ../../cmd/terraced openapi --file ../../docs/reference/openapi.yaml
//go:generate sh -c "go run -tags=nobadger ../../cmd/terraced openapi --downgrade | go tool -modfile=../../tools/go.mod oapi-codegen -config oapi-codegen.yaml /dev/stdin"
