package route

import (
	"crypto/x509"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Bounds of how services are spoken to.
const (
	maxAttempts      = 10
	maxPlaces        = 1_000_000
	minCheckInterval = 100 * time.Millisecond
	maxPause         = time.Hour
	maxCA            = 64 << 10
)

// settings checks how a service is spoken to.
func (c *checker) settings(at string, s Settings) {
	if !slices.Contains([]string{"", HTTP, HTTPS, H2C, H2, GRPC}, s.Protocol) {
		c.add(at+".protocol", "use http, https, h2c, h2 or grpc", "there is no protocol %q", s.Protocol)
	} else if s.TLS != nil && !s.Secure() {
		c.add(at+".tls", "use protocol https, h2 or grpc, or remove tls", "the service is not spoken to over TLS")
	}
	if t := s.TLS; t != nil {
		if t.ServerName != "" && !validHost(t.ServerName) {
			c.add(at+".tls.serverName", "use a name in lower case", "%q is not a host name", t.ServerName)
		}
		if t.CA != "" && (len(t.CA) > maxCA || !x509.NewCertPool().AppendCertsFromPEM([]byte(t.CA))) {
			c.add(at+".tls.ca", "use certificates as PEM, up to 64 KiB", "the authorities hold no certificate")
		}
	}
	c.health(at+".healthCheck", s.Health)
	if o := s.Outliers; o != nil {
		at := at + ".outliers"
		c.number(at+".consecutiveErrors", o.ConsecutiveErrors, 0, maxPlaces)
		c.number(at+".errorPercent", o.ErrorPercent, 0, 100)
		c.number(at+".minRequests", o.MinRequests, 0, maxPlaces)
		c.pause(at+".baseEjection", o.BaseEjection, 0, maxPause)
		c.pause(at+".maxEjection", o.MaxEjection, 0, maxPause)
		if o.MaxEjection != 0 && o.MaxEjection < o.BaseEjection {
			c.add(at+".maxEjection", "", "maxEjection is less than baseEjection")
		}
	}
	if b := s.Breaker; b != nil {
		at := at + ".breaker"
		c.number(at+".errorPercent", b.ErrorPercent, 1, 100)
		c.number(at+".minRequests", b.MinRequests, 0, maxPlaces)
		c.number(at+".probes", b.Probes, 0, maxPlaces)
		c.pause(at+".window", b.Window, 0, maxPause)
		c.pause(at+".openFor", b.OpenFor, 0, maxPause)
	}
	if l := s.Limits; l != nil {
		at := at + ".limits"
		c.number(at+".maxRequests", l.MaxRequests, 0, maxPlaces)
		c.number(at+".maxConnections", l.MaxConnections, 0, maxPlaces)
		c.number(at+".maxPending", l.MaxPending, 0, maxPlaces)
		if l.MaxPending > 0 && l.MaxRequests == 0 && l.MaxConnections == 0 {
			c.add(at+".maxPending", "give maxRequests or maxConnections", "requests wait for nothing where nothing is bounded")
		}
	}
	c.pause(at+".slowStart", s.SlowStart, 0, maxPause)
}

func (c *checker) health(at string, h *HealthCheck) {
	if h == nil {
		return
	}
	if !plainPath(h.Path) {
		c.add(at+".path", "use a path such as /healthz", "path %q is not a plain path", h.Path)
	}
	if h.Interval != 0 {
		c.pause(at+".interval", h.Interval, minCheckInterval, maxPause)
	}
	if h.Timeout != 0 {
		c.pause(at+".timeout", h.Timeout, time.Millisecond, maxPause)
	}
	c.number(at+".healthyThreshold", h.Healthy, 0, maxAttempts)
	c.number(at+".unhealthyThreshold", h.Unhealthy, 0, maxAttempts)
}

func (c *checker) retry(at string, r *Retry) {
	if r == nil {
		return
	}
	c.number(at+".attempts", r.Attempts, 0, maxAttempts)
	c.number(at+".budgetPercent", r.BudgetPercent, 0, 100)
	c.pause(at+".backoff", r.Backoff, 0, time.Minute)
	for i, code := range r.Codes {
		c.number(at+".codes["+strconv.Itoa(i)+"]", code, http.StatusInternalServerError, 599)
	}
}

func (c *checker) session(at string, s *Session) {
	if s == nil {
		return
	}
	if !Token(s.CookieName) || len(s.CookieName) > 64 {
		c.add(at+".cookieName", "use letters, digits and hyphens", "%q is not the name of a cookie", s.CookieName)
	}
	c.pause(at+".lifetime", s.Lifetime, 0, 400*24*time.Hour)
	if s.Lifetime != 0 && time.Duration(s.Lifetime) < time.Second {
		c.add(at+".lifetime", "", "a cookie lives for whole seconds")
	}
}

func (c *checker) number(at string, n, least, most int) {
	if n < least || n > most {
		c.add(at, "", "%d is not within %d and %d", n, least, most)
	}
}

func (c *checker) pause(at string, d kernel.Duration, least, most time.Duration) {
	if time.Duration(d) < least || time.Duration(d) > most {
		c.add(at, "", "%s is not within %s and %s", d, least, most)
	}
}
