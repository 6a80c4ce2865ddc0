// Package webhook posts to servers of tenants, signed as Standard Webhooks says.
//
// It owns keys and signatures, what an answer means, and how long to wait after it. Which
// addresses may be called is egress's to say; what is sent, to whom, and how often, is for
// those who call.
package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// The bounds of an answer.
const (
	DefaultTimeout = 10 * time.Second
	maxAnswer      = 16 << 10
	maxShown       = 200
	maxRetryAfter  = time.Hour
)

// Client posts to one server.
type Client struct {
	url   string
	keys  []Key
	clock kernel.Clock
	// cut takes secrets out of what is shown of an answer, before that is shortened.
	cut  func(text string) string
	http *http.Client
}

// New makes a client that dials what guard allows. timeout is DefaultTimeout when 0; a nil cut
// leaves answers as they are.
func New(guard egress.Guard, url string, keys []Key, timeout time.Duration, clock kernel.Clock, cut func(text string) string) *Client {
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	if cut == nil {
		cut = func(text string) string { return text }
	}
	dialer := guard.Dialer(strings.HasPrefix(strings.ToLower(url), "http:"))
	return &Client{url: url, keys: keys, clock: clock, cut: cut, http: &http.Client{
		Timeout: timeout,
		// A redirect would go where nobody has allowed it.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{ // no proxy: the guard sees the address that is dialled
			DialContext: dialer.DialContext, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
			MaxIdleConns: 2, MaxConnsPerHost: 2, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: egress.DialTimeout,
			MaxResponseHeaderBytes: maxAnswer, DisableCompression: true,
		},
	}}
}

// Close gives the connections back.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Post sends a payload with its id and headers, signed, and returns what the server said.
// Every 2xx takes it. An error that is a *Rejection is about what was sent, any other about
// the server.
func (c *Client) Post(ctx context.Context, id string, header http.Header, payload []byte) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(payload))
	if err != nil {
		return "", fmt.Errorf("webhook: %w", err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", "Terrace")
	sign(req.Header, c.keys, id, payload, c.clock.Now())
	res, err := c.http.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer)) // the status decides
	return answered(res, []byte(c.cut(string(text))), c.clock.Now())
}

// answered tells what an answer means. Statuses about the sender or the moment
// have the event tried again; those about the event do not for long.
func answered(res *http.Response, text []byte, now time.Time) (string, error) {
	answer := strconv.Itoa(res.StatusCode)
	code := res.StatusCode
	message := "the answer was " + answer + shown(text)
	switch {
	case code >= 200 && code < 300:
		return answer, nil
	case code >= 300 && code < 400:
		return answer, fmt.Errorf("%s: redirects are not followed", message)
	case code == http.StatusGone:
		return answer, &Rejection{Message: message, Gone: true}
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		return answer, &Busy{Message: message, After: retryAfter(res.Header.Get("Retry-After"), now)}
	case slices.Contains([]int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity}, code):
		return answer, &Rejection{Message: message}
	default:
		return answer, fmt.Errorf("%s", message)
	}
}

func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil {
		return min(max(0, time.Duration(min(seconds, 3600))*time.Second), maxRetryAfter)
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(0, at.Sub(now)), maxRetryAfter)
	}
	return 0
}

// shown is the beginning of an answer on one line.
func shown(text []byte) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(text[:min(len(text), maxShown)]), ""))
	if clean = strings.TrimSpace(clean); clean == "" {
		return ""
	}
	return ": " + clean
}
