package meshdoc

import "cmp"

// Way is one match of a rule of a route, with what is done with the calls that it takes.
type Way struct {
	// Kind and Route name the document, Rule its rule from 0.
	Kind, Route string
	Rule        int
	// Port narrows to one of the service; 0 is all.
	Port     int
	Match    Match
	Backends []BackendRef
	Timeouts Timeouts
	Retry    *Retry
}

// Ways returns what a route, a document of a kind with a name, does with calls of each of its
// services.
func (r Route) Ways(kind, name string) map[string][]Way {
	out := map[string][]Way{}
	for _, parent := range r.ParentRefs {
		for i, rule := range r.Rules {
			way := Way{Kind: kind, Route: name, Rule: i, Port: parent.Port, Backends: rule.BackendRefs, Timeouts: rule.Timeouts, Retry: rule.Retry}
			if len(way.Backends) == 0 {
				way.Backends = []BackendRef{{Name: parent.Name, Port: parent.Port}}
			}
			matches := rule.Matches
			if len(matches) == 0 {
				matches = []Match{{}}
			}
			for _, way.Match = range matches {
				out[parent.Name] = append(out[parent.Name], way)
			}
		}
	}
	return out
}

// Closer is the order of the Gateway API: exact paths, longer prefixes, a method, more
// headers; of the rest the order in which they are.
func Closer(a, b Way) int {
	return cmp.Or(
		cmp.Compare(rank(b.Match.Path), rank(a.Match.Path)),
		cmp.Compare(len(b.Match.Path.Value), len(a.Match.Path.Value)),
		cmp.Compare(said(b.Match.Method), said(a.Match.Method)),
		cmp.Compare(len(b.Match.Headers), len(a.Match.Headers)),
		cmp.Compare(min(b.Port, 1), min(a.Port, 1)),
	)
}

func rank(p PathMatch) int {
	switch {
	case p.Value == "":
		return 0
	case p.Type == Exact:
		return 3
	case p.Type == RegularExpression:
		return 2
	}
	return 1
}

func said(s string) int { return min(len(s), 1) }
