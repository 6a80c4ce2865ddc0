package run

import (
	"context"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/cloudtag"
)

// GivenTags are the tags that resources have by the next run, and those that they lack.
type GivenTags struct {
	// Workload and Stage are "" where only what the project gives was asked for.
	Workload string `json:"workload,omitempty"`
	Stage    string `json:"stage,omitempty"`
	// Release is the one whose annotations count; nil before the first.
	Release *ReleaseRef `json:"release,omitempty" doc:"The newest of the workload, whose annotations count."`
	Tags    []GivenTag  `json:"tags" doc:"By key."`
}

// GivenTag is one of them.
type GivenTag struct {
	Key   string `json:"key"`
	Value string `json:"value,omitempty" doc:"Absent where nobody gives it."`
	From  string `json:"from,omitempty" doc:"tenant, project, workload or platform."`
	// Over are those that it goes over, the nearest first.
	Over       []TagLayer  `json:"over" doc:"What it goes over, the nearest first."`
	RequiredBy []TagDemand `json:"requiredBy"`
	// Problem is why a run ends at the gate tags for it, "" where none does.
	Problem string `json:"problem,omitempty" doc:"Why a run ends at the gate tags for it."`
}

// TagDemand is who demands a tag, and with which values.
type TagDemand struct {
	By      string   `json:"by" doc:"tenant, project or stage."`
	Values  []string `json:"values,omitempty" doc:"Those that are allowed; any without them and a pattern."`
	Pattern string   `json:"pattern,omitempty" doc:"A regular expression (RE2) for the whole value."`
}

// FromStage is who demands a tag for a stage; none gives one.
const FromStage = "stage"

// GivenTags tells which tags the resources of the scope's project have, with their
// workload those that it gives itself, and on the scope's stage what that demands. What a
// workload gives itself is told from runs that the actor may read.
func (s *Service) GivenTags(ctx context.Context, scope kernel.Scope, name string) (GivenTags, error) {
	within, err := s.within(ctx, projectOf(scope), "")
	if err == nil && scope.Stage != "" {
		err = s.Authorizer.Authorize(ctx, actionRead, scope)
	}
	if err != nil {
		return GivenTags{}, err
	}
	out, st := GivenTags{Workload: name, Stage: scope.Stage}, stage.Stage{}
	if scope.Stage != "" {
		if st, err = s.Stages.Get(scope.Stage); err != nil {
			return out, err
		}
	}
	w, err := s.annotating(ctx, scope, within, &out)
	if err != nil {
		return out, err
	}
	set, err := s.tags(ctx, scope, w)
	if err != nil {
		return out, err
	}
	out.Tags = give(set, st)
	return out, nil
}

// annotating is the workload as its newest run on the scope's stage has it, else as its
// newest of those within has; one of which there is none has no more than its name.
func (s *Service) annotating(ctx context.Context, scope kernel.Scope, within *kernel.Reach, out *GivenTags) (*workload.Workload, error) {
	if out.Workload == "" {
		return &workload.Workload{}, nil
	}
	for _, where := range []string{scope.Stage, ""} {
		found, err := s.Store.List(ctx, projectOf(scope), Filter{Workload: out.Workload, Stage: where, Within: within}, kernel.PageRequest{Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(found.Items) == 0 {
			continue
		}
		r := found.Items[0]
		rel, err := s.Releases.Get(ctx, projectOf(scope), r.Release.ID)
		if err != nil {
			return nil, err
		}
		st, err := s.Stages.Get(r.Scope.Stage)
		if err != nil {
			return nil, err
		}
		out.Release = &r.Release
		_, w, err := s.Releases.Graph(ctx, rel, st)
		return w, err
	}
	return nil, s.unknown(ctx, projectOf(scope), out.Workload)
}

// give joins what is given with what is demanded, by key.
func give(set TagSet, st stage.Stage) []GivenTag {
	all := make([]GivenTag, 0, len(set.Tags))
	for _, t := range set.Tags {
		all = append(all, GivenTag{Key: t.Key, Value: t.Value, From: t.From, Over: append([]TagLayer{}, t.Over...), RequiredBy: []TagDemand{}})
	}
	of := func(key string) *GivenTag {
		i := slices.IndexFunc(all, func(t GivenTag) bool { return cloudtag.Same(t.Key, key) })
		if i < 0 {
			all = append(all, GivenTag{Key: key, Over: []TagLayer{}, RequiredBy: []TagDemand{}, Problem: "nobody gives it"})
			i = len(all) - 1
		}
		return &all[i]
	}
	for _, key := range st.RequiredTags {
		t := of(key)
		t.RequiredBy = append(t.RequiredBy, TagDemand{By: FromStage})
	}
	for _, r := range set.Rules {
		t := of(r.Key)
		t.RequiredBy = append(t.RequiredBy, TagDemand{By: r.From, Values: r.Values, Pattern: r.Pattern})
		if t.Value != "" && !r.Lets(t.Value) {
			t.Problem = r.Wants()
		}
	}
	slices.SortFunc(all, func(a, b GivenTag) int { return strings.Compare(a.Key, b.Key) })
	return all
}
