package run

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/cloudtag"
)

// Where a tag comes from: what is named later goes over what is named before.
const (
	FromTenant   = "tenant"
	FromProject  = "project"
	FromWorkload = "workload"
	FromPlatform = "platform"
)

// Tag is one tag that resources are given.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	// From is tenant, project, workload or platform.
	From string `json:"from"`
	// Over are those that it goes over, the nearest first.
	Over []TagLayer `json:"-"`
}

// TagLayer is a value of a tag that another one goes over.
type TagLayer struct {
	Value string `json:"value"`
	From  string `json:"from"`
}

// TagRule demands a tag of every resource that carries tags.
type TagRule struct {
	Key string
	// Values are those that are allowed, Pattern a regular expression for the whole
	// value; with neither, any is.
	Values  []string
	Pattern string
	// From is who demands it: tenant or project.
	From string
}

// Wants says which values the rule lets through, "" for any.
func (r TagRule) Wants() string {
	switch {
	case len(r.Values) > 0:
		return "the " + r.From + " allows " + strings.Join(r.Values, ", ")
	case r.Pattern != "":
		return "the " + r.From + " wants " + r.Pattern
	default:
		return ""
	}
}

// Lets tells whether the rule lets a value through. A pattern that cannot be read
// lets nothing.
func (r TagRule) Lets(value string) bool {
	return cloudtag.Permits(r.Values, r.Pattern, value)
}

// TagSet is what resources are given, and what they must have.
type TagSet struct {
	Tags  []Tag
	Rules []TagRule
}

// Values are the tags by key.
func (s TagSet) Values() map[string]string {
	out := make(map[string]string, len(s.Tags))
	for _, t := range s.Tags {
		out[t.Key] = t.Value
	}
	return out
}

// put adds tags over those that are there: to Azure, keys that differ in case are one.
func (s *TagSet) put(from string, tags map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		value := strings.TrimSpace(tags[key])
		if value == "" {
			continue // an empty one takes nothing away
		}
		given := Tag{Key: key, Value: value, From: from}
		s.Tags = slices.DeleteFunc(s.Tags, func(t Tag) bool {
			if !cloudtag.Same(t.Key, key) {
				return false
			}
			given.Over = append([]TagLayer{{t.Value, t.From}}, t.Over...)
			return true
		})
		s.Tags = append(s.Tags, given)
	}
}

// The annotations of a workload that set tags: two by name, and any other by its key.
const (
	annotation    = "terrace.dev/"
	tagAnnotation = "tags.terrace.dev/"
)

// tags are the workload's: what its project gives, with the workload's annotations
// over it, and over those what the platform knows.
func (s *Service) tags(ctx context.Context, scope kernel.Scope, w *workload.Workload) (TagSet, error) {
	inherited, err := s.Projects.Tags(ctx, projectOf(scope))
	if err != nil {
		return TagSet{}, err
	}
	set := TagSet{Tags: slices.Clone(inherited.Tags), Rules: inherited.Rules}
	set.put(FromWorkload, annotated(w))
	set.put(FromPlatform, map[string]string{"env": scope.Stage, "project": scope.Project, "workload": w.Name})
	slices.SortFunc(set.Tags, func(a, b Tag) int { return strings.Compare(a.Key, b.Key) })
	return set, nil
}

// annotated are the tags that a workload gives itself.
func annotated(w *workload.Workload) map[string]string {
	own := map[string]string{}
	for name, value := range w.Annotations {
		if key, ok := strings.CutPrefix(name, tagAnnotation); ok {
			own[key] = value
		}
	}
	for _, name := range []string{"costcenter", "owner"} {
		if value := w.Annotations[annotation+name]; strings.TrimSpace(value) != "" {
			own[name] = value
		}
	}
	return own
}

// Inherit returns the tags of tenant and project in their order.
func Inherit(tenant, project map[string]string, rules []TagRule) TagSet {
	s := TagSet{Rules: rules}
	s.put(FromTenant, tenant)
	s.put(FromProject, project)
	return s
}

// explainTags tells which tags resources are given, and where from.
func explainTags(x *Explanation, tags []Tag) {
	if len(tags) == 0 {
		return
	}
	parts := make([]string, 0, len(tags))
	for _, t := range tags {
		parts = append(parts, fmt.Sprintf("%s=%s (%s)", t.Key, t.Value, t.From))
	}
	x.detail("tags: %s", strings.Join(parts, ", "))
}
