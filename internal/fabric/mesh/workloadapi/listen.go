package workloadapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	secretv3 "github.com/envoyproxy/go-control-plane/envoy/service/secret/v3"
	"github.com/spiffe/go-spiffe/v2/proto/spiffe/workload"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// header must be sent with each call (SPIFFE Workload Endpoint §5.1), so that a client that
	// is had to fetch an address for somebody else cannot reach it.
	header = "workload.spiffe.io"
	// maxPath is how long the path of a Unix socket may be (unix(7)), without its end.
	maxPath      = 107
	maxMessage   = 64 << 10
	maxStreams   = 32
	idleTime     = 10 * time.Minute
	dialPatience = 5 * time.Second
)

// Listener serves the API at a path.
type Listener struct {
	path   string
	remove func()
	server *grpc.Server
	done   chan error
}

// Listen opens the socket at a path. Where that is longer than a socket's may be, it is in a
// folder of its own among the temporary files; Path says where.
func (s *Service) Listen(ctx context.Context, path string) (*Listener, error) {
	l := &Listener{path: path, remove: func() { _ = os.Remove(path) }, done: make(chan error, 1)}
	if len(path) > maxPath {
		dir, err := os.MkdirTemp("", "terrace-")
		if err != nil {
			return nil, fmt.Errorf("make a folder for the Workload API: %w", err)
		}
		l.path, l.remove = filepath.Join(dir, filepath.Base(path)), func() { _ = os.RemoveAll(dir) }
	}
	listener, err := bind(ctx, l.path)
	if err != nil {
		l.remove()
		return nil, kernel.Errorf(kernel.Unavailable, "the Workload API cannot listen on %s: %w", l.path, err).WithFix("give it another path in the configuration: workloadApi")
	}
	l.server = grpc.NewServer(
		grpc.Creds(&unixCredentials{service: s, open: map[pki.Workload]int{}}), grpc.MaxRecvMsgSize(maxMessage), grpc.MaxConcurrentStreams(maxStreams),
		grpc.ConnectionTimeout(dialPatience), grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: idleTime}),
		grpc.UnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			if err := endpoint(ctx); err != nil {
				return nil, err
			}
			return next(ctx, req)
		}),
		grpc.StreamInterceptor(func(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			if _, secrets := srv.(*secrets); !secrets { // Envoy sends no header unless it is told to
				if err := endpoint(stream.Context()); err != nil {
					return err
				}
			}
			return next(srv, stream)
		}),
	)
	workload.RegisterSpiffeWorkloadAPIServer(l.server, s)
	secretv3.RegisterSecretDiscoveryServiceServer(l.server, newSecrets(s))
	go func() { l.done <- l.server.Serve(listener) }()
	return l, nil
}

// bind takes the path, also where a process that died has left a socket there.
func bind(ctx context.Context, path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make its folder: %w", err)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == os.ModeSocket {
		_ = os.Remove(path)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("bind: %w", err)
	}
	return l, os.Chmod(path, 0o600)
}

// endpoint refuses a call without the header that all clients of the API send.
func endpoint(ctx context.Context) error {
	md, _ := metadata.FromIncomingContext(ctx)
	if v := md.Get(header); len(v) != 1 || v[0] != "true" {
		return status.Errorf(codes.InvalidArgument, "the metadata %s: true is missing", header)
	}
	return nil
}

// Path is where the socket is.
func (l *Listener) Path() string { return l.path }

// Close ends the streams, and removes the socket.
func (l *Listener) Close() error {
	defer l.remove()
	l.server.Stop()
	if err := <-l.done; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("serve the Workload API: %w", err)
	}
	return nil
}
