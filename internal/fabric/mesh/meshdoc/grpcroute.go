package meshdoc

import "regexp"

// GRPCRoute is the Gateway API's, as far as the mesh does it.
type GRPCRoute struct {
	// ParentRefs are the services whose callers it is for.
	ParentRefs []ParentRef `json:"parentRefs"`
	Rules      []GRPCRule  `json:"rules"`
}

// GRPCRule is what is done with the calls that any of its matches takes.
type GRPCRule struct {
	Name        string       `json:"name,omitempty"`
	Matches     []GRPCMatch  `json:"matches,omitempty"`
	BackendRefs []BackendRef `json:"backendRefs,omitempty"`
}

// GRPCMatch takes a call where all that it says holds.
type GRPCMatch struct {
	Method  GRPCMethod   `json:"method,omitzero"`
	Headers []ValueMatch `json:"headers,omitempty"`
}

// GRPCMethod holds for a service of gRPC, a method, or both.
type GRPCMethod struct {
	// Type is Exact (the default) or RegularExpression.
	Type    string `json:"type,omitempty" enum:"Exact,RegularExpression"`
	Service string `json:"service,omitempty"`
	Method  string `json:"method,omitempty"`
}

// route is the same as a route by paths: a call of gRPC is a request for /Service/Method.
func (in GRPCRoute) route() *Route {
	out := &Route{ParentRefs: in.ParentRefs}
	for _, r := range in.Rules {
		rule := Rule{Name: r.Name, BackendRefs: r.BackendRefs}
		for _, m := range r.Matches {
			rule.Matches = append(rule.Matches, Match{Path: m.Method.path(), Headers: m.Headers})
		}
		out.Rules = append(out.Rules, rule)
	}
	return out
}

func (m GRPCMethod) path() PathMatch {
	switch {
	case m == GRPCMethod{}:
		return PathMatch{}
	case m.Type == RegularExpression:
		return PathMatch{Type: RegularExpression, Value: "/" + orAny(m.Service) + "/" + orAny(m.Method)}
	case m.Type != "" && m.Type != Exact:
		return PathMatch{Type: m.Type, Value: "/"} // the check refuses the type
	case m.Service != "" && m.Method != "":
		return PathMatch{Type: Exact, Value: "/" + m.Service + "/" + m.Method}
	case m.Service != "":
		return PathMatch{Type: PathPrefix, Value: "/" + m.Service}
	}
	return PathMatch{Type: RegularExpression, Value: "/[^/]+/" + regexp.QuoteMeta(m.Method)}
}

func orAny(expression string) string {
	if expression == "" {
		return "[^/]+"
	}
	return "(?:" + expression + ")"
}
