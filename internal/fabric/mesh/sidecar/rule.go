package sidecar

import (
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Rule says what is done with the requests that any of its matches takes.
type Rule struct {
	// Matches are alternatives; none takes every request.
	Matches []route.Match `json:"matches,omitempty"`
	// Shares are of versions of the service.
	Shares  []Share       `json:"shares"`
	Timeout time.Duration `json:"timeout,omitempty"`
	Retry   *route.Retry  `json:"retry,omitempty"`
}

// Share is how much of the requests a version gets.
type Share struct {
	Version string `json:"version"`
	Weight  int    `json:"weight"`
}

// routeTo is a service as a route of the gateway's core.
func routeTo(s Service, generation int64) route.Route {
	out := route.Route{Name: s.Name, Hosts: []string{s.Name}}
	if len(s.Rules) == 0 {
		rule := Rule{Timeout: s.Timeout, Retry: s.Retry}
		for _, v := range s.Versions {
			rule.Shares = append(rule.Shares, Share{v.Name, v.Weight})
		}
		one := s.rule(rule, generation)
		one.Timeouts.Backend = kernel.Duration(s.AttemptTimeout)
		out.Rules = []route.Rule{one}
	}
	for _, r := range s.Rules {
		out.Rules = append(out.Rules, s.rule(r, generation))
	}
	return out
}

func (s Service) rule(r Rule, generation int64) route.Rule {
	out := route.Rule{Matches: r.Matches, Retry: r.Retry, Timeouts: route.Timeouts{Request: kernel.Duration(r.Timeout)}}
	if len(out.Matches) == 0 {
		out.Matches = []route.Match{{Path: route.PathMatch{Type: route.PathPrefix, Value: "/"}}}
	}
	for _, share := range r.Shares {
		for _, v := range s.Versions {
			if v.Name == share.Version {
				out.Backends = append(out.Backends, s.backend(v, share.Weight, generation))
			}
		}
	}
	return out
}

// backend is a version as the core asks it. With another identity there are other connections.
func (s Service) backend(v Version, weight int, generation int64) route.Backend {
	b := route.Backend{Service: s.Name, Port: v.Name, Weight: &weight}
	switch {
	case v.Clear && s.Protocol == ProtocolGRPC:
		b.Protocol = route.H2C
	case v.Clear:
		b.Protocol = route.HTTP
	default:
		b.Protocol, b.TLS = route.HTTPS, &route.TLS{ServerName: v.Identity + "#" + strconv.FormatInt(generation, 10)}
		if s.Protocol == ProtocolGRPC {
			b.Protocol = route.GRPC
		}
	}
	return b
}
