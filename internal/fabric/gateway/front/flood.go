package front

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// Bounds of what a client of HTTP/2 may have done that costs it next to nothing
// (RFC 9113 §10.5). Whoever uses a connection stays far below.
const (
	// cheapBurst frames without a request in them may come at once, and
	// cheapPerSecond each second: SETTINGS, PING, PRIORITY, empty DATA and the like.
	cheapBurst     = 10_000
	cheapPerSecond = 1000
	// freeResets of streams are nobody's business; after them less than half of
	// the streams may be reset (CVE-2023-44487).
	freeResets = 500
	// maxContinuations bounds the frames of one head (CVE-2024-27316).
	maxContinuations = 64
	// windowStep is how many bytes of answers each WINDOW_UPDATE stands for at least.
	windowStep = 512
)

// Frames of RFC 9113 §6, as far as they are told apart.
const (
	frameData         = 0x0
	frameHeaders      = 0x1
	frameReset        = 0x3
	frameWindow       = 0x8
	frameContinuation = 0x9
	flagEndStream     = 0x1
	flagEndHeaders    = 0x4
	frameHead         = 9
	prefaceLength     = 24
)

// errFlood is a connection whose client sends what only costs.
var errFlood = errors.New("the client floods the connection")

// meter reads along with a connection of HTTP/2 and tells a client that floods
// it; the server behind it bounds how large a head is, which heads follow, and how many
// streams there are.
type meter struct {
	// skip is how many bytes come before the next head of a frame.
	skip int
	head [frameHead]byte
	have int
	// streams were begun, resets of them reset.
	streams, resets int
	// continuations are those of the head that comes; heading tells that its end has not come.
	continuations int
	heading       bool
	updates       int64
	written       atomic.Int64
	sizes         *headSizes
	// fields tells that the frame that comes is part of a head.
	fields bool
	tokens float64
	at     time.Time
}

func newMeter() *meter {
	return &meter{skip: prefaceLength, sizes: newHeadSizes(), tokens: cheapBurst, at: time.Now()}
}

// read looks at what a client has sent; why is empty for what is well.
func (m *meter) read(b []byte) (why string) {
	for len(b) > 0 {
		if m.skip > 0 {
			n := min(m.skip, len(b))
			m.pass(b[:n])
			b = b[n:]
			continue
		}
		n := copy(m.head[m.have:], b)
		m.have += n
		b = b[n:]
		if m.have < frameHead {
			return ""
		}
		m.have = 0
		length := int(binary.BigEndian.Uint32(m.head[:4]) >> 8)
		m.skip = length
		if why := m.frame(m.head[3], m.head[4], length); why != "" {
			return why
		}
		if m.fields = m.head[3] == frameHeaders || m.head[3] == frameContinuation; m.fields {
			m.sizes.begin(m.head[3], m.head[4], binary.BigEndian.Uint32(m.head[5:]), length)
		}
		m.pass(nil)
	}
	return ""
}

// pass looks at what a frame holds, as far as it is a head's, of which skip bytes are to come.
func (m *meter) pass(b []byte) {
	m.skip -= len(b)
	if !m.fields {
		return
	}
	m.sizes.take(b)
	if m.skip == 0 {
		m.sizes.end()
		m.fields = false
	}
}

// frame counts one.
func (m *meter) frame(kind, flags byte, length int) (why string) {
	switch kind {
	case frameHeaders:
		m.streams++
		m.heading, m.continuations = flags&flagEndHeaders == 0, 0
		return ""
	case frameContinuation:
		m.continuations++
		m.heading = flags&flagEndHeaders == 0
		if m.continuations > maxContinuations {
			return "a head of too many frames"
		}
		return ""
	case frameReset:
		m.resets++
		if m.resets > freeResets && 2*m.resets > m.streams {
			return "streams are begun to be reset"
		}
		return ""
	case frameData:
		if length > 0 || flags&flagEndStream != 0 {
			return ""
		}
	case frameWindow:
		if m.updates++; m.updates*windowStep <= m.written.Load() {
			return ""
		}
	}
	return m.spend()
}

// spend takes a token for a frame that costs its sender nothing.
func (m *meter) spend() (why string) {
	m.tokens--
	if m.tokens >= 0 {
		return ""
	}
	now := time.Now()
	m.tokens = min(cheapBurst, m.tokens+now.Sub(m.at).Seconds()*cheapPerSecond)
	if m.at = now; m.tokens < 0 {
		return "too many frames without a request"
	}
	return ""
}

// metered is a connection of HTTP/2 that ends with a flood, and whose heads have
// to come whole in time.
type metered struct {
	net.Conn

	meter *meter
	// secure is nil on a connection without TLS.
	secure *tls.ConnectionState
	log    *slog.Logger
	// unrouted is told how a connection was ended.
	unrouted func(exchange.Unrouted)
	timeout  time.Duration
	// waits tells that a deadline for the rest of a head runs.
	waits bool
	// told tells that the end was told of.
	told bool
}

// Read implements net.Conn.
func (c *metered) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	why := c.meter.read(p[:n])
	for _, status := range c.meter.sizes.found() {
		c.unrouted(exchange.Unrouted{Reason: exchange.HeadTooLarge, At: time.Now(), Client: c.RemoteAddr(), Secure: c.secure != nil, Proto: 2, Status: status})
	}
	if why != "" {
		c.log.Info("a connection of HTTP/2 was ended", "client", c.RemoteAddr().String(), "reason", why)
		c.tell(exchange.Flood)
		return 0, errFlood
	}
	if c.waits && errors.Is(err, os.ErrDeadlineExceeded) {
		c.tell(exchange.HeadTooSlow)
	}
	if c.meter.heading != c.waits {
		c.waits = c.meter.heading
		at := time.Time{}
		if c.waits {
			at = time.Now().Add(c.timeout)
		}
		_ = c.SetReadDeadline(at)
	}
	return n, err //nolint:wrapcheck // the connection's own error
}

func (c *metered) tell(reason exchange.Reason) {
	if c.told {
		return
	}
	c.told = true
	c.unrouted(exchange.Unrouted{Reason: reason, At: time.Now(), Client: c.RemoteAddr(), Secure: c.secure != nil, Proto: 2})
}

// Write implements net.Conn.
func (c *metered) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.meter.written.Add(int64(n))
	return n, err //nolint:wrapcheck // the connection's own error
}

// metered has a connection of HTTP/2 watched.
func (v *serving) metered(c net.Conn) net.Conn {
	m := &metered{Conn: c, meter: newMeter(), log: v.config.Log, unrouted: v.config.Unrouted, timeout: v.config.HeadTimeout}
	if secure, ok := c.(*tls.Conn); ok {
		state := secure.ConnectionState()
		m.secure = &state
	}
	return m
}

// secured is the key of a connection's TLS among the values of its requests: the
// server itself knows nothing of it.
type secured struct{}

func withTLS(ctx context.Context, c net.Conn) context.Context {
	if m, ok := c.(*metered); ok && m.secure != nil {
		return context.WithValue(ctx, secured{}, m.secure)
	}
	return ctx
}

// tlsOf returns the TLS of a request's connection, nil for none.
func tlsOf(ctx context.Context) *tls.ConnectionState {
	state, _ := ctx.Value(secured{}).(*tls.ConnectionState)
	return state
}
