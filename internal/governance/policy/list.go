package policy

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Origin is where the level of a policy is from.
type Origin string

// The origins.
const (
	// OfPolicy: from the policy itself.
	OfPolicy Origin = "policy"
	// OfConfiguration: from policyLevels of the operator's configuration.
	OfConfiguration Origin = "configuration"
	// OfAssignment: a tenant or a project assigned it.
	OfAssignment Origin = "assignment"
)

// Origins returns the origins.
func Origins() []Origin { return []Origin{OfPolicy, OfConfiguration, OfAssignment} }

// InForce is a policy with what it means where somebody asks.
type InForce struct {
	Policy

	// Version is that of its source.
	Version string `json:"version,omitempty"`
	// Levels are its levels by stage, the first stage first.
	Levels []LevelAt `json:"levels"`
}

// LevelAt is the level of a policy on a stage.
type LevelAt struct {
	Stage string `json:"stage"`
	// Level is Off where the policy is left out.
	Level Level  `json:"level"`
	From  Origin `json:"from"`
	// Assignment is the id of the assignment that it is from.
	Assignment string `json:"assignment,omitempty"`
}

// ListPolicies returns the policies that are in force in a project, or in a tenant, by id.
func (s *Service) ListPolicies(ctx context.Context, scope kernel.Scope, f Filter, page kernel.PageRequest) (kernel.Page[InForce], error) {
	if err := s.Authorizer.Authorize(ctx, actionReadAssigned, scope); err != nil {
		return kernel.Page[InForce]{}, err
	}
	stages := s.stages(kernel.Scope{Stage: f.Stage})
	if len(stages) == 0 {
		return kernel.Page[InForce]{}, kernel.Errorf(kernel.NotFound, "there is no stage %s", f.Stage).WithFix("see terrace stage list")
	}
	before := s.Sets.Sources(ctx)
	all, err := s.policies(ctx)
	sources := s.Sets.Sources(ctx)
	if err != nil && !slices.ContainsFunc(sources, func(one Source) bool { return one.Version == "" }) {
		return kernel.Page[InForce]{}, err
	}
	versions, names := map[string]string{}, []string{}
	for _, one := range sources {
		versions[one.Name], names = one.Version, append(names, one.Name)
	}
	if err == nil { // else nobody knows what the others have
		if err := f.Check(all, names...); err != nil {
			return kernel.Page[InForce]{}, err
		}
	}
	asked := list{scope: scope, filter: f, page: page, all: all, versions: versions, stages: stages}
	if s.Listed == nil || err != nil || !reflect.DeepEqual(before, sources) { // it is not known to be of these versions
		return s.list(ctx, asked)
	}
	return s.Listed.Load(ctx, scope.Tenant, asked.key(), func(ctx context.Context) (kernel.Page[InForce], error) { return s.list(ctx, asked) })
}

// list is what a part of a list is made from, besides what is assigned.
type list struct {
	scope    kernel.Scope
	filter   Filter
	page     kernel.PageRequest
	all      []Policy
	versions map[string]string
	stages   []Stage
}

// key names it within a tenant.
func (l list) key() string {
	var key strings.Builder
	for _, word := range []string{
		l.scope.Project, l.filter.Text, l.filter.Set, l.filter.Type, l.filter.Control, string(l.filter.Severity), string(l.filter.Level), strconv.Itoa(l.page.Size()), l.page.Cursor,
	} {
		key.WriteString(strconv.Quote(word))
	}
	for _, source := range slices.Sorted(maps.Keys(l.versions)) {
		key.WriteString("\n" + source + "@" + l.versions[source])
	}
	for _, st := range l.stages {
		key.WriteString("\n" + st.Name + "/" + st.Target + "/" + st.Runtime)
	}
	return key.String()
}

// list returns the policies that a list asks for, with their levels.
func (s *Service) list(ctx context.Context, l list) (kernel.Page[InForce], error) {
	settings, err := s.Store.InForce(ctx, l.scope.Tenant, l.scope.Project)
	if err != nil {
		return kernel.Page[InForce]{}, err
	}
	var found []InForce
	for _, p := range sortedByID(l.all) {
		if len(found) > l.page.Size() {
			break
		}
		if !l.filter.Wants(p) || key(p) <= l.page.Cursor {
			continue
		}
		if one := (InForce{Policy: p, Version: l.versions[p.Source], Levels: s.levelsOf(p, l.scope, l.stages, settings)}); one.has(l.filter.Level) {
			found = append(found, one)
		}
	}
	return kernel.PageOf(found, l.page, func(one InForce) string { return key(one.Policy) }), nil
}

func sortedByID(all []Policy) []Policy {
	return slices.SortedFunc(slices.Values(all), func(a, b Policy) int { return cmp.Compare(key(a), key(b)) })
}

// key is the place of a policy in a list: two sources may have one of the same id.
func key(p Policy) string { return p.ID + " " + p.Source + " " + p.Rule }

// has reports whether it has a level anywhere; "" is any.
func (p InForce) has(level Level) bool {
	return level == "" || slices.ContainsFunc(p.Levels, func(at LevelAt) bool { return at.Level == level })
}

// levelsOf are the levels of a policy on stages, and where they are from.
func (s *Service) levelsOf(p Policy, scope kernel.Scope, stages []Stage, settings []Setting) []LevelAt {
	var all []LevelAt
	for _, st := range stages {
		c := Context{Tenant: scope.Tenant, Project: scope.Project, Stage: st.Name, Target: st.Target, Runtime: st.Runtime}
		all = append(all, s.levelAt(p, c, settings))
	}
	return all
}

func (s *Service) levelAt(p Policy, c Context, settings []Setting) LevelAt {
	at := LevelAt{Stage: c.Stage, From: OfPolicy}
	assigned := Assigned{Platform: s.Platform}
	if _, told := s.Platform.assigned(p, c); told {
		at.From = OfConfiguration
	}
	for _, v := range settings {
		assigned.Tenant = append(assigned.Tenant, v.Assignment())
	}
	level, on := assigned.Level(p, c)
	if at.Level = level; !on {
		at.Level = Off
	}
	if p.Warns() && on {
		at.Level = Advisory // whatever is assigned
	}
	for _, v := range settings {
		if v.Assignment().holds(p, c) && v.Level == at.Level {
			at.From, at.Assignment = OfAssignment, v.ID
		}
	}
	return at
}

// State is how the policies are as a whole.
type State struct {
	Sources []Source `json:"sources"`
	// Problems are what is wrong with them: sources that do not compile, and levels that
	// the configuration gives to nothing.
	Problems []kernel.Problem `json:"problems"`
}

// State tells how the sources are, and what is wrong with them or their levels.
func (s *Service) State(ctx context.Context, scope kernel.Scope) (State, error) {
	if err := s.Authorizer.Authorize(ctx, actionReadAssigned, scope); err != nil {
		return State{}, err
	}
	st := State{Sources: s.Sets.Sources(ctx), Problems: []kernel.Problem{}}
	for _, source := range st.Sources {
		if source.Problem != "" {
			st.Problems = append(st.Problems, kernel.Problem{Path: source.Name, Message: source.Why(), Fix: "mend it; policies are loaded again within seconds"})
		}
	}
	st.Problems = append(st.Problems, s.Unused(ctx)...)
	return st, nil
}

// Unused are the levels of the operator's configuration that no policy has, or that are
// for a stage or a target that there is not. While a source cannot be read nobody knows.
func (s *Service) Unused(ctx context.Context) []kernel.Problem {
	all, err := s.policies(ctx)
	if err != nil {
		return nil
	}
	stages := s.Stages.Stages()
	var problems []kernel.Problem
	for _, a := range s.Platform {
		what := ""
		named := slices.ContainsFunc(all, a.names) || slices.ContainsFunc(s.OtherRules, func(id string) bool { return a.names(Policy{ID: id}) })
		switch {
		case !named:
			what = "there is no policy " + a.Policies
		case a.Stage != "" && !slices.ContainsFunc(stages, func(st Stage) bool { return st.Name == a.Stage }):
			what = "there is no stage " + a.Stage
		case a.Target != "" && !slices.Contains(s.Targets, a.Target):
			what = "there is no target " + a.Target
		default:
			continue
		}
		problems = append(problems, kernel.Problem{
			Path: "policyLevels", Message: what + ", so that " + a.String() + " sets nothing",
			Fix: "correct it in the configuration of terraced; terrace policy list --server shows the policies, terrace stage list the stages",
		})
	}
	return problems
}
