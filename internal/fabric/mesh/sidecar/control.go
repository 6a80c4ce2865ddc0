package sidecar

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// What a sidecar asks the control plane for: a service of gRPC whose messages are
// google.protobuf.BytesValue with JSON in it.
const (
	ControlService = "terrace.mesh.v1.Sidecars"
	// MethodFollow is asked with a Hello, and answered with a Document and each that follows.
	MethodFollow = "Follow"
)

// Hello is how a sidecar presents itself. Who it is, its certificate says.
type Hello struct {
	// Inbound is where others come in, as host:port. A host that is unspecified is the one
	// from which the sidecar calls.
	Inbound string `json:"inbound"`
	// GRPC has it be spoken to in HTTP/2.
	GRPC bool `json:"grpc,omitempty"`
	// Serves is the port that the workload itself listens on for what comes in; 0 is its only one.
	Serves uint16 `json:"serves,omitempty"`
	// Release is which one of its workload it stands beside, "" where it does not know. It parts
	// requests between releases of one workload, and proves nothing.
	Release string `json:"release,omitempty"`
	// Parts says that it understands Next and Share of a Version. What it does not understand a
	// sidecar refuses, with all else that it is told.
	Parts bool `json:"parts,omitempty"`
	// Holds says that it has a document, and can wait for one that is complete.
	Holds bool `json:"holds,omitempty"`
}

// maxTold bounds a document, in bytes.
const maxTold = 16 << 20

// control is the control plane, which says what the sidecar does.
type control struct {
	address string
	// file is where roots come from.
	file  string
	roots *x509.CertPool
	// told is closed once it has said something.
	told  chan struct{}
	holds atomic.Bool
	// conn is that of now; nil is none.
	conn    atomic.Pointer[grpc.ClientConn]
	trouble atomic.Pointer[kernel.Error]
	// failed is why the last connection has not come about.
	failed atomic.Pointer[error]
}

func newControl(address, roots string) (*control, error) {
	pem, err := os.ReadFile(roots)
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the roots of the control plane cannot be read: %w", err).WithFix("write them with: terrace ca roots")
	}
	c := &control{address: address, file: roots, roots: x509.NewCertPool(), told: make(chan struct{})}
	if !c.roots.AppendCertsFromPEM(pem) {
		return nil, kernel.Errorf(kernel.Invalid, "%s has no certificate", roots).WithFix("write the roots of the control plane with: terrace ca roots")
	}
	return c, nil
}

// steered follows the control plane until ctx ends. What it has said last holds while it does
// not answer.
func (s *Sidecar) steered(ctx context.Context) {
	if s.control == nil {
		return
	}
	select {
	case <-s.identity.ready:
	case <-ctx.Done():
		return
	}
	wait := firstRetry
	for ctx.Err() == nil {
		began := time.Now()
		err := s.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > retryAtOnce {
			wait = firstRetry
		}
		again := max(wait, pauseOf(err))
		var cause error
		if failed := s.control.failed.Swap(nil); failed != nil {
			cause = *failed
		}
		why := s.control.unsteered(s.ID(), err, cause)
		s.control.trouble.Store(why)
		s.config.Log.WarnContext(ctx, why.Message, "fix", why.Fix, "holds", s.control.holds.Load(), "again", again)
		select {
		case <-time.After(again):
		case <-ctx.Done():
		}
		wait = min(2*wait, lastRetry)
	}
}

// follow takes what the control plane says until the connection ends, which is opened anew
// with the certificate of the time.
func (s *Sidecar) follow(ctx context.Context) error {
	s.control.failed.Store(nil)
	secure := failures{credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS12, RootCAs: s.control.roots,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return s.identity.state.Load().cert, nil },
	}), &s.control.failed}
	conn, err := grpc.NewClient(s.control.address, grpc.WithTransportCredentials(secure), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxTold)), grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: lastRetry}))
	if err != nil {
		return fmt.Errorf("the control plane at %s: %w", s.control.address, err)
	}
	s.control.conn.Store(conn)
	defer func() {
		s.control.conn.Store(nil)
		_ = conn.Close()
	}()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{StreamName: MethodFollow, ServerStreams: true}, "/"+ControlService+"/"+MethodFollow)
	if err != nil {
		return err //nolint:wrapcheck // steered says whose it is
	}
	hello, err := json.Marshal(Hello{Inbound: s.reached(), GRPC: s.config.GRPC, Serves: portOf(s.config.Application), Release: s.config.Release, Parts: true, Holds: s.control.holds.Load()})
	if err != nil {
		return fmt.Errorf("write who this is: %w", err)
	}
	if err := stream.SendMsg(wrapperspb.Bytes(hello)); err != nil && err != io.EOF { //nolint:errorlint // RecvMsg says why it has ended
		return err //nolint:wrapcheck // as above
	}
	if err := stream.CloseSend(); err != nil {
		return err //nolint:wrapcheck // as above
	}
	for {
		var said wrapperspb.BytesValue
		if err := stream.RecvMsg(&said); err != nil {
			return err //nolint:wrapcheck // as above
		}
		if err := s.obey(ctx, said.GetValue()); err != nil {
			return err
		}
	}
}

// portOf is the port of an address.
func portOf(addr string) uint16 {
	_, port, _ := net.SplitHostPort(addr)
	number, _ := strconv.ParseUint(port, 10, 16)
	return uint16(number)
}

// obey does what the control plane has said.
func (s *Sidecar) obey(ctx context.Context, said []byte) error {
	var d Document
	from := json.NewDecoder(bytes.NewReader(said))
	from.DisallowUnknownFields() // what is not understood might forbid something
	if err := from.Decode(&d); err != nil {
		return fmt.Errorf("read what the control plane says: %w", err)
	}
	s.control.trouble.Store(nil)
	s.document.Store(&d)
	s.build(ctx)
	if s.control.holds.CompareAndSwap(false, true) {
		close(s.control.told)
	}
	s.config.Log.InfoContext(ctx, "the control plane says how calls go", "services", len(d.Services), "rules", len(d.Authorization))
	return nil
}
