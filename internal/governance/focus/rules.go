package focus

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// How says by what a shared cost is divided.
type How string

// The ways to divide a shared cost.
const (
	// Even gives each the same.
	Even How = "even"
	// Proportional gives each by what it costs directly.
	Proportional How = "proportional"
	// Fixed gives each its percentage; what is left of 100 is nobody's.
	Fixed How = "fixed"
)

// Rules say how costs are allocated.
type Rules struct {
	// Tags are the keys that tell a dimension, the first that a resource has.
	Tags map[Dimension][]string `json:"tags"`
	// Assign says whose things are that have no tags; the first that matches.
	Assign []Assignment `json:"assign"`
	// Shared are costs that are divided; the first that matches.
	Shared []Shared `json:"shared"`
	// Source is the document they were read from, "" for the defaults.
	Source string     `json:"source,omitempty"`
	By     string     `json:"by,omitempty"`
	At     *time.Time `json:"at,omitempty"`
}

// Assignment fills the labels that tags leave empty.
type Assignment struct {
	Name  string `json:"name"`
	Match Match  `json:"match"`
	Set   Labels `json:"set"`
}

// Shared divides what it matches among the values of a dimension.
type Shared struct {
	Name  string    `json:"name"`
	Match Match     `json:"match"`
	Over  Dimension `json:"over"`
	How   How       `json:"how" enum:"even,proportional,fixed"`
	// Shares are hundredths of a percent by value, for fixed.
	Shares map[string]int64 `json:"shares,omitempty"`
}

// Match is about things; all that is set must match, and * stands for anything.
type Match struct {
	Provider   string            `json:"provider,omitempty"`
	Service    string            `json:"service,omitempty"`
	Category   string            `json:"category,omitempty"`
	SubAccount string            `json:"subAccount,omitempty"`
	Resource   string            `json:"resource,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"`
}

// DefaultRules hold until others are applied: the tags that the platform sets, and
// nothing shared.
func DefaultRules() Rules {
	return Rules{Assign: []Assignment{}, Shared: []Shared{}, Tags: map[Dimension][]string{
		ByTenant: {"tenant"}, ByProject: {"project"}, ByStage: {"stage", "env", "environment"}, ByWorkload: {"workload"},
		ByCostCenter: {"costcenter", "cost-center", "cost_center"}, ByOwner: {"owner"},
	}}
}

// Rules returns the tenant's rules of allocation.
func (s *Service) Rules(ctx context.Context, scope kernel.Scope) (Rules, error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.Authorizer.Authorize(ctx, actionRead, scope); err != nil {
		return Rules{}, err
	}
	return s.rules(ctx, scope.Tenant)
}

func (s *Service) rules(ctx context.Context, tenant string) (Rules, error) {
	r, err := s.Store.Rules(ctx, tenant)
	if kernel.Is(err, kernel.NotFound) {
		return DefaultRules(), nil
	}
	return r, err
}

// SetRules makes the tenant's rules be as a document says. They hold for every month:
// reports are made from what was imported each time.
func (s *Service) SetRules(ctx context.Context, scope kernel.Scope, file string, source []byte) (Rules, error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.Authorizer.Authorize(ctx, actionRules, scope); err != nil {
		return Rules{}, err
	}
	r, err := ParseRules(file, source)
	if err != nil {
		return Rules{}, err
	}
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	now := s.Clock.Now()
	r.By, r.At = actor.Name, &now
	return r, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.PutRules(ctx, scope.Tenant, r); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "cost.rules_set", Scope: scope, Subject: scope.Tenant, Data: map[string]any{"assign": len(r.Assign), "shared": len(r.Shared)}})
	})
}

// matcher is a Match, ready.
type matcher struct {
	fields [5]*regexp.Regexp
	tags   map[string]*regexp.Regexp
}

func (m Match) ready() matcher {
	r := matcher{tags: map[string]*regexp.Regexp{}}
	for i, p := range []string{m.Provider, m.Service, m.Category, m.SubAccount, m.Resource} {
		if p != "" {
			r.fields[i] = pattern(p)
		}
	}
	for k, p := range m.Tags {
		r.tags[foldKey(k)] = pattern(p)
	}
	return r
}

func pattern(p string) *regexp.Regexp {
	return regexp.MustCompile("(?is)^" + strings.ReplaceAll(regexp.QuoteMeta(p), `\*`, ".*") + "$") // quoted
}

func (m matcher) matches(t Thing, tags map[string]string) bool {
	for i, v := range []string{t.Provider, t.Service, t.Category, t.SubAccount, t.Resource} {
		if m.fields[i] != nil && !m.fields[i].MatchString(v) {
			return false
		}
	}
	for k, p := range m.tags {
		if v, ok := tags[k]; !ok || !p.MatchString(v) {
			return false
		}
	}
	return true
}
