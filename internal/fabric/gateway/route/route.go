// Package route is what a route of the gateway is: the model, and what is right.
//
// It owns the form of routes and their checks, so that they can be checked without
// a gateway. It serves nothing, and knows neither stores nor who may change what.
package route

import (
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Route sends the requests for its hosts to services, rule by rule. Its shape
// is that of the Gateway API's HTTPRoute (gateway.networking.k8s.io/v1).
type Route struct {
	// Scope is whose route it is.
	Scope kernel.Scope `json:"-"`
	// Name identifies the route within its scope.
	Name string `json:"-"`
	// Hosts are full host names in lower case, without a port; the first label
	// may be * for any labels.
	Hosts []string `json:"hosts"`
	// Rules are tried by how closely they match, not in their order.
	Rules []Rule `json:"rules"`
	// Owner is what keeps the route as it is, such as a workload's Terraform; empty is nobody
	// but those who apply documents.
	Owner     string    `json:"-"`
	UpdatedAt time.Time `json:"-"`
}

// Rule is what is done with the requests that any of its matches takes.
type Rule struct {
	// Name identifies the rule within its route; it may be empty.
	Name string `json:"name,omitempty"`
	// Matches are alternatives; none takes every request.
	Matches []Match `json:"matches,omitempty"`
	// RequestHeaders and ResponseHeaders are changed on the way.
	RequestHeaders  *HeaderChange `json:"requestHeaders,omitempty"`
	ResponseHeaders *HeaderChange `json:"responseHeaders,omitempty"`
	// Rewrite changes the host and path that the service sees.
	Rewrite *Rewrite `json:"rewrite,omitempty"`
	// Redirect answers in place of any service.
	Redirect *Redirect `json:"redirect,omitempty"`
	// Backends are chosen among by weight.
	Backends []Backend `json:"backends,omitempty"`
	Timeouts Timeouts  `json:"timeouts,omitzero"`
	// Mirrors get copies of the requests; what they answer is read by nobody.
	Mirrors []Mirror `json:"mirrors,omitempty"`
	// Retry says what is asked again; without it, what a service has not seen, and
	// once what broke and may be sent twice.
	Retry *Retry `json:"retry,omitempty"`
	// Session keeps a client with the instance that answered it first.
	Session *Session `json:"session,omitempty"`
}

// Match takes a request where all that it says holds.
type Match struct {
	Path PathMatch `json:"path,omitzero"`
	// Method is empty for any.
	Method string `json:"method,omitempty"`
	// Headers and Query are looked at by name; the first of a repeated parameter counts.
	Headers []ValueMatch `json:"headers,omitempty"`
	Query   []ValueMatch `json:"queryParams,omitempty"`
}

// Types of matches.
const (
	Exact             = "Exact"
	PathPrefix        = "PathPrefix"
	RegularExpression = "RegularExpression"
)

// PathMatch holds for a path; the zero value for every one.
type PathMatch struct {
	// Type is Exact, PathPrefix (the default, in whole segments: /api holds /api
	// and /api/x, not /apis) or RegularExpression (RE2, the whole path).
	Type  string `json:"type,omitempty"`
	Value string `json:"value,omitempty"`
}

// ValueMatch holds for a header or a query parameter.
type ValueMatch struct {
	// Type is Exact (the default) or RegularExpression (RE2, the whole value).
	Type  string `json:"type,omitempty"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

// HeaderChange sets, adds and removes headers, in this order.
type HeaderChange struct {
	Set    []Header `json:"set,omitempty"`
	Add    []Header `json:"add,omitempty"`
	Remove []string `json:"remove,omitempty"`
}

// Header is one header with its value.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Rewrite changes what the service is asked for.
type Rewrite struct {
	// Host replaces the Host header.
	Host string `json:"host,omitempty"`
	// FullPath replaces the path; Prefix replaces the prefix that was matched.
	FullPath *string `json:"fullPath,omitempty"`
	Prefix   *string `json:"prefix,omitempty"`
}

// Redirect sends the client elsewhere; what is empty stays as it was asked for.
type Redirect struct {
	Scheme   string  `json:"scheme,omitempty"`
	Host     string  `json:"host,omitempty"`
	Port     int     `json:"port,omitempty"`
	FullPath *string `json:"fullPath,omitempty"`
	Prefix   *string `json:"prefix,omitempty"`
	// Status is 301, 302 (the default), 303, 307 or 308.
	Status int `json:"status,omitempty"`
}

// Backend is a service's port, or an address outside, with its share of the requests.
type Backend struct {
	// Service and Port name what answers; an empty port is the service's only one.
	Service string `json:"service,omitempty"`
	Port    string `json:"port,omitempty"`
	// URL is where something answers that is no workload: a scheme, a host and a port.
	URL string `json:"url,omitempty"`
	// PreserveHost asks URL with the host that the client asked for, not with its own.
	PreserveHost bool `json:"preserveHost,omitempty"`
	// Weight is the share; without one it is 1. A weight of 0 gets nothing.
	Weight *int `json:"weight,omitempty"`

	// Settings say how the service is spoken to.
	Settings
}

// Mirror is a service's port that gets copies of requests, as they reach the
// service that answers (Gateway API, RequestMirror). A copy delays and changes
// nothing; requests with a body of unknown length or of more than 64 KiB, and
// upgrades, are not copied.
type Mirror struct {
	Service string `json:"service"`
	Port    string `json:"port,omitempty"`
	// Percent is the share of the requests; without it, all.
	Percent *int `json:"percent,omitempty"`

	// Settings say how the service is spoken to.
	Settings
}

// Timeouts bound how long a client waits.
type Timeouts struct {
	// Request bounds all attempts together up to the head of the answer, Backend
	// each of them; 0 is the gateway's own bound.
	Request kernel.Duration `json:"request,omitzero"`
	Backend kernel.Duration `json:"backend,omitzero"`
	// Idle bounds how long a stream or an upgraded connection may rest.
	Idle kernel.Duration `json:"idle,omitzero"`
}

// Retry says which requests a service is asked again (Gateway API, GEP-1731).
// Only what may be sent twice is, by its method, with a body of up to 64 KiB.
type Retry struct {
	// Codes are statuses that are asked again; 500 to 599.
	Codes []int `json:"codes,omitempty"`
	// Attempts is how often after the first time; 0 asks nothing again that was seen.
	Attempts int `json:"attempts"`
	// Backoff is the pause before the first time; it doubles, and half of it is chance.
	Backoff kernel.Duration `json:"backoff,omitzero"`
	// BudgetPercent is the share of a service's requests that may be asked again; 0 is 20.
	BudgetPercent int `json:"budgetPercent,omitempty"`
}

// Session keeps a client with one backend and instance by a cookie.
type Session struct {
	// CookieName is the cookie's.
	CookieName string `json:"cookieName"`
	// Lifetime is the cookie's; 0 lasts as long as the browser.
	Lifetime kernel.Duration `json:"lifetime,omitzero"`
}

// ToService returns a route of one host and path prefix to one service.
func ToService(name, host, path, service, port string) Route {
	if path == "" {
		path = "/"
	}
	return Route{Name: name, Hosts: []string{host}, Rules: []Rule{{
		Matches: []Match{{Path: PathMatch{Type: PathPrefix, Value: path}}}, Backends: []Backend{{Service: service, Port: port}},
	}}}
}

// URL returns the address of the route's first host and path on a gateway's
// TLS port; the port of https is left out.
func (r Route) URL(port int) string {
	if len(r.Hosts) == 0 {
		return ""
	}
	host := r.Hosts[0]
	if port != 443 && port != 0 {
		host += ":" + strconv.Itoa(port)
	}
	return "https://" + host + r.firstPath()
}

// firstPath is the path of the first match that has one to show.
func (r Route) firstPath() string {
	if len(r.Rules) > 0 && len(r.Rules[0].Matches) > 0 {
		if m := r.Rules[0].Matches[0].Path; m.Value != "" && m.Type != RegularExpression {
			return m.Value
		}
	}
	return "/"
}

// CanonicalHost returns a Host header's host in lower case, without its port
// and the dot at its end.
func CanonicalHost(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && strings.IndexByte(host, ']') < i {
		host = host[:i]
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
