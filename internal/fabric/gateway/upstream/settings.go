package upstream

import (
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// How a service is spoken to is a part of a route.
type (
	// Settings is route.Settings.
	Settings = route.Settings
	// TLS is route.TLS.
	TLS = route.TLS
	// HealthCheck is route.HealthCheck.
	HealthCheck = route.HealthCheck
	// Outliers is route.Outliers.
	Outliers = route.Outliers
	// Breaker is route.Breaker.
	Breaker = route.Breaker
	// Limits is route.Limits.
	Limits = route.Limits
)

// complete fills in what was left out.
func complete(s Settings) Settings {
	if h := s.Health; h != nil {
		c := *h
		c.Interval, c.Timeout = orElse(c.Interval, kernel.Duration(10*time.Second)), orElse(c.Timeout, kernel.Duration(2*time.Second))
		c.Healthy, c.Unhealthy = orElse(c.Healthy, 2), orElse(c.Unhealthy, 3)
		s.Health = &c
	}
	var o Outliers
	if s.Outliers != nil {
		o = *s.Outliers
	}
	o.ConsecutiveErrors, o.MinRequests = orElse(o.ConsecutiveErrors, 5), orElse(o.MinRequests, 20)
	o.BaseEjection = orElse(o.BaseEjection, kernel.Duration(10*time.Second))
	o.MaxEjection = max(orElse(o.MaxEjection, kernel.Duration(5*time.Minute)), o.BaseEjection)
	s.Outliers = &o
	if s.Breaker != nil {
		b := *s.Breaker
		b.MinRequests, b.Probes = orElse(b.MinRequests, 20), orElse(b.Probes, 1)
		b.Window, b.OpenFor = orElse(b.Window, kernel.Duration(10*time.Second)), orElse(b.OpenFor, kernel.Duration(5*time.Second))
		s.Breaker = &b
	}
	return s
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
