package secrets

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// mostReferrers is how many are named in a question; the others are counted.
const mostReferrers = 10

// referrers returns what refers to a secret in a stage, as far as the caller sees it: the
// workloads that are deployed there, and the keys of configuration that come to them.
func referrers(ctx context.Context, s command.Server, project, stage, name string) (found []string) {
	workloads, err := s.Workloads(ctx, project)
	if err != nil {
		return nil // who may not see them is not told
	}
	for _, w := range workloads {
		i := slices.IndexFunc(w.Stages, func(at apiclient.WorkloadStage) bool { return at.Stage == stage && at.Release != nil })
		if i < 0 {
			continue
		}
		if r, err := s.Release(ctx, project, w.Stages[i].Release.ID); err == nil && refers(r.Spec, name) {
			found = append(found, "the workload "+w.Name)
		}
		found = append(found, keysOf(ctx, s, project, apiclient.GetConfigParams{Workload: w.Name, Stage: stage}, name)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// keysOf returns the keys of the configuration of a workload that refer to a secret.
func keysOf(ctx context.Context, s command.Server, project string, of apiclient.GetConfigParams, name string) (found []string) {
	view, err := s.Config(ctx, project, of)
	if err != nil {
		return nil // there is none, or it is not seen
	}
	for _, v := range view.Values {
		if refers(v.Value, name) {
			found = append(found, "the configuration key "+v.Key)
		}
	}
	return found
}

// refers reports whether a text of something in JSON refers to a secret.
func refers(raw json.RawMessage, name string) bool {
	var v any
	return json.Unmarshal(raw, &v) == nil && names(v, name)
}

func names(v any, name string) bool {
	switch v := v.(type) {
	case string:
		pieces, err := secretref.Split(v)
		return err == nil && slices.ContainsFunc(pieces, func(p secretref.Piece) bool { return p.Reference != nil && p.Reference.Name == name })
	case []any:
		return slices.ContainsFunc(v, func(one any) bool { return names(one, name) })
	case map[string]any:
		for _, one := range v {
			if names(one, name) {
				return true
			}
		}
	}
	return false
}

// whoRefers says what refers to a secret, for a question; "" for nothing.
func whoRefers(found []string) string {
	if len(found) == 0 {
		return ""
	}
	more := ""
	if len(found) > mostReferrers {
		more = fmt.Sprintf(" and %d more", len(found)-mostReferrers)
		found = found[:mostReferrers]
	}
	return "What refers to it finds it no more: " + strings.Join(found, ", ") + more
}
