package stage

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// Default returns the stages that Terrace has unless others are configured:
// dev, test, int, qs and prod, all on this machine. qs needs one approval, prod
// one by someone other than who asked.
func Default() []Stage {
	names := []string{"dev", "test", "int", "qs", "prod"}
	approvals := map[string]Approvals{
		"qs":   {Count: 1, Role: RoleApprover},
		"prod": {Count: 1, Role: RoleApprover, OtherThanRequester: true},
	}
	out := make([]Stage, len(names))
	for i, name := range names {
		out[i] = Stage{
			Name: name, Order: i + 1, Target: TargetLocal, Runtime: RuntimeProcess,
			Approvals: approvals[name], RequiredTags: []string{"costcenter", "env", "owner"},
		}
	}
	return out
}

// Set is the stages of an installation, in order. It changes as a whole and
// only through a Service: each call answers from one set or the next.
type Set struct {
	stages atomic.Pointer[[]Stage]
}

// NewSet checks the stages and sorts them. Its error is of kind Invalid and
// names every problem.
func NewSet(stages []Stage) (*Set, error) {
	checked, err := sorted(stages)
	if err != nil {
		return nil, err
	}
	s := &Set{}
	s.stages.Store(&checked)
	return s, nil
}

// Validate refuses stages that cannot be a set, as NewSet does.
func Validate(stages []Stage) error {
	_, err := sorted(stages)
	return err
}

func sorted(stages []Stage) ([]Stage, error) {
	stages = slices.Clone(stages)
	slices.SortStableFunc(stages, func(a, b Stage) int { return cmp.Compare(a.Order, b.Order) })
	if problems := problemsOf(stages); len(problems) > 0 {
		return nil, kernel.Errorf(kernel.Invalid, "the configured stages cannot be used").WithProblems(problems...)
	}
	return stages, nil
}

func problemsOf(stages []Stage) []kernel.Problem {
	var c checker
	if len(stages) == 0 {
		c.add("stages", "there are none", "configure at least one, or leave them out for dev, test, int, qs and prod")
	}
	for i, st := range stages {
		c.stage(st)
		if i == 0 && st.AutoPromote {
			c.add("stages."+st.Name+".autoPromote", "there is no stage before the first that it could take a release from", "leave it out there")
		}
		for _, other := range stages[:i] {
			if other.Name == st.Name {
				c.add("stages."+st.Name, fmt.Sprintf("the name %q is used twice", st.Name), "give each stage its own name")
			}
			if other.Order == st.Order {
				c.add("stages."+st.Name+".order", fmt.Sprintf("%d is also the order of %s", st.Order, other.Name), "give each stage its own place")
			}
		}
	}
	return c.problems
}

type checker struct{ problems []kernel.Problem }

func (c *checker) add(path, message, fix string) {
	c.problems = append(c.problems, kernel.Problem{Path: path, Message: message, Fix: fix})
}

var namePattern = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$`)

func (c *checker) stage(s Stage) {
	path := "stages." + s.Name
	if !namePattern.MatchString(s.Name) {
		c.add(path+".name", fmt.Sprintf("%q cannot be a stage's name", s.Name), "use up to 32 of a-z, 0-9 and -, with a letter or digit at both ends")
	}
	c.oneOf(path+".target", s.Target, TargetLocal, TargetAzure, TargetAWS, TargetGCP)
	c.oneOf(path+".runtime", s.Runtime, RuntimeProcess, RuntimeKubernetes)
	if s.Runtime == RuntimeProcess && s.Target != TargetLocal {
		c.add(path+".runtime", fmt.Sprintf("the runtime process runs on the target local, not on %q", s.Target), "use the runtime kubernetes there")
	}
	c.environment(path+".environment", s.Environment, secretFix(s.Target, "ARM_…"))
	c.environment(path+".planEnvironment", s.PlanEnvironment, secretFix(s.Target, "PLAN_ARM_…"))
	c.identity(path+".identity", s)
	c.limits(path+".limits", s.Limits)
	c.approvals(path+".approvals", s.Approvals)
	for _, tag := range s.RequiredTags {
		if strings.TrimSpace(tag) == "" || tag != strings.TrimSpace(tag) {
			c.add(path+".requiredTags", fmt.Sprintf("%q cannot be a tag", tag), "write the tag's key, such as costcenter")
		}
	}
	c.promotion(path, s)
	c.queue(path, s)
	c.lifetime(path+".lifetime", s.Lifetime)
	c.drift(path+".drift", s.Drift)
	c.rollout(path+".rollout", s)
	c.gitops(path+".gitops", s)
	c.verification(path, s)
}

func (c *checker) oneOf(path, value string, words ...string) {
	if !slices.Contains(words, value) {
		c.add(path, fmt.Sprintf("%q is not known", value), "use one of "+strings.Join(words, ", "))
	}
}

func (c *checker) approvals(path string, a Approvals) {
	if a.Count < 0 || a.Count > 10 {
		c.add(path+".count", fmt.Sprintf("%d approvals are not possible", a.Count), "use a number from 0 to 10")
	}
	if a.Count > 0 {
		c.oneOf(path+".role", a.Role, RoleDeveloper, RoleApprover, RoleAdmin)
	}
	switch expire := time.Duration(a.ExpireAfter); {
	case expire < 0 || expire > 0 && expire < time.Minute:
		c.add(path+".expireAfter", fmt.Sprintf("%s is too short to apply anything in", expire), "use at least 1m, or leave it out for no end")
	case expire > 0 && a.Count == 0:
		c.add(path+".expireAfter", "there are no approvals that could expire", "ask for approvals with count, or leave it out")
	}
}

// All returns the stages in order.
func (s *Set) All() []Stage { return slices.Clone(*s.stages.Load()) }

// Get returns the stage; its error is of kind NotFound.
func (s *Set) Get(name string) (Stage, error) {
	stages := *s.stages.Load()
	if i := index(stages, name); i >= 0 {
		return stages[i], nil
	}
	return Stage{}, unknown(name, names(stages))
}

func unknown(name string, all []string) error {
	fix := "the stages are " + strings.Join(all, ", ") + "; see terrace stage list"
	if near := yamldoc.Nearest(name, all); near != "" {
		fix = "did you mean " + near + "? " + fix
	}
	return kernel.Errorf(kernel.NotFound, "there is no stage %q", name).WithFix("%s", fix)
}

// Before returns the stage that a release passes before the named one.
func (s *Set) Before(name string) (Stage, bool) {
	stages := *s.stages.Load()
	if i := index(stages, name); i > 0 {
		return stages[i-1], true
	}
	return Stage{}, false
}

// After returns the stage that follows the named one.
func (s *Set) After(name string) (Stage, bool) {
	stages := *s.stages.Load()
	if i := index(stages, name); i >= 0 && i+1 < len(stages) {
		return stages[i+1], true
	}
	return Stage{}, false
}

func index(stages []Stage, name string) int {
	return slices.IndexFunc(stages, func(st Stage) bool { return st.Name == name })
}
