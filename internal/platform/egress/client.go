package egress

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Client asks one address for something small, such as keys: nowhere inside, by no
// redirect, in the clear only where address itself is, within timeout, and reads
// answers of at most maxAnswer bytes.
func (g Guard) Client(address string, timeout time.Duration, maxAnswer int) *http.Client {
	clear := strings.HasPrefix(address, "http:")
	transport := &http.Transport{
		DialContext: g.Dialer(clear).DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: DialTimeout, ResponseHeaderTimeout: timeout,
		MaxResponseHeaderBytes: 64 << 10, DisableKeepAlives: true,
	}
	return &http.Client{
		Timeout: timeout, Transport: Bounding(transport, clear, maxAnswer),
		CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			return fmt.Errorf("it redirects to %s, which is not followed", r.URL.Host)
		},
	}
}

// Bounding reads answers of at most maxAnswer bytes, over TLS unless clear.
func Bounding(next http.RoundTripper, clear bool, maxAnswer int) http.RoundTripper {
	return bounding{next, clear, maxAnswer}
}

type bounding struct {
	next      http.RoundTripper
	clear     bool
	maxAnswer int
}

// RoundTrip implements http.RoundTripper.
func (b bounding) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !b.clear {
		return nil, errors.New("it would be called in the clear")
	}
	response, err := b.next.RoundTrip(r)
	if err == nil {
		response.Body = &bounded{response.Body, b.maxAnswer, b.maxAnswer}
	}
	return response, err //nolint:wrapcheck // the error of the transport itself
}

type bounded struct {
	io.ReadCloser
	left, most int
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("its answer has more than %d KiB", b.most>>10)
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err //nolint:wrapcheck // the error of the body itself
}
