package policy

import (
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Setting is one version of the level that a tenant or a project assigned to
// policies.
type Setting struct {
	ID string `json:"id"`
	// Scope and Target are where; what is empty is everywhere.
	Scope  kernel.Scope `json:"scope"`
	Target string       `json:"target,omitempty"`
	// Policies is the id of a policy or a pattern, Set the source that they are of, ""
	// for any.
	Policies string       `json:"policies"`
	Set      string       `json:"set,omitempty"`
	Level    Level        `json:"level"`
	Reason   string       `json:"reason"`
	By       kernel.Actor `json:"by"`
	At       time.Time    `json:"at"`
	// Version counts from 1; Removed says that from this one on nothing is assigned.
	Version int  `json:"version"`
	Removed bool `json:"removed,omitempty"`
}

// Assignment is what it means for levels.
func (s Setting) Assignment() Assignment {
	return Assignment{
		Policies: s.Policies, Set: s.Set, Level: s.Level,
		Tenant: s.Scope.Tenant, Project: s.Scope.Project, Stage: s.Scope.Stage, Target: s.Target,
	}
}

// replaces reports whether it says something of the same policies at the same place.
func (s Setting) replaces(o Setting) bool {
	return s.Scope == o.Scope && s.Target == o.Target && s.Policies == o.Policies && s.Set == o.Set
}
