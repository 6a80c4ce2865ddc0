package workloadapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
)

const (
	// maxConnections is how many connections a workload has open at most, and all strangers
	// together.
	maxConnections = 64
	// soPeerPIDFD asks for a reference to the process at the other end (Linux 6.5).
	soPeerPIDFD = 77
)

// caller is the process that has opened a connection. It is not confused with a later one of
// the same number: the reference pidfd is to the process itself.
type caller struct {
	credentials.CommonAuthInfo

	pid   int
	pidfd int
}

// AuthType implements credentials.AuthInfo.
func (*caller) AuthType() string { return "unix" }

// lives tells that the number is the process's still.
func (c *caller) lives() bool {
	err := unix.PidfdSendSignal(c.pidfd, 0, nil, 0)
	return err == nil || errors.Is(err, unix.EPERM)
}

// recognise asks the kernel who has opened a connection (unix(7), SO_PEERCRED).
func recognise(c net.Conn) (*caller, error) {
	conn, ok := c.(*net.UnixConn)
	if !ok {
		return nil, errors.New("the connection is not of a Unix socket")
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("ask who calls: %w", err)
	}
	var cred *unix.Ucred
	pidfd := -1
	controlErr := raw.Control(func(fd uintptr) {
		if cred, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err != nil {
			return
		}
		if pidfd, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, soPeerPIDFD); errors.Is(err, unix.ENOPROTOOPT) {
			pidfd, err = unix.PidfdOpen(int(cred.Pid), 0)
		}
	})
	if err = errors.Join(controlErr, err); err != nil {
		return nil, fmt.Errorf("ask who calls: %w", err)
	}
	unix.CloseOnExec(pidfd)
	return &caller{CommonAuthInfo: credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity}, pid: int(cred.Pid), pidfd: pidfd}, nil
}

// workload tells which one the process belongs to now.
func (s *Service) workload(c *caller) (w pki.Workload, ok bool) {
	if c.pid <= 0 { // of a namespace that is not seen from here
		return w, false
	}
	w.Scope, w.Name, ok = s.config.Processes.Workload(c.pid)
	return w, ok && c.lives() // it was the process that was asked about
}

// unixCredentials are the transport's: the kernel says who calls, and nothing leaves it.
type unixCredentials struct {
	service *Service

	mu   sync.Mutex
	open map[pki.Workload]int
}

// ServerHandshake implements credentials.TransportCredentials.
func (u *unixCredentials) ServerHandshake(c net.Conn) (net.Conn, credentials.AuthInfo, error) {
	who, err := recognise(c)
	if err != nil {
		return nil, nil, err
	}
	of, _ := u.service.workload(who)
	end := func() { _ = unix.Close(who.pidfd) }
	if !u.enter(of) {
		end()
		return nil, nil, errors.New("too many connections are open")
	}
	return &counted{Conn: c, end: sync.OnceFunc(func() { end(); u.exit(of) })}, who, nil
}

func (u *unixCredentials) enter(of pki.Workload) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.open[of] >= maxConnections {
		return false
	}
	u.open[of]++
	return true
}

func (u *unixCredentials) exit(of pki.Workload) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.open[of]--; u.open[of] <= 0 {
		delete(u.open, of)
	}
}

// ClientHandshake implements credentials.TransportCredentials.
func (*unixCredentials) ClientHandshake(context.Context, string, net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errors.New("it is for servers")
}

// Info implements credentials.TransportCredentials.
func (*unixCredentials) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: "unix"}
}

// Clone implements credentials.TransportCredentials.
func (u *unixCredentials) Clone() credentials.TransportCredentials { return u }

// OverrideServerName implements credentials.TransportCredentials.
func (*unixCredentials) OverrideServerName(string) error { return nil }

// counted is a connection whose end is noted.
type counted struct {
	net.Conn

	end func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	err := c.Conn.Close()
	c.end()
	return err //nolint:wrapcheck // the connection's own error
}

// callerOf is who makes a call.
func callerOf(ctx context.Context) (*caller, bool) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return nil, false
	}
	c, ok := p.AuthInfo.(*caller)
	return c, ok
}
