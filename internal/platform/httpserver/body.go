package httpserver

import (
	"io"
	"net/http"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of reading a request.
const (
	// DefaultBodyLimit is the largest body that is read unless an operation allows more.
	DefaultBodyLimit = 1 << 20
	// stall is how long a client may send or take nothing.
	stall = 30 * time.Second
	// maxUpload is how long the whole body of a request may take.
	maxUpload = 15 * time.Minute
)

// body is a request's body with a limit that handlers can raise, and a
// deadline that moves on with every part that arrives.
type body struct {
	from    io.ReadCloser
	control *http.ResponseController
	limit   int64
	read    int64
	started time.Time
}

// Read reads on; beyond the limit it returns a TooLarge error.
func (b *body) Read(p []byte) (int, error) {
	if b.limit >= 0 && b.read > b.limit {
		return 0, tooLarge(b.limit)
	}
	now := time.Now()
	if b.started.IsZero() {
		b.started = now
	}
	deadline := b.started.Add(maxUpload)
	if next := now.Add(stall); next.Before(deadline) {
		deadline = next
	}
	_ = b.control.SetReadDeadline(deadline) // tests' writers have none
	n, err := b.from.Read(p)
	b.read += int64(n)
	if b.limit >= 0 && b.read > b.limit {
		return 0, tooLarge(b.limit)
	}
	return n, err
}

// Close closes the body. net/http takes the deadline away with the body's end.
func (b *body) Close() error { return b.from.Close() }

func tooLarge(limit int64) error {
	return kernel.Errorf(kernel.TooLarge, "the request's body is larger than %d bytes", limit)
}

// AllowBody sets how many bytes of r's body may be read; -1 is any number. Call
// it before reading.
func AllowBody(r *http.Request, limit int64) {
	if rec := recordOf(r.Context()); rec != nil && rec.body != nil {
		rec.body.limit = limit
	}
}
