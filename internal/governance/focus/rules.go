package focus

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Dimension is what costs are told by.
type Dimension string

// The dimensions. All but the service come from tags.
const (
	ByTenant     Dimension = "tenant"
	ByProject    Dimension = "project"
	ByStage      Dimension = "stage"
	ByWorkload   Dimension = "workload"
	ByCostCenter Dimension = "costcenter"
	ByOwner      Dimension = "owner"
	ByService    Dimension = "service"
)

// Dimensions returns those that tags tell.
func Dimensions() []Dimension {
	return []Dimension{ByTenant, ByProject, ByStage, ByWorkload, ByCostCenter, ByOwner}
}

// Labels say whose a cost is.
type Labels struct {
	Tenant     string `json:"tenant,omitempty"`
	Project    string `json:"project,omitempty"`
	Stage      string `json:"stage,omitempty"`
	Workload   string `json:"workload,omitempty"`
	CostCenter string `json:"costcenter,omitempty"`
	Owner      string `json:"owner,omitempty"`
}

// at returns the place of a dimension's value, nil for the service.
func (l *Labels) at(d Dimension) *string {
	switch d {
	case ByTenant:
		return &l.Tenant
	case ByProject:
		return &l.Project
	case ByStage:
		return &l.Stage
	case ByWorkload:
		return &l.Workload
	case ByCostCenter:
		return &l.CostCenter
	case ByOwner:
		return &l.Owner
	case ByService:
	}
	return nil
}

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

// labeller tells labels of things, as rules say.
type labeller struct {
	rules  Rules
	assign []matcher
	shared []matcher
	read   map[string]map[string]string
}

func newLabeller(r Rules) *labeller {
	l := &labeller{rules: r, read: map[string]map[string]string{}}
	for _, a := range r.Assign {
		l.assign = append(l.assign, a.Match.ready())
	}
	for _, s := range r.Shared {
		l.shared = append(l.shared, s.Match.ready())
	}
	return l
}

func foldKey(k string) string { return strings.ToLower(strings.TrimSpace(k)) }

// tagsOf reads a set of tags; keys are compared without case.
func (l *labeller) tagsOf(text string) map[string]string {
	if known, ok := l.read[text]; ok {
		return known
	}
	var raw map[string]string
	_ = json.Unmarshal([]byte(text), &raw) // written by the reader; "" is none
	tags := make(map[string]string, len(raw))
	for _, k := range slices.Sorted(mapKeys(raw)) {
		if folded := foldKey(k); tags[folded] == "" {
			tags[folded] = strings.TrimSpace(raw[k])
		}
	}
	l.read[text] = tags
	return tags
}

// labels tells whose a thing is.
func (l *labeller) labels(t Thing, tags map[string]string) Labels {
	var out Labels
	for _, d := range Dimensions() {
		for _, key := range l.rules.Tags[d] {
			if v := tags[foldKey(key)]; v != "" {
				*out.at(d) = v
				break
			}
		}
	}
	for i, m := range l.assign {
		if !m.matches(t, tags) {
			continue
		}
		set := l.rules.Assign[i].Set
		for _, d := range Dimensions() {
			if to := out.at(d); *to == "" {
				*to = *set.at(d)
			}
		}
		break
	}
	return out
}
