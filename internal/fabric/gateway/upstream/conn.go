package upstream

import (
	"bufio"
	"crypto/tls"
	"net"
	"syscall"
	"time"
)

// staleAfter is how long a connection may rest before it is looked at: the
// service may have closed it since.
const staleAfter = 20 * time.Millisecond

// conn is one connection to a service.
type conn struct {
	net.Conn

	r *bufio.Reader
	w *bufio.Writer
	// used tells that it has carried a request before; since is when it came to rest.
	used  bool
	since time.Time
}

func newConn(c net.Conn) *conn {
	return &conn{Conn: c, r: bufio.NewReaderSize(c, 16<<10), w: bufio.NewWriterSize(c, 16<<10)}
}

// fresh tells that the service has not closed the connection, and has sent
// nothing that nobody asked for.
func (c *conn) fresh(sure bool) bool {
	if c.r.Buffered() > 0 {
		return false
	}
	if !sure && time.Since(c.since) < staleAfter {
		return true
	}
	sc, ok := c.Conn.(syscall.Conn)
	if secure, is := c.Conn.(*tls.Conn); is {
		sc, ok = secure.NetConn().(syscall.Conn)
	}
	if !ok {
		return true
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	var buf [1]byte
	// Control, not Read: a deadline of the request before does not matter.
	err = raw.Control(func(fd uintptr) {
		_, _, err := syscall.Recvfrom(int(fd), buf[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
	})
	return err == nil && quiet
}
