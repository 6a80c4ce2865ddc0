package gateway

import (
	"errors"
	"net"
	"net/http"
	"sync"
)

// dialAgain asks once more where the service is when its address takes no
// connection: it may have been replaced since. Nothing was sent by then, so any
// request that has no body may be repeated.
type dialAgain struct {
	next      http.RoundTripper
	upstreams Upstreams
}

// RoundTrip implements http.RoundTripper.
func (d *dialAgain) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := d.next.RoundTrip(r)
	var op *net.OpError
	if err == nil || !errors.As(err, &op) || op.Op != "dial" || r.Body != nil && r.Body != http.NoBody {
		return resp, err
	}
	t := targetOf(r.Context())
	addr, release, ok := d.upstreams.Upstream(t.route.Scope, t.route.Service, t.route.Port)
	if !ok || addr == t.addr {
		return nil, err
	}
	t.addr, t.release = addr, release
	again := r.Clone(r.Context())
	again.URL.Host = addr
	return d.next.RoundTrip(again)
}

type bufferPool struct{ pool sync.Pool }

// Get implements httputil.BufferPool.
func (b *bufferPool) Get() []byte {
	if buffer, ok := b.pool.Get().(*[]byte); ok {
		return *buffer
	}
	return make([]byte, copyBuffer)
}

// Put implements httputil.BufferPool.
func (b *bufferPool) Put(buffer []byte) { b.pool.Put(&buffer) }
