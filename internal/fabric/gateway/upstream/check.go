package upstream

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"time"
)

// newProbe returns the client of the checks: each has a connection of its own,
// since it also tells that one can be opened.
func (c *Cluster) newProbe(secure func() *tls.Config) *http.Client {
	if c.settings.Health == nil {
		return nil
	}
	t := &http.Transport{DisableKeepAlives: true, DisableCompression: true, Protocols: &http.Protocols{}}
	dial := c.dial
	t.DialContext = func(ctx context.Context, _, addr string) (net.Conn, error) { return dial(ctx, addr) }
	if secure != nil {
		protocol := "http/1.1"
		if c.settings.Two() {
			protocol = "h2"
		}
		shake := secured(dial, secure, protocol)
		t.DialTLSContext = func(ctx context.Context, _, addr string) (net.Conn, error) { return shake(ctx, addr) }
	}
	speak(t.Protocols, &c.settings)
	return &http.Client{
		Transport: t, Timeout: time.Duration(c.settings.Health.Timeout),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func speak(p *http.Protocols, s *Settings) {
	switch {
	case !s.Two():
		p.SetHTTP1(true)
	case s.Secure():
		p.SetHTTP2(true)
	default:
		p.SetUnencryptedHTTP2(true)
	}
}

// Check asks the members whose time has come, in the background, and returns
// when the next one is due; the zero time never.
func (c *Cluster) Check(ctx context.Context, now time.Time) (next time.Time) {
	h := c.settings.Health
	if h == nil {
		return time.Time{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return time.Time{}
	}
	for _, m := range *c.members.Load() {
		if !m.nextCheck.After(now) && m.checking.CompareAndSwap(false, true) {
			m.nextCheck = now.Add(time.Duration(h.Interval))
			c.checks.Go(func() {
				defer m.checking.Store(false)
				m.checked(c.well(ctx, m), h)
			})
		}
		if due := maxTime(m.nextCheck, now.Add(time.Millisecond)); next.IsZero() || due.Before(next) {
			next = due
		}
	}
	return next
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// well asks one member.
func (c *Cluster) well(ctx context.Context, m *Member) bool {
	scheme := "http"
	if c.settings.Secure() {
		scheme = "https"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+m.Addr+c.settings.Health.Path, nil)
	if err != nil {
		return false
	}
	req.Header.Set("User-Agent", "terrace-health-check")
	resp, err := c.probe.Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.CopyN(io.Discard, resp.Body, small)
	return resp.StatusCode >= 200 && resp.StatusCode < 400
}

// checked counts; only one check of a member is under way.
func (m *Member) checked(well bool, h *HealthCheck) {
	if well {
		m.good, m.bad = m.good+1, 0
		if m.good >= h.Healthy && m.ill.Load() {
			m.joined.Store(time.Now().UnixNano())
			m.ill.Store(false)
		}
		return
	}
	m.good, m.bad = 0, m.bad+1
	if m.bad >= h.Unhealthy {
		m.ill.Store(true)
	}
}
