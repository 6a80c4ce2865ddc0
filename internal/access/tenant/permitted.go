package tenant

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/cloudtag"
)

// permitted refuses tags of the scope that what is required, here or by the tenant, does
// not let through: each run would end at them.
func (s *Service) permitted(ctx context.Context, scope kernel.Scope, in TagSettings) error {
	before, err := s.Store.TagSettings(ctx, scope)
	if err != nil {
		return err
	}
	required, err := s.demands(ctx, scope, in.Required)
	if err != nil {
		return err
	}
	return impossible("the tags are not possible", "tags.", required.refused(before.Tags, in.Tags))
}

// payable refuses a project whose cost centre or owner is another than before, and that
// what is required of them does not let through.
func (s *Service) payable(ctx context.Context, before, p Project) error {
	scope := kernel.Scope{Tenant: p.Tenant, Project: p.Name}
	own, err := s.Store.TagSettings(ctx, scope)
	if err != nil {
		return err
	}
	required, err := s.demands(ctx, scope, own.Required)
	if err != nil {
		return err
	}
	return impossible("the project is not possible", "", required.refused(before.tags(), p.tags()))
}

// demand is a rule, and who has it.
type demand struct {
	TagRule

	by string
}

type demands []demand

// demands are those of the scope, of which own are its own, and of its tenant.
func (s *Service) demands(ctx context.Context, scope kernel.Scope, own []TagRule) (all demands, err error) {
	add := func(by string, rules []TagRule) {
		for _, r := range rules {
			all = append(all, demand{r, by})
		}
	}
	if scope.Project == "" {
		add("tenant", own)
		return all, nil
	}
	ofTenant, err := s.Store.TagSettings(ctx, kernel.Scope{Tenant: scope.Tenant})
	add("tenant", ofTenant.Required)
	add("project", own)
	return all, err
}

// refused are the tags, each new or with another value than before, that a rule does not
// let through.
func (all demands) refused(before, tags map[string]string) (problems []kernel.Problem) {
	for _, d := range all {
		for _, key := range slices.Sorted(maps.Keys(tags)) {
			if value := tags[key]; before[key] != value && cloudtag.Same(d.Key, key) && !cloudtag.Permits(d.Values, d.Pattern, strings.TrimSpace(value)) {
				problems = append(problems, d.refusal(key, value))
			}
		}
	}
	return problems
}

// refusal tells why the rule does not let a value through.
func (d demand) refusal(key, value string) kernel.Problem {
	rule := "has to be like " + d.Pattern
	if len(d.Values) > 0 {
		rule = "has to be one of " + strings.Join(d.Values, ", ")
	}
	return kernel.Problem{
		Path: key, Message: fmt.Sprintf("%s is required by the %s and %s, and %s is not", d.Key, d.by, rule, quote(value)),
		Fix: "give it a value that is let through, or change the rule with terrace tag require " + d.Key,
	}
}

// impossible is the error of problems that are below a place, nil for none.
func impossible(message, below string, problems []kernel.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	for i := range problems {
		problems[i].Path = below + problems[i].Path
	}
	return kernel.Errorf(kernel.Invalid, "%s", message).WithProblems(problems...)
}
