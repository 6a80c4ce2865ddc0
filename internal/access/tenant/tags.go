package tenant

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/cloudtag"
)

// TagSettings are the tags that a tenant or a project gives to all of its
// resources, and those that these must have.
type TagSettings struct {
	// Tags are values by key.
	Tags     map[string]string `json:"tags"`
	Required []TagRule         `json:"required"`
	// Revision counts how often they were set; 0 is never.
	Revision int64     `json:"revision"`
	SetBy    string    `json:"setBy,omitempty"`
	SetAt    time.Time `json:"setAt,omitzero"`
}

// TagRule demands a tag of every resource that carries tags.
type TagRule struct {
	Key string `json:"key"`
	// Values are those that are allowed, Pattern a regular expression (RE2) for the
	// whole value; with neither, any is.
	Values  []string `json:"values,omitempty"`
	Pattern string   `json:"pattern,omitempty"`
}

// Platform are the tags that Terrace sets itself: nobody else does.
func Platform() []string { return []string{"env", "project", "workload"} }

// most bounds a list of values that are allowed.
const most = 200

func (s TagSettings) check(project bool) error {
	var problems []kernel.Problem
	if len(s.Tags) > cloudtag.Most || len(s.Required) > cloudtag.Most {
		problems = append(problems, kernel.Problem{Path: "tags", Message: fmt.Sprintf("there are more than %d", cloudtag.Most), Fix: "Azure takes no more on a resource"})
	}
	keys := slices.Sorted(maps.Keys(s.Tags))
	for i, key := range keys {
		problems = append(problems, cloudtag.Check(key, s.Tags[key])...)
		problems = append(problems, taken(key, project)...)
		if slices.ContainsFunc(keys[:i], func(other string) bool { return cloudtag.Same(other, key) }) {
			problems = append(problems, kernel.Problem{Path: "tags." + key, Message: "the key is there twice: Azure ignores case", Fix: "leave one out"})
		}
	}
	for i, r := range s.Required {
		problems = append(problems, r.check(fmt.Sprintf("required[%d]", i))...)
		if slices.ContainsFunc(s.Required[:i], func(other TagRule) bool { return cloudtag.Same(other.Key, r.Key) }) {
			problems = append(problems, kernel.Problem{Path: fmt.Sprintf("required[%d]", i), Message: r.Key + " is required twice", Fix: "leave one out"})
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "the tags are not possible").WithProblems(problems...)
}

// taken refuses a tag that is set elsewhere.
func taken(key string, project bool) []kernel.Problem {
	same := func(other string) bool { return cloudtag.Same(other, key) }
	switch {
	case slices.ContainsFunc(Platform(), same):
		return []kernel.Problem{{Path: "tags." + key, Message: key + " is set by the platform", Fix: "leave it out"}}
	case project && (same(TagCostCenter) || same(TagOwner)):
		return []kernel.Problem{{Path: "tags." + key, Message: key + " is the project's own", Fix: "use terrace project tag"}}
	}
	return nil
}

func (r TagRule) check(path string) []kernel.Problem {
	problems := cloudtag.Check(r.Key, "")
	for i := range problems {
		problems[i].Path = path + ".key"
	}
	if len(r.Values) > 0 && r.Pattern != "" {
		problems = append(problems, kernel.Problem{Path: path, Message: r.Key + " has a list of values and a pattern", Fix: "give one of both"})
	}
	if len(r.Values) > most {
		problems = append(problems, kernel.Problem{Path: path + ".values", Message: fmt.Sprintf("there are more than %d", most), Fix: "use a pattern"})
	}
	if len(r.Pattern) > 1000 {
		problems = append(problems, kernel.Problem{Path: path + ".pattern", Message: "it has more than 1000 bytes", Fix: "shorten it"})
	} else if _, err := regexp.Compile(r.Pattern); err != nil {
		problems = append(problems, kernel.Problem{Path: path + ".pattern", Message: err.Error(), Fix: "write a regular expression of RE2, such as [0-9]{4}"})
	}
	for _, v := range r.Values {
		if found := cloudtag.Check("x", v); len(found) > 0 || strings.TrimSpace(v) == "" {
			problems = append(problems, kernel.Problem{Path: path + ".values", Message: quote(v) + " cannot be a tag's value", Fix: "leave it out"})
		}
	}
	return problems
}

// SetTagSettings sets the tags of the scope's project, or of its tenant. revision
// is the one that the caller saw: where it is another, it is Stale.
func (s *Service) SetTagSettings(ctx context.Context, scope kernel.Scope, in TagSettings) (TagSettings, error) {
	scope = scope.InProject(scope.Project)
	if err := s.Authorizer.Authorize(ctx, "tags.set", scope); err != nil {
		return in, err
	}
	if err := in.check(scope.Project != ""); err != nil {
		return in, err
	}
	if scope.Project != "" {
		if err := s.Exists(ctx, scope); err != nil {
			return in, err
		}
	}
	if err := s.permitted(ctx, scope, in); err != nil {
		return in, err
	}
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	in.SetBy, in.SetAt = actor.Name, s.Clock.Now()
	seen := in.Revision
	in.Revision++
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.PutTagSettings(ctx, scope, seen, in); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{
			Type: "tags.set", Scope: scope, Subject: "tags", Data: map[string]any{"tags": in.Tags, "required": in.Required, "revision": in.Revision},
		})
	})
	return in, err
}

// TagSettings returns the tags of the scope's project, or of its tenant.
func (s *Service) TagSettings(ctx context.Context, scope kernel.Scope) (TagSettings, error) {
	scope = scope.InProject(scope.Project)
	if err := s.Authorizer.Authorize(ctx, "tags.read", scope); err != nil {
		return TagSettings{}, err
	}
	if scope.Project != "" {
		if err := s.Exists(ctx, scope); err != nil {
			return TagSettings{}, err
		}
	}
	return s.Store.TagSettings(ctx, scope)
}

// Inherited is what a workload of a project inherits.
type Inherited struct {
	// Tenant and Project are tags by key, those of the project with costcenter and owner.
	Tenant, Project map[string]string
	// TenantRules and ProjectRules hold both.
	TenantRules, ProjectRules []TagRule
}

// Inherited returns what workloads of the scope's project inherit. It asks nobody:
// other rooms call it for work that was authorised already.
func (s *Service) Inherited(ctx context.Context, scope kernel.Scope) (in Inherited, err error) {
	p, err := s.Store.Project(ctx, scope)
	if err != nil {
		return in, err
	}
	ofTenant, err := s.Store.TagSettings(ctx, kernel.Scope{Tenant: scope.Tenant})
	if err != nil {
		return in, err
	}
	ofProject, err := s.Store.TagSettings(ctx, scope.InProject(scope.Project))
	if err != nil {
		return in, err
	}
	in = Inherited{Tenant: ofTenant.Tags, Project: maps.Clone(ofProject.Tags), TenantRules: ofTenant.Required, ProjectRules: ofProject.Required}
	if in.Project == nil {
		in.Project = map[string]string{}
	}
	maps.Copy(in.Project, p.tags())
	return in, nil
}
