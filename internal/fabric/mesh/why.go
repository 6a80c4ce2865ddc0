package mesh

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Call is a call of one workload to another.
type Call struct {
	// From and To are workloads of the stage; From may be a SPIFFE ID of the tenant.
	From, To string
	// Method and Path are empty for any.
	Method, Path string
	// Headers are all that matter; a rule that asks for another takes no such call.
	Headers http.Header
}

// Answer says what becomes of a call, and why.
type Answer struct {
	// Allowed is also set where only some methods or paths are, which Conditions say.
	Allowed bool `json:"allowed"`
	// From is the caller's SPIFFE ID.
	From string `json:"from"`
	To   string `json:"to"`
	// Strict says that both have to prove who they are.
	Strict bool `json:"strict"`
	// Reasons say why, in words.
	Reasons []string `json:"reasons"`
	// Conditions are what the call has to be for it.
	Conditions []string `json:"conditions,omitempty"`
	// Backends are who answers, with their shares.
	Backends []BackendShare `json:"backends,omitempty"`
	// Route is the rule that sends the call there, where there is one.
	Route string `json:"route,omitempty"`
}

// BackendShare is a service that answers some of the calls.
type BackendShare struct {
	Service string `json:"service"`
	Port    int    `json:"port,omitempty"`
	// Percent is its share of the calls.
	Percent float64 `json:"percent"`
}

// Why says what becomes of a call on a stage as it is now.
func (s *Service) Why(ctx context.Context, scope kernel.Scope, c Call) (Answer, error) {
	if err := s.mayRead(ctx, scope); err != nil {
		return Answer{}, err
	}
	all, err := s.Store.OfStage(ctx, scope)
	if err != nil {
		return Answer{}, err
	}
	for _, name := range []string{c.From, c.To} {
		if err := s.there(ctx, scope, all, name); err != nil {
			return Answer{}, err
		}
	}
	return NewTable(scope, s.Domain, all).Why(c), nil
}

// there is NotFound for a workload that was never deployed, and that no document names. Who may
// not see workloads is not told.
func (s *Service) there(ctx context.Context, scope kernel.Scope, all []Policy, name string) error {
	if s.Workloads == nil || strings.HasPrefix(name, "spiffe://") || slices.ContainsFunc(all, func(p Policy) bool { return p.names(name) }) {
		return nil
	}
	if err := s.Workloads.Known(ctx, scope, name); !kernel.Is(err, kernel.Denied) {
		return err
	}
	return nil
}

// names tells whether a document names a workload of its stage.
func (p Policy) names(workload string) bool {
	if a := p.Authorization; a != nil {
		return a.TargetRef != nil && a.TargetRef.Name == workload || slices.ContainsFunc(a.Rules, func(r meshdoc.Allow) bool {
			return slices.ContainsFunc(r.From, func(f meshdoc.Caller) bool {
				return f.Workload == workload && cmp.Or(f.Project, p.Scope.Project) == p.Scope.Project && cmp.Or(f.Stage, p.Scope.Stage) == p.Scope.Stage
			})
		})
	}
	if p.Calls() == nil {
		return false
	}
	return slices.ContainsFunc(p.Calls().ParentRefs, func(r meshdoc.ParentRef) bool { return r.Name == workload }) ||
		slices.ContainsFunc(p.Calls().Rules, func(r meshdoc.Rule) bool {
			return slices.ContainsFunc(r.BackendRefs, func(b meshdoc.BackendRef) bool { return b.Name == workload })
		})
}

// Why says what becomes of a call. That both are there, it does not say.
func (t *Table) Why(c Call) Answer {
	if !strings.HasPrefix(c.From, "spiffe://") {
		c.From = t.ID(c.From)
	}
	a := Answer{From: c.From, To: c.To, Strict: t.strict}
	t.sent(c, &a)
	t.judge(c, &a)
	return a
}

// judge asks who answers: it is they who let a call in, and not the service that was asked for.
func (t *Table) judge(c Call, a *Answer) {
	by, asked := map[string][]string{}, []string{}
	a.Allowed = len(a.Backends) > 0
	for _, b := range a.Backends {
		if _, again := by[b.Service]; again || b.Percent == 0 {
			continue
		}
		allowed, reasons, conditions := t.admits(b.Service, c)
		a.Allowed = a.Allowed && allowed
		a.Reasons = append(a.Reasons, reasons...)
		by[b.Service], asked = conditions, append(asked, b.Service)
	}
	if a.Allowed {
		a.Conditions = together(asked, by)
	}
}

// together are the conditions of all who answer, any of which is enough.
func together(services []string, by map[string][]string) []string {
	var each []string
	same := true
	for _, service := range services {
		same = same && slices.Equal(by[service], by[services[0]])
		if len(by[service]) > 0 {
			each = append(each, strings.Join(by[service], " or ")+" at "+service)
		}
	}
	if same && len(services) > 0 {
		return by[services[0]]
	}
	return []string{strings.Join(each, ", and ")}
}

// admits tells whether a service lets a call in, why, and what the call has to be for it.
func (t *Table) admits(service string, c Call) (allowed bool, reasons, conditions []string) {
	if !t.Guarded(service) {
		return true, []string{"the mesh of the stage is not strict, and no " + meshdoc.KindAuthorization + " is for " + service}, nil
	}
	if !t.strict {
		return false, []string{"an " + meshdoc.KindAuthorization + " is for " + service + ", and without a strict mesh nobody proves who calls"}, nil
	}
	at := ""
	if service != c.To {
		at = " at " + service
	}
	for _, p := range t.Permissions(service) {
		if !p.allows(c.From, c.Method, c.Path) {
			continue
		}
		reasons = append(reasons, fmt.Sprintf("rule %d of %s %s allows it%s", p.Rule+1, meshdoc.KindAuthorization, p.Policy, at))
		condition := p.condition(c)
		if condition == "" {
			return true, reasons, nil // it allows all that was asked for
		}
		conditions = append(conditions, condition)
	}
	if len(reasons) == 0 {
		return false, []string{"the mesh of the stage is strict, and no rule of an " + meshdoc.KindAuthorization + " for " + service + " allows it"}, nil
	}
	return true, reasons, conditions
}

// condition is what a permission asks of a call beyond what is told of it.
func (p Permission) condition(c Call) string {
	var parts []string
	if len(p.Methods) > 0 && c.Method == "" {
		parts = append(parts, "the method is "+strings.Join(p.Methods, " or "))
	}
	if len(p.Paths) > 0 && c.Path == "" {
		parts = append(parts, "the path is "+strings.Join(p.Paths, " or "))
	}
	return strings.Join(parts, ", ")
}

// sent says who answers. Where no path is told it is a call that no closer match takes.
func (t *Table) sent(c Call, a *Answer) {
	for _, w := range t.routes[c.To] {
		if !takes(w, c) {
			continue
		}
		a.Route = w.Kind + " " + w.Route + ", rule " + strconv.Itoa(w.Rule+1)
		total := 0
		for _, b := range w.Backends {
			total += b.Share()
		}
		for _, b := range w.Backends {
			a.Backends = append(a.Backends, BackendShare{Service: b.Name, Port: b.Port, Percent: float64(b.Share()) * 100 / float64(max(total, 1))})
		}
		return
	}
	if len(t.routes[c.To]) > 0 {
		a.Reasons = append(a.Reasons, "routes are for "+c.To+", and no rule of them takes the call: it has no backend")
		return
	}
	a.Backends = []BackendShare{{Service: c.To, Percent: 100}}
}

// takes tells whether a match is for a call.
func takes(w Way, c Call) bool {
	m := w.Match
	return !slices.ContainsFunc(m.Headers, func(h meshdoc.ValueMatch) bool { return !has(c.Headers, h) }) && takesPath(m, c)
}

// has tells whether a header is as a match asks; of several of a name it is their list (RFC 9110
// §5.3).
func has(headers http.Header, h meshdoc.ValueMatch) bool {
	values := headers.Values(h.Name)
	if len(values) == 0 {
		return false
	}
	value := strings.Join(values, ",")
	if h.Type != meshdoc.RegularExpression {
		return value == h.Value
	}
	whole, err := regexp.Compile("^(?:" + h.Value + ")$")
	return err == nil && whole.MatchString(value)
}

func takesPath(m meshdoc.Match, c Call) bool {
	if m.Method != "" && m.Method != c.Method {
		return false
	}
	switch {
	case m.Path.Value == "" || m.Path.Type != meshdoc.Exact && m.Path.Type != meshdoc.RegularExpression && m.Path.Value == "/":
		return true
	case c.Path == "":
		return false
	case m.Path.Type == meshdoc.Exact:
		return c.Path == m.Path.Value
	case m.Path.Type == meshdoc.RegularExpression:
		whole, err := regexp.Compile("^(?:" + m.Path.Value + ")$")
		return err == nil && whole.MatchString(c.Path)
	}
	prefix := strings.TrimSuffix(m.Path.Value, "/")
	return c.Path == prefix || strings.HasPrefix(c.Path, prefix+"/")
}
