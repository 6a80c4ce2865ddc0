package gateway

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
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
	t := s.table.Load()
	found, _ := t.lookup(x)
	if found != nil && !s.sees(ctx, scope, found.entry) {
		found = nil
	}
	for _, c := range t.candidates(x.Host) {
		if !s.sees(ctx, scope, c.entry) {
			continue
		}
		if c == found {
			m := c.matching(x.Host)
			m.Why = "it is the closest of those that hold"
			out.Match = &m
		} else if len(out.Others) < maxOthers {
			m := c.matching(x.Host)
			m.Why = c.why(x, found)
			out.Others = append(out.Others, m)
		}
	}
	if found == nil {
		out.Answer = "no route that you may see takes it: the gateway answers 404"
		return out, nil
	}
	out.Answer = found.rule.answer()
	if out.Policies, err = s.uses(ctx, found.entry.Route); err != nil {
		return out, err
	}
	out.Plane, err = s.plane(ctx, found.entry.Route, out.Policies)
	return out, err
}

// sees tells whether a route is the actor's to see, within the scope that was asked.
func (s *Service) sees(ctx context.Context, scope kernel.Scope, e *entry) bool {
	return e.Scope.Tenant == scope.Tenant && s.Authorizer.Authorize(ctx, ActionRead, e.Scope) == nil
}

// exchange makes the request that is asked about.
func (q Question) exchange(ctx context.Context) (*exchange.Exchange, error) {
	text := q.URL
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
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

// candidates are all matches for a host, the closest host and match first.
func (t *table) candidates(host string) []*candidate {
	var out []*candidate
	add := func(s *site) {
		if s == nil {
			return
		}
		var all []*candidate
		for _, byPath := range []map[string][]*candidate{s.exact, s.prefix} {
			for _, list := range byPath {
				all = append(all, list...)
			}
		}
		all = append(all, s.patterns...)
		slices.SortFunc(all, func(a, b *candidate) int {
			return cmp.Or(cmp.Compare(order(a.match), order(b.match)), closer(a, b))
		})
		out = append(out, all...)
	}
	add(t.exact[host])
	for rest := host; ; {
		_, after, ok := strings.Cut(rest, ".")
		if !ok {
			return out
		}
		rest = after
		add(t.wild[rest])
	}
}

// matching says where a candidate stands in its route.
func (c *candidate) matching(host string) Matching {
	out := Matching{
		Project: c.entry.Scope.Project, Stage: c.entry.Scope.Stage, Route: c.entry.Name, RuleName: c.rule.Name, Host: host,
		Path: PathMatch{Type: c.match.pathType, Value: c.match.path}, Backends: c.rule.Backends, Redirect: c.rule.Redirect,
	}
	out.Rule = slices.Index(c.entry.rules, c.rule)
	out.Match = slices.Index(c.rule.matches, c.match)
	for _, h := range c.entry.Hosts {
		if h == host {
			return out
		}
		if rest, wild := strings.CutPrefix(h, "*."); wild && strings.HasSuffix(host, "."+rest) {
			out.Host = h
		}
	}
	return out
}

// why says why a candidate does not take a request.
func (c *candidate) why(x *exchange.Exchange, found *candidate) string {
	m := c.match
	switch path := strings.TrimSuffix(m.path, "/"); {
	case m.pathType == Exact && x.Path != m.path:
		return "the path is not exactly " + m.path
	case m.pathType == PathPrefix && x.Path != path && !strings.HasPrefix(x.Path, path+"/"):
		return "the path is not within " + m.path
	case m.pattern != nil && !m.pattern.MatchString(x.Path):
		return "the path is not as " + m.path + " says"
	case m.method != nil && string(m.method) != string(x.Request.Header.Method()):
		return "the method is not " + string(m.method)
	}
	for i, v := range m.headers {
		if got := x.Request.Header.Peek(v.name); got == nil || !m.headers[i].holds(got) {
			return "header " + v.name + " is not " + v.wanted()
		}
	}
	for i := range m.query {
		if one := (match{query: m.query[i : i+1]}); !one.asks(x) {
			return "query parameter " + m.query[i].name + " is not " + m.query[i].wanted()
		}
	}
	if found == nil {
		return "it holds"
	}
	return "it holds, too, but route " + found.entry.Name + " matches more closely"
}

func (v *value) wanted() string {
	if v.pattern != nil {
		return "as " + v.pattern.String() + " says"
	}
	return strconv.Quote(string(v.exact))
}

// answer says in words what a rule does.
func (r *rule) answer() string {
	if d := r.Redirect; d != nil {
		return "a redirect with status " + strconv.Itoa(cmp.Or(d.Status, http.StatusFound))
	}
	if r.total == 0 {
		return "nobody: the weights of all services are 0, so the gateway answers 500"
	}
	parts := make([]string, 0, len(r.Backends))
	for i, b := range r.Backends {
		before := 0
		if i > 0 {
			before = r.shares[i-1]
		}
		name := "service " + b.Service
		if b.Outside() {
			name = b.URL
		}
		if b.Port != "" {
			name += ":" + b.Port
		}
		if share := r.shares[i] - before; share < r.total {
			name += " (" + strconv.FormatFloat(100*float64(share)/float64(r.total), 'f', -1, 64) + " %)"
		}
		parts = append(parts, name)
	}
	return strings.Join(parts, ", ")
}

// uses says which policies hold for a route, and why others of its scopes do not.
func (s *Service) uses(ctx context.Context, r Route) ([]PolicyUse, error) {
	out := []PolicyUse{}
	all := map[kernel.Scope][]Policy{}
	scopes := []kernel.Scope{r.Scope, {Tenant: r.Scope.Tenant, Project: r.Scope.Project}, {Tenant: r.Scope.Tenant}}
	for _, scope := range scopes {
		of, err := s.PolicyStore.Policies(ctx, scope)
		if err != nil {
			return nil, err
		}
		all[scope] = of
	}
	for _, kind := range s.Kinds {
		chosen, _ := closest(r, kind.Name(), all)
		for _, scope := range scopes {
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
