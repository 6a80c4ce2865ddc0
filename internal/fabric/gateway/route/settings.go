package route

import "github.com/terrace-idp/terrace/internal/kernel"

// Protocols that a service may speak.
const (
	// HTTP is HTTP/1.1, HTTPS the same over TLS.
	HTTP  = "http"
	HTTPS = "https"
	// H2C is HTTP/2 with prior knowledge (RFC 9113 §3.3), H2 is HTTP/2 over TLS.
	H2C = "h2c"
	H2  = "h2"
	// GRPC is H2C, or H2 where TLS is set.
	GRPC = "grpc"
)

// Settings say how a service is spoken to, and what is done about instances
// that fail.
type Settings struct {
	// Protocol is http (the default), https, h2c, h2 or grpc.
	Protocol string `json:"protocol,omitempty"`
	// TLS is for https, h2 and grpc.
	TLS *TLS `json:"tls,omitempty"`
	// Health has each instance asked whether it is well.
	Health *HealthCheck `json:"healthCheck,omitempty"`
	// Outliers leaves out instances that fail requests; without it the defaults hold.
	Outliers *Outliers `json:"outliers,omitempty"`
	// Breaker refuses requests for a while when too many failed.
	Breaker *Breaker `json:"breaker,omitempty"`
	Limits  *Limits  `json:"limits,omitempty"`
	// SlowStart is how long an instance that is new, or well again, gets less than
	// its share.
	SlowStart kernel.Duration `json:"slowStart,omitzero"`
}

// TLS says how a service proves who it is, and the gateway to it.
type TLS struct {
	// ServerName is asked for (SNI) and must be in the service's certificate.
	ServerName string `json:"serverName,omitempty"`
	// CA are the certificates that the service's may be signed by, as PEM; without
	// them the platform's own authority is.
	CA string `json:"ca,omitempty"`
	// ClientCertificate shows the service a certificate of the platform's authority.
	ClientCertificate bool `json:"clientCertificate,omitempty"`
}

// HealthCheck asks each instance from time to time.
type HealthCheck struct {
	// Path is asked for with GET; an answer of 200 to 399 is well.
	Path string `json:"path"`
	// Interval is 10 s, Timeout 2 s unless they are set.
	Interval kernel.Duration `json:"interval,omitzero"`
	Timeout  kernel.Duration `json:"timeout,omitzero"`
	// Healthy answers in a row (2) take an instance back, Unhealthy ones (3) leave it out.
	Healthy   int `json:"healthyThreshold,omitempty"`
	Unhealthy int `json:"unhealthyThreshold,omitempty"`
}

// Outliers leaves out an instance that fails, for a time that grows with each
// time it does; never more than half of the instances.
type Outliers struct {
	// ConsecutiveErrors is how many requests in a row fail first: connections that
	// break or time out, answers that are none, 502, 503 and 504. The default is 5.
	ConsecutiveErrors int `json:"consecutiveErrors,omitempty"`
	// ErrorPercent of the requests of ten seconds, at least MinRequests (20), have
	// an answer of 5xx; 0 does not look.
	ErrorPercent int `json:"errorPercent,omitempty"`
	MinRequests  int `json:"minRequests,omitempty"`
	// BaseEjection (10 s) doubles each time, up to MaxEjection (5 min).
	BaseEjection kernel.Duration `json:"baseEjection,omitzero"`
	MaxEjection  kernel.Duration `json:"maxEjection,omitzero"`
}

// Breaker opens when ErrorPercent of at least MinRequests within Window failed:
// it refuses for OpenFor, then lets Probes through, and closes when they succeed.
type Breaker struct {
	ErrorPercent int             `json:"errorPercent"`
	MinRequests  int             `json:"minRequests,omitempty"`
	Window       kernel.Duration `json:"window,omitzero"`
	OpenFor      kernel.Duration `json:"openFor,omitzero"`
	Probes       int             `json:"probes,omitempty"`
}

// Limits bound what a service gets at once; 0 has no bound.
type Limits struct {
	// MaxRequests are under way, MaxConnections are open, to all instances together.
	MaxRequests    int `json:"maxRequests,omitempty"`
	MaxConnections int `json:"maxConnections,omitempty"`
	// MaxPending requests wait for one of these; more are refused.
	MaxPending int `json:"maxPending,omitempty"`
}

// Two tells that the service speaks HTTP/2.
func (s *Settings) Two() bool { return s.Protocol == H2C || s.Protocol == H2 || s.Protocol == GRPC }

// Secure tells that the service is spoken to over TLS.
func (s *Settings) Secure() bool {
	return s.Protocol == HTTPS || s.Protocol == H2 || s.Protocol == GRPC && s.TLS != nil
}
