package front

import (
	"net"
	"sync"
	"sync/atomic"
)

// counting is a listener whose open connections are counted.
type counting struct {
	net.Listener

	open *atomic.Int64
}

// Accept implements net.Listener.
func (c counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err //nolint:wrapcheck // the listener's own error
	}
	c.open.Add(1)
	return &counted{Conn: conn, open: c.open}, nil
}

// counted is a connection that is counted until it is closed.
type counted struct {
	net.Conn

	open *atomic.Int64
	once sync.Once
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close() //nolint:wrapcheck // the connection's own error
}
