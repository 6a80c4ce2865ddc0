package exchange

import (
	"bytes"
	"net/http"
)

// IsGRPC tells that the client speaks gRPC.
func (x *Exchange) IsGRPC() bool {
	t := x.Request.Header.ContentType()
	return bytes.HasPrefix(t, []byte("application/grpc")) && (len(t) == 16 || t[16] == '+' || t[16] == ';')
}

// Refusal returns the gateway's own answer, where that is one: its status and a
// sentence for people.
func (x *Exchange) Refusal() (status int, detail string, ok bool) {
	return x.Response.StatusCode(), x.refused, x.refused != ""
}

// GRPCStatus is the code that a client of gRPC gets in place of a status of HTTP.
func GRPCStatus(status int) int {
	switch status {
	case http.StatusBadRequest:
		return 3 // INVALID_ARGUMENT
	case http.StatusUnauthorized:
		return 16 // UNAUTHENTICATED
	case http.StatusForbidden:
		return 7 // PERMISSION_DENIED
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return 12 // UNIMPLEMENTED
	case http.StatusConflict:
		return 10 // ABORTED
	case http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
		return 8 // RESOURCE_EXHAUSTED
	case 499:
		return 1 // CANCELLED
	case http.StatusBadGateway, http.StatusServiceUnavailable:
		return 14 // UNAVAILABLE
	case http.StatusGatewayTimeout:
		return 4 // DEADLINE_EXCEEDED
	case http.StatusInternalServerError:
		return 13 // INTERNAL
	}
	return 2 // UNKNOWN
}
