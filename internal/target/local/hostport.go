package local

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Processes get ports from below the range from which systems take those of
// outgoing connections, so that a port is still free when the process binds it.
const (
	firstPort = 20000
	lastPort  = 32000
)

const loopback = "127.0.0.1"

// portPool hands out ports of this machine, none twice at a time.
type portPool struct {
	mu    sync.Mutex
	taken map[int]bool
}

func newPortPool() *portPool { return &portPool{taken: map[int]bool{}} }

// take reserves a free port.
func (p *portPool) take() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort) //nolint:gosec // spreads, hides nothing
		if !p.taken[port] && bindable(port) == nil {
			p.taken[port] = true
			return port, nil
		}
	}
	return 0, kernel.Errorf(kernel.Unavailable, "there is no free port between %d and %d", firstPort, lastPort).
		WithFix("end programs that listen there")
}

// prefer reserves wanted if it is free, else another port.
func (p *portPool) prefer(wanted int) (int, error) {
	p.mu.Lock()
	if wanted > 0 && !p.taken[wanted] && bindable(wanted) == nil {
		p.taken[wanted] = true
		p.mu.Unlock()
		return wanted, nil
	}
	p.mu.Unlock()
	return p.take()
}

// release gives ports back.
func (p *portPool) release(ports ...int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, port := range ports {
		delete(p.taken, port)
	}
}

// bindable reports why nobody can listen on a port. It binds without listening:
// a process that is being forked at this moment holds a copy of the socket for
// a while, and a copy that does not listen is in nobody's way.
func bindable(port int) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return err
	}
	return unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
}

// checkFixed refuses a port that a process wants for itself and somebody has.
func checkFixed(service, name string, port int) error {
	err := bindable(port)
	if err == nil {
		return nil
	}
	if !errors.Is(err, syscall.EADDRINUSE) {
		return kernel.Errorf(kernel.Unavailable, "port %d (%s of service %s) cannot be used: %w", port, name, service, err)
	}
	by := "another program"
	if holder := portHolder(port); holder != "" {
		by = holder
	}
	return kernel.Errorf(kernel.Conflict, "port %d (%s of service %s) is taken by %s", port, name, service, by).
		WithFix("end it, choose another port, or let the service listen on $PORT instead of a fixed port")
}

func address(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

func portOf(addr string) int {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(port) // 0 is no port
	return n
}

// describe names a process for people.
func describe(name string, pid int) string { return fmt.Sprintf("%s (process %d)", name, pid) }
