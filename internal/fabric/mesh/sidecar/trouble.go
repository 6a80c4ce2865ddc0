package sidecar

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Trouble says what the sidecar waits for, and what to do; it is nil while nothing is wrong.
func (s *Sidecar) Trouble() *kernel.Error {
	if e := s.identity.trouble.Load(); e != nil || s.control == nil {
		return e
	}
	return s.control.trouble.Load()
}

// patience is how long a request waits for the sidecar to know what to do.
const patience = 3 * time.Second

// within tells whether something has begun, for which it waits a little.
func within(ctx context.Context, begun <-chan struct{}) bool {
	select {
	case <-begun:
		return true
	default:
	}
	end := time.NewTimer(patience)
	defer end.Stop()
	select {
	case <-begun:
		return true
	case <-end.C:
	case <-ctx.Done():
	}
	return false
}

// refuseNow says no to a request since the sidecar does not know what to do, and to its own
// process why that is.
func (s *Sidecar) refuseNow(x *exchange.Exchange) {
	e := s.Trouble()
	if e == nil || x.Secure() {
		e = kernel.Errorf(kernel.Unavailable, "the sidecar has not been told yet what to do").WithFix("ask again")
	}
	refuse(x, http.StatusServiceUnavailable, "The sidecar is not ready", e.Message+".", e.Fix)
}

// unidentified says why the Workload API at an address gives no identity.
func unidentified(address string, err error) *kernel.Error {
	text := status.Convert(err).Message()
	switch status.Code(err) {
	case codes.PermissionDenied:
		return kernel.Errorf(kernel.Denied, "the Workload API at %s knows this process as no workload: %s", address, text).
			WithFix("start it as a process of the workload: who was not started for one is nobody")
	case codes.Unavailable:
		return kernel.Errorf(kernel.Unavailable, "nobody answers as the Workload API at %s: %s", address, text).
			WithFix("see that the platform runs, and name its socket with --workload-api or SPIFFE_ENDPOINT_SOCKET")
	default:
		return kernel.Errorf(kernel.Unavailable, "the Workload API at %s gives no identity: %s", address, text).
			WithFix("see in the log of who serves it why")
	}
}

// unsteered says why the control plane says nothing; cause is why the last connection failed,
// nil where that is not known.
func (c *control) unsteered(id string, err, cause error) *kernel.Error {
	said := status.Convert(err).Message()
	_, stranger := errors.AsType[x509.UnknownAuthorityError](cause)
	_, elsewhere := errors.AsType[x509.HostnameError](cause)
	_, clear := errors.AsType[tls.RecordHeaderError](cause)
	refused := ofRemote(cause)
	switch code := status.Code(err); {
	case stranger:
		return kernel.Errorf(kernel.Unavailable, "the control plane at %s shows a certificate of nobody in %s: %w", c.address, c.file, cause).
			WithFix("write its roots into the file of --roots with: terrace ca roots")
	case elsewhere:
		return kernel.Errorf(kernel.Unavailable, "the control plane at %s shows a certificate for other names: %w", c.address, cause).
			WithFix("name a host of the certificate with --control, such as localhost:7083")
	case clear || code == codes.Unimplemented:
		return kernel.Errorf(kernel.Unavailable, "what answers at %s is no control plane of sidecars", c.address).
			WithFix("name the address of its xds with --control, which is another one than that of its API")
	case refused || code == codes.Unauthenticated:
		return kernel.Errorf(kernel.Denied, "the control plane at %s refuses the certificate of %s: %s", c.address, id, said).
			WithFix("name the --workload-api and the --control of one platform; for a certificate that was revoked, or has ended, another one comes by itself")
	case code == codes.InvalidArgument || code == codes.ResourceExhausted:
		return kernel.Errorf(kernel.Denied, "the control plane at %s does not take this sidecar: %s", c.address, said).
			WithFix("change what it says; it is asked again by itself")
	case code == codes.Unavailable:
		return kernel.Errorf(kernel.Unavailable, "nobody answers as the control plane at %s: %s", c.address, said).
			WithFix("see that the platform runs with that address as its xds, or name another one with --control")
	default:
		return kernel.Errorf(kernel.Unavailable, "the control plane at %s has ended the stream: %s", c.address, said).
			WithFix("it is asked again by itself")
	}
}

// failures are the credentials of TLS that remember why the last connection failed: what gRPC
// says of it is text.
type failures struct {
	credentials.TransportCredentials

	last *atomic.Pointer[error]
}

// ClientHandshake implements credentials.TransportCredentials.
func (f failures) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := f.TransportCredentials.ClientHandshake(ctx, authority, raw)
	if err != nil {
		f.last.Store(&err)
		return conn, info, err //nolint:wrapcheck // as the credentials say it
	}
	return alerted{conn, f.last}, info, nil
}

// Clone implements credentials.TransportCredentials.
func (f failures) Clone() credentials.TransportCredentials {
	return failures{f.TransportCredentials.Clone(), f.last}
}

// alerted is a connection whose server refuses a certificate after the client's part of the
// handshake (RFC 8446 §4.4.2.4).
type alerted struct {
	net.Conn

	last *atomic.Pointer[error]
}

// Read implements net.Conn.
func (a alerted) Read(p []byte) (int, error) {
	n, err := a.Conn.Read(p)
	if ofRemote(err) {
		a.last.Store(&err)
	}
	return n, err //nolint:wrapcheck // as the connection says it
}

// ofRemote tells that an error is an alert of the other side (package tls has no type for it).
func ofRemote(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "remote error"
}
