package identity

import (
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Standing is what one subject is in its tenant. It is never changed: what is known of
// a subject is replaced.
type Standing struct {
	Subject Subject
	// DisabledAt is since when the subject is kept out, zero for one who is not.
	DisabledAt time.Time
	// Grants are the subject's own and those of its groups, also those that have ended.
	Grants []Grant

	// byProject finds those of a project; under "" are those of the tenant and the platform.
	byProject map[string][]Grant
}

func (s Standing) indexed() *Standing {
	s.byProject = make(map[string][]Grant, len(s.Grants))
	for _, g := range s.Grants {
		s.byProject[g.Project] = append(s.byProject[g.Project], g)
	}
	return &s
}

// isKnown reports whether there is such a subject.
func (s *Standing) isKnown() bool { return s.Subject.Name != "" }

func (s *Standing) isDisabled() bool { return !s.DisabledAt.IsZero() }

func (s *Standing) actor(tenant string) kernel.Actor {
	a := kernel.Actor{ID: s.Subject.ID, Name: s.Subject.String(), Kind: kernel.ActorUser, Tenant: tenant}
	if s.Subject.Kind == KindService {
		a.Kind = kernel.ActorService
	}
	return a
}

// holding returns the grants that have not ended.
func (s *Standing) holding(now time.Time) []Grant {
	out := make([]Grant, 0, len(s.Grants))
	for _, g := range s.Grants {
		if g.holds(now) {
			out = append(out, g)
		}
	}
	return out
}

// at returns the grants that may be about a scope.
func (s *Standing) at(d Decision, scope kernel.Scope) [2][]Grant {
	if scope.Project == "" && d.Anywhere {
		return [2][]Grant{s.Grants}
	}
	if scope.Project == "" {
		return [2][]Grant{s.byProject[""]}
	}
	return [2][]Grant{s.byProject[""], s.byProject[scope.Project]}
}

// decide returns the grant that lets the subject do d in scope.
func (d Decision) decide(s *Standing, scope kernel.Scope, now time.Time) (Grant, bool) {
	for _, grants := range s.at(d, scope) {
		for _, g := range grants {
			if d.covers(g, scope) && slices.Contains(d.Roles, g.Role) && g.holds(now) {
				return g, true
			}
		}
	}
	return Grant{}, false
}

// covers reports whether a role at the grant's node counts for d in scope.
func (d Decision) covers(g Grant, scope kernel.Scope) bool {
	switch {
	case d.Platform || g.Platform:
		return d.Platform && g.Platform
	case scope.Tenant != g.Tenant:
		return false
	case g.Project == "":
		return true
	case scope.Project == "":
		return d.Anywhere
	case g.Project != scope.Project:
		return false
	case g.Stage == "":
		return true
	case scope.Stage == "":
		return d.Below || d.Anywhere
	default:
		return g.Stage == scope.Stage
	}
}

// beyond says what a token does not reach of d in scope, "" where it reaches all.
func (d Decision) beyond(l *kernel.Limits, scope kernel.Scope) string {
	switch {
	case l == nil:
		return ""
	case len(l.Scopes) > 0 && !slices.Contains(l.Scopes, string(d.Scope)):
		return "the token has not the scope " + string(d.Scope) + " but " + strings.Join(l.Scopes, ", ")
	case d.Platform && len(l.Projects)+len(l.Stages) > 0:
		return "the token is not for the platform"
	case len(l.Projects) > 0 && !d.named(l.Projects, scope.Project, d.Anywhere):
		return "the token is for " + several("project", l.Projects)
	case len(l.Stages) > 0 && !d.named(l.Stages, scope.Stage, d.Anywhere || d.Below):
		return "the token is for " + several("stage", l.Stages)
	default:
		return ""
	}
}

// named reports whether a name is among those of a token; orNone says whether no name is
// among them, too.
func (Decision) named(names []string, name string, orNone bool) bool {
	if name == "" {
		return orNone
	}
	return slices.Contains(names, name)
}

func several(what string, names []string) string {
	if len(names) == 1 {
		return "the " + what + " " + names[0] + " alone"
	}
	return "the " + what + "s " + strings.Join(names, ", ") + " alone"
}
