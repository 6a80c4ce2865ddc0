package sink

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// The bounds of an answer.
const (
	defaultTimeout = 10 * time.Second
	maxAnswer      = 16 << 10
	maxShown       = 200
	maxRetryAfter  = time.Hour
)

// webhook posts events to a server.
type webhook struct {
	sink   subscription.Webhook
	keys   []subscription.Key
	client *http.Client
	clock  kernel.Clock
	// cut takes secrets out of what is shown of an answer, before that is shortened.
	cut func(text string) string
}

func (s Sinks) webhook(w subscription.Webhook, c subscription.Credentials, cut func(text string) string) *webhook {
	timeout := time.Duration(w.Timeout) * time.Second
	if timeout == 0 {
		timeout = defaultTimeout
	}
	dialer := s.Guard.Dialer(strings.HasPrefix(strings.ToLower(w.URL), "http:"))
	return &webhook{sink: w, keys: c.Keys, clock: s.Clock, cut: cut, client: &http.Client{
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
func (w *webhook) Close() { w.client.CloseIdleConnections() }

// Send posts an event. Every 2xx takes it.
func (w *webhook) Send(ctx context.Context, e event.Event, body []byte) (string, error) {
	headers, payload := binding(w.sink.Mode, httpPrefix, "Content-Type", e, body)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.sink.URL, bytes.NewReader(payload))
	if err != nil {
		return "", fmt.Errorf("webhook: %w", err)
	}
	for _, p := range headers {
		req.Header.Set(p.name, p.value)
	}
	for name, value := range w.sink.Headers {
		req.Header.Set(name, value)
	}
	req.Header.Set("User-Agent", "Terrace")
	w.sign(req.Header, e.ID, payload)
	res, err := w.client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer)) // the status decides
	return answered(res, []byte(w.cut(string(text))), w.clock.Now())
}

// sign adds the headers of Standard Webhooks: one signature for each key that
// is valid, the newest first.
func (w *webhook) sign(h http.Header, id string, payload []byte) {
	now := w.clock.Now()
	stamp := strconv.FormatInt(now.Unix(), 10)
	var signatures []string
	for _, k := range w.keys {
		if k.Until == nil || now.Before(*k.Until) {
			mac := hmac.New(sha256.New, k.Bytes())
			_, _ = mac.Write(slices.Concat([]byte(id+"."+stamp+"."), payload)) // a hash never fails
			signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		}
	}
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", stamp)
	h.Set("webhook-signature", strings.Join(signatures, " "))
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
		return answer, &subscription.Rejection{Message: message, Gone: true}
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		return answer, &subscription.Busy{Message: message, After: retryAfter(res.Header.Get("Retry-After"), now)}
	case slices.Contains([]int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity}, code):
		return answer, &subscription.Rejection{Message: message}
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
