package gateway

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Question is a request that nobody sends.
type Question struct {
	// Method is GET unless given. URL has the host and the path, with or without a scheme.
	Method, URL string
	Headers     []Header
}

// Explanation says what a request would meet.
type Explanation struct {
	Host string `json:"host"`
	Path string `json:"path"`
	// Answer says in words who answers.
	Answer string `json:"answer"`
	// Match is nil where no route takes the request.
	Match    *Matching   `json:"match,omitempty"`
	Policies []PolicyUse `json:"policies"`
	// Plane is what obeys the route in place of this gateway.
	Plane *PlaneUse `json:"plane,omitempty"`
	// Others are matches of the host that do not take it, the closest first.
	Others []Matching `json:"others"`
}

// Matching is a match of a route, and why it takes a request or does not.
type Matching struct {
	Project string `json:"project"`
	Stage   string `json:"stage"`
	Route   string `json:"route"`
	// Rule and Match are places in the route, counted from 0.
	Rule     int       `json:"rule"`
	RuleName string    `json:"ruleName,omitempty"`
	Match    int       `json:"match"`
	Host     string    `json:"host"`
	Path     PathMatch `json:"path"`
	Backends []Backend `json:"backends,omitempty"`
	Redirect *Redirect `json:"redirect,omitempty"`
	Why      string    `json:"why"`
}

// PolicyUse is a policy, and why it holds for a route or does not.
type PolicyUse struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	// From is the scope that the policy is of: tenant, tenant/project or tenant/project/stage.
	From  string `json:"from"`
	Holds bool   `json:"holds"`
	Why   string `json:"why"`
}

// maxOthers bounds what an explanation tells of what does not match.
const maxOthers = 100

// Explain says which route of those that the actor may see takes a request, what holds
// for it, and why the others do not. It answers from what this gateway serves now.
func (s *Service) Explain(ctx context.Context, scope kernel.Scope, q Question) (Explanation, error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return Explanation{}, err
	}
	x, err := q.exchange(ctx)
	if err != nil {
		return Explanation{}, err
	}
	out := Explanation{Host: x.Host, Path: x.Path, Policies: []PolicyUse{}, Others: []Matching{}}
	t := s.Table()
	found, _ := t.Lookup(x)
	if found != nil && !s.sees(ctx, scope, found.Route()) {
		found = nil
	}
	for _, c := range t.Candidates(x.Host) {
		if !s.sees(ctx, scope, c.Route()) {
			continue
		}
		if c == found {
			m := matching(c, x.Host, "it is the closest of those that hold")
			out.Match = &m
		} else if len(out.Others) < maxOthers {
			out.Others = append(out.Others, matching(c, x.Host, c.Why(x, found)))
		}
	}
	if found == nil {
		out.Answer = "no route that you may see takes it: the gateway answers 404"
		why, err := s.whyWithheld(ctx, scope, x.Host)
		if why != "" {
			out.Answer += "; " + why
		}
		return out, err
	}
	out.Answer = found.Answer()
	place, _ := found.Place()
	if doubts := s.doubtful(found.Route(), place); len(doubts) > 0 {
		out.Answer += "; but " + inWords(doubts)
	}
	if out.Policies, err = s.uses(ctx, found.Route()); err != nil {
		return out, err
	}
	out.Plane, err = s.plane(ctx, found.Route(), out.Policies)
	return out, err
}

// sees tells whether a route is the actor's to see, within the scope that was asked.
func (s *Service) sees(ctx context.Context, scope kernel.Scope, r Route) bool {
	return r.Scope.Tenant == scope.Tenant && s.Authorizer.Authorize(ctx, ActionRead, r.Scope) == nil
}

// exchange makes the request that is asked about.
func (q Question) exchange(ctx context.Context) (*exchange.Exchange, error) {
	text := q.URL
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, kernel.Errorf(kernel.Invalid, "%q is not the address of a request", q.URL).WithFix("write one such as https://orders.dev.shop.localhost/api")
	}
	req, resp := &fasthttp.Request{}, &fasthttp.Response{}
	method := cmp.Or(q.Method, http.MethodGet)
	if !route.Token(method) {
		return nil, kernel.Errorf(kernel.Invalid, "%q is not a method", method).WithFix("use one such as GET")
	}
	req.Header.SetMethod(method)
	for _, h := range q.Headers {
		if !route.Token(h.Name) {
			return nil, kernel.Errorf(kernel.Invalid, "%q is not the name of a header", h.Name)
		}
		req.Header.Add(h.Name, h.Value)
	}
	req.Header.SetHost(u.Host)
	req.Header.SetRequestURI(cmp.Or(u.RequestURI(), "/"))
	x, ok := exchange.New(req, resp, exchange.Connection{Context: ctx, Proto: 1})
	if !ok {
		return nil, kernel.Errorf(kernel.Invalid, "the gateway refuses such a request before it looks for a route: its host or path can be read in two ways").
			WithFix("write the path as a client sends it")
	}
	return x, nil
}

// matching says where a candidate stands in its route.
func matching(c *proxy.Candidate, host, why string) Matching {
	r := c.Route()
	place, match := c.Place()
	rule := r.Rules[place]
	out := Matching{
		Project: r.Scope.Project, Stage: r.Scope.Stage, Route: r.Name, Rule: place, RuleName: rule.Name, Match: match, Host: host,
		Path: rule.Matches[match].Path, Backends: rule.Backends, Redirect: rule.Redirect, Why: why,
	}
	for _, h := range r.Hosts {
		if h == host {
			return out
		}
		if rest, wild := strings.CutPrefix(h, "*."); wild && strings.HasSuffix(host, "."+rest) {
			out.Host = h
		}
	}
	return out
}

// uses says which policies hold for a route, and why others of its scopes do not.
func (s *Service) uses(ctx context.Context, r Route) ([]PolicyUse, error) {
	out := []PolicyUse{}
	all, err := s.policiesOver(ctx, r.Scope)
	if err != nil {
		return nil, err
	}
	for _, kind := range s.Kinds {
		chosen, _ := closest(r, kind.Name(), all)
		for _, scope := range attachable(r.Scope) {
			for _, p := range all[scope] {
				if p.Kind == kind.Name() {
					out = append(out, useOf(r, p, chosen))
				}
			}
		}
	}
	return out, nil
}

func useOf(r Route, p, chosen Policy) PolicyUse {
	use := PolicyUse{Kind: p.Kind, Name: p.Name, From: p.Scope.String()}
	switch {
	case p.Scope == chosen.Scope && p.Name == chosen.Name:
		use.Holds, use.Why = true, "it is attached most closely of its kind"
	case p.Route != "" && p.Route != r.Name:
		use.Why = "it is for route " + p.Route
	default:
		use.Why = "policy " + chosen.Name + " of " + chosen.Scope.String() + " is attached more closely, and holds in its place"
	}
	return use
}
