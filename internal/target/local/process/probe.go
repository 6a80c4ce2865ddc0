package process

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// maxOutput bounds what is kept of a probe's output.
const maxOutput = 4 << 10

// HTTP is a probe by a GET that must answer 200 to 399.
type HTTP struct {
	URL string
	// Host is sent as the Host header; "" sends that of URL.
	Host    string
	Headers map[string]string
}

// Probe sends the request.
func (h HTTP) Probe(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.URL, nil)
	if err != nil {
		return fmt.Errorf("GET %s: %w", h.URL, err)
	}
	req.Host = h.Host
	for name, value := range h.Headers {
		req.Header.Set(name, value)
	}
	resp, err := probeClient().Do(req)
	if err != nil {
		return fmt.Errorf("GET %s: %w", h.URL, root(err))
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode < 200 || resp.StatusCode > 399 {
		return fmt.Errorf("GET %s answered %s", h.URL, resp.Status)
	}
	return nil
}

// probeClient connects anew every time, follows nothing, and takes any
// certificate: a probe asks whether the process answers, not who it is.
func probeClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // see above
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// root returns the innermost cause, which is what a person can use.
func root(err error) error {
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return err
}

// TCP probes that addr accepts connections.
func TCP(addr string) Probe {
	return func(ctx context.Context) error {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", addr)
		if err != nil {
			return fmt.Errorf("connect to %s: %w", addr, root(err))
		}
		return c.Close()
	}
}

// Exec returns a probe that starts s and succeeds when it exits with 0.
func (l *Launcher) Exec(s Spec) Probe {
	return func(ctx context.Context) error {
		var out capped
		s := s
		s.Output = &out
		p, err := l.Start(s)
		if err != nil {
			return err
		}
		select {
		case <-p.Done():
		case <-ctx.Done():
			p.Stop(ctx, 0)
			return fmt.Errorf("%s did not end in time", s.Path)
		}
		if exit := p.Exit(); exit != (Exit{}) {
			return fmt.Errorf("%s %s: %s", s.Path, exit, lastLine(out.String()))
		}
		return nil
	}
}

// capped keeps the first bytes written to it.
type capped struct{ bytes.Buffer }

// Write keeps what fits and claims all.
func (c *capped) Write(b []byte) (int, error) {
	_, _ = c.Buffer.Write(b[:min(len(b), maxOutput-c.Len())])
	return len(b), nil
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	last := lines[len(lines)-1]
	return last[:min(len(last), 200)]
}
