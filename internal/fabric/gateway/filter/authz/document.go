package authz

import "github.com/terrace-idp/terrace/internal/kernel"

// document is what a spec may have, for those who write one, and the names that its
// reader takes.
type document struct {
	Rules     []ruleDocument `json:"rules,omitempty" doc:"The first that is for a request counts."`
	Default   string         `json:"default,omitempty" enum:"allow,deny" doc:"What holds where no rule is for a request."`
	RoleClaim string         `json:"roleClaim,omitempty" doc:"The claim that has the roles; roles unless given."`
	Rego      *regoDocument  `json:"rego,omitempty" doc:"What is asked after the rules, or alone."`
}

type ruleDocument struct {
	Methods       []string        `json:"methods,omitempty" doc:"The methods that it is for; all without."`
	Paths         []string        `json:"paths,omitempty" doc:"The paths that it is for, decoded."`
	PathPrefixes  []string        `json:"pathPrefixes,omitempty" doc:"What the paths that it is for begin with, in whole segments."`
	Deny          bool            `json:"deny,omitempty" doc:"Nobody may."`
	Authenticated bool            `json:"authenticated,omitempty" doc:"Everybody may who has proven who they are."`
	Scopes        []string        `json:"scopes,omitempty" doc:"The scopes that are needed, all of them."`
	Roles         []string        `json:"roles,omitempty" doc:"Roles of which one is needed."`
	Claims        []claimDocument `json:"claims,omitempty" doc:"Claims that are needed."`
}

type claimDocument struct {
	Name   string   `json:"name" doc:"The claim's name, or a JSON pointer to it."`
	Values []string `json:"values,omitempty" doc:"Values of which it has one; any without."`
}

type regoDocument struct {
	Module  string          `json:"module" doc:"The module, in Rego."`
	Rule    string          `json:"rule,omitempty" doc:"The rule that decides; allow unless given."`
	Headers []string        `json:"headers,omitempty" doc:"The headers that it sees."`
	Timeout kernel.Duration `json:"timeout,omitempty" doc:"How long it may take, at most a second."`
	Data    map[string]any  `json:"data,omitempty" doc:"What the module finds as data."`
}
