package leakapi

import (
	"time"

	"github.com/terrace-idp/terrace/internal/governance/leak"
)

// Leak is a finding on the wire.
type Leak struct {
	ID          string         `json:"id,omitempty" doc:"Empty for a text that is not kept."`
	Project     string         `json:"project,omitempty"`
	Stage       string         `json:"stage,omitempty"`
	Rule        string         `json:"rule" doc:"What it looks like, by gitleaks's names; terrace-secret for a secret that Terrace keeps."`
	Description string         `json:"description"`
	Where       string         `json:"where" doc:"The place as people write it."`
	Place       LeakPlace      `json:"place"`
	Secret      string         `json:"secret,omitempty" doc:"The secret that it is, as PROJECT/STAGE/NAME@VERSION."`
	Redacted    string         `json:"redacted" doc:"What is shown of the value."`
	Fingerprint string         `json:"fingerprint" doc:"The same for the same value within a tenant."`
	Entropy     float64        `json:"entropy" doc:"Shannon's, in bits a character."`
	State       leak.State     `json:"state"`
	FirstSeen   time.Time      `json:"firstSeen"`
	LastSeen    time.Time      `json:"lastSeen"`
	ResolvedAt  time.Time      `json:"resolvedAt,omitzero"`
	Allowance   *LeakAllowance `json:"allowance,omitempty" doc:"The last decision that it may stay."`
	Source      *LeakSource    `json:"source,omitempty" doc:"Where a secret stands that is found in another project than its own."`
}

// LeakSource is where a value stands that is a secret of another project.
type LeakSource struct {
	Project string `json:"project"`
	Stage   string `json:"stage,omitempty"`
	By      string `json:"by,omitempty" doc:"Who brought it there, as far as is known: who pushed, or asked for the run."`
	More    bool   `json:"more,omitempty" doc:"It is about all places in that project that are not told one by one."`
}

// LeakPlace is where a value stands.
type LeakPlace struct {
	Kind       string `json:"kind" enum:"repository,plan,log,text"`
	Repository string `json:"repository,omitempty"`
	Branch     string `json:"branch,omitempty"`
	Revision   string `json:"revision,omitempty" doc:"The commit that was looked at last."`
	Path       string `json:"path,omitempty"`
	Pull       int    `json:"pull,omitempty" doc:"The pull request that brought it, where it is not on the branch."`
	Workload   string `json:"workload,omitempty"`
	Run        string `json:"run,omitempty"`
	Phase      string `json:"phase,omitempty"`
	Address    string `json:"address,omitempty" doc:"The resource as terraform names it."`
	Attribute  string `json:"attribute,omitempty"`
	Line       int    `json:"line,omitempty"`
	Column     int    `json:"column,omitempty" doc:"In characters, from 1."`
}

// LeakAllowance says that a value may stay where it is.
type LeakAllowance struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	Until  time.Time `json:"until,omitzero"`
}

func wire(f leak.Finding) Leak {
	p := f.Place
	out := Leak{
		ID: f.ID, Project: f.Scope.Project, Stage: f.Scope.Stage, Rule: f.Rule, Description: f.Description, Where: f.Where(), Secret: f.Secret,
		Place: LeakPlace{
			Kind: string(p.Kind), Repository: p.Repository, Branch: p.Branch, Revision: p.Revision, Path: p.Path, Pull: p.Pull, Workload: p.Workload, Run: p.Run, Phase: p.Phase,
			Address: p.Address, Attribute: p.Attribute, Line: p.Line, Column: p.Column,
		},
		Redacted: f.Redacted, Fingerprint: f.Fingerprint, Entropy: f.Entropy, State: f.State, FirstSeen: f.FirstSeen, LastSeen: f.LastSeen, ResolvedAt: f.ResolvedAt,
	}
	if s := f.Source; s != nil {
		out.Source = &LeakSource{Project: s.Scope.Project, Stage: s.Scope.Stage, By: s.By, More: s.More}
	}
	if a := f.Allowance; a != nil {
		out.Allowance = &LeakAllowance{By: a.By.Name, At: a.At, Reason: a.Reason, Until: a.Until}
	}
	return out
}

func wires(all []leak.Finding) []Leak {
	out := make([]Leak, len(all))
	for i, f := range all {
		out[i] = wire(f)
	}
	return out
}
