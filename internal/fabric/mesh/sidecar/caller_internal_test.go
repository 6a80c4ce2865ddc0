package sidecar

import (
	"crypto/x509"
	"net/url"
	"testing"
)

// TestACallerIsRememberedOverItsConnections, each of which has the certificate read anew.
func TestACallerIsRememberedOverItsConnections(t *testing.T) {
	t.Parallel()
	read := func() *x509.Certificate {
		return &x509.Certificate{Raw: []byte("web"), URIs: []*url.URL{{Scheme: "spiffe", Host: "localhost", Path: "/web"}}}
	}
	var s state
	first := s.caller(read())
	for range 2 * maxCallers {
		if s.caller(read()) != first {
			t.Fatal("it is looked at again")
		}
	}
	if n := len(s.callers.known); n != 1 {
		t.Errorf("%d are remembered", n)
	}
}
