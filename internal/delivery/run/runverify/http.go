package runverify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

const (
	// ReleaseHeader names the release that answered; the gateway sets it.
	ReleaseHeader = "Terrace-Release"

	askTimeout = 5 * time.Second
	firstPause = 50 * time.Millisecond
	maxPause   = time.Second
	maxBody    = 64 << 10
	userAgent  = "terrace-verify"
)

// HTTP asks through Terrace's gateway for what that serves, and directly for all
// else: what a cloud or a cluster serves.
type HTTP struct {
	gateway, direct *http.Client
}

// NewHTTP returns a verifier that connects to the gateway at address, host:port,
// for whatever it serves, so that local names need no resolver. The
// gateway's certificate must be one that trust takes; that of another server one that
// this machine trusts.
func NewHTTP(address string, trust *tls.Config) *HTTP {
	dialer := &net.Dialer{Timeout: askTimeout}
	gateway := client(func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, address)
	}, trust)
	return &HTTP{gateway: gateway, direct: client(egress.Machines().DialContext, &tls.Config{MinVersion: tls.VersionTLS12})}
}

func client(dial func(ctx context.Context, network, address string) (net.Conn, error), trust *tls.Config) *http.Client {
	return &http.Client{
		Timeout: askTimeout,
		Transport: &http.Transport{
			DialContext:       dial,
			TLSClientConfig:   trust,
			DisableKeepAlives: true, // every attempt sees the routes of its moment
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Verify asks until the answer is right or the check's time is over.
func (h *HTTP) Verify(ctx context.Context, in run.CheckInput) run.CheckResult {
	result := run.CheckResult{Check: in.Check.Name, URL: in.URL}
	begin := time.Now()
	ctx, cancel := context.WithTimeout(ctx, in.Check.HTTP.Timeout)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		message, err := h.ask(ctx, in)
		// An attempt that the end of the time cut off says less than the one before it.
		if result.Attempts == 0 || ctx.Err() == nil {
			result.Message = message
		}
		result.Attempts++
		if err == nil {
			result.Passed = true
			break
		}
		if !sleep(ctx, pause) {
			result.Message += fmt.Sprintf(" (after %d attempts in %s)", result.Attempts, time.Since(begin).Round(10*time.Millisecond))
			break
		}
	}
	result.Seconds = time.Since(begin).Seconds()
	return result
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

var errWrong = errors.New("the answer is not the expected one")

// ask makes one request and judges the answer; message tells what was found.
func (h *HTTP) ask(ctx context.Context, in run.CheckInput) (message string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, in.URL, nil)
	if err != nil {
		return "the address " + in.URL + " cannot be asked: " + err.Error(), err
	}
	request.Header.Set("User-Agent", userAgent)
	for name, value := range in.Check.HTTP.Headers {
		request.Header.Set(name, value)
	}
	client := h.direct
	if in.Own {
		client = h.gateway
	}
	response, err := client.Do(request)
	if err != nil {
		return "no answer: " + err.Error(), err
	}
	defer func() { _ = response.Body.Close() }()
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxBody)) // half a body is judged as what it is
	return judge(response, body, in)
}

// judge compares an answer with what is expected. Another gateway than Terrace's
// own need not name the release; what it names must be right.
func judge(response *http.Response, body []byte, in run.CheckInput) (string, error) {
	release := response.Header.Get(ReleaseHeader)
	switch {
	case !expected(response.StatusCode, in.Check.HTTP):
		return fmt.Sprintf("status %d, want %s", response.StatusCode, wanted(in.Check.HTTP)), errWrong
	case !bytes.Contains(body, []byte(in.Check.HTTP.Contains)):
		return fmt.Sprintf("status %d, but the answer does not contain %q", response.StatusCode, in.Check.HTTP.Contains), errWrong
	case release == "" && !in.Own:
		return fmt.Sprintf("status %d; the gateway in front of it names no release", response.StatusCode), nil
	case release == "":
		return fmt.Sprintf("status %d, but the answer names no release, want %s", response.StatusCode, in.Release), errWrong
	case release != in.Release:
		return fmt.Sprintf("status %d, but release %s answered, want %s", response.StatusCode, release, in.Release), errWrong
	default:
		return fmt.Sprintf("status %d from release %s", response.StatusCode, release), nil
	}
}

func expected(status int, check *stage.HTTPCheck) bool {
	if check.Status != 0 {
		return status == check.Status
	}
	return status >= 200 && status <= 299
}

func wanted(check *stage.HTTPCheck) string {
	if check.Status != 0 {
		return fmt.Sprint(check.Status)
	}
	return "2xx"
}
