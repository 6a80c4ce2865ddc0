package tuning

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"slices"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Wish is what rules are to be kept from.
type Wish struct {
	Route string
	// Rules are ids; none is those that refused requests because of the target.
	Rules []int
	// Target is where they are not to look; empty is nowhere at all.
	Target string
	// Path is the path under which it is to hold; empty is everywhere.
	Path string
	// Own makes a policy of the route's own, and leaves the one that holds now alone.
	Own bool
	// Days is of how many days findings count.
	Days int
}

// Propose returns the document that keeps rules from looking at a target of a
// route's requests: the policy that holds for it, with one exclusion more.
func (s *Service) Propose(ctx context.Context, scope kernel.Scope, w Wish) (Proposal, error) {
	q, err := s.query(ctx, scope, Narrow{Route: w.Route, Days: w.Days})
	if err != nil {
		return Proposal{}, err
	}
	if len(w.Rules) == 0 {
		if w.Rules, err = s.refusing(ctx, q, w.Target); err != nil {
			return Proposal{}, err
		}
	}
	p, err := s.Policies.Holding(ctx, scope, w.Route, s.Kind)
	if err != nil {
		return Proposal{}, err
	}
	spec := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(p.Spec))
	d.UseNumber()
	if err := d.Decode(&spec); err != nil && len(p.Spec) > 0 {
		return Proposal{}, kernel.Errorf(kernel.Internal, "the spec of policy %s cannot be read: %w", p.Name, err)
	}
	add(spec, exclusion(w.Rules, w.Target, w.Path))
	holds := "every route of " + p.Scope.String() + " that has no " + s.Kind + " attached more closely"
	name, at, target := p.Name, p.Scope, p.Route
	if w.Own && target == "" {
		name, at, target = p.Name+"-"+w.Route, scope, w.Route
	}
	if target != "" {
		spec["targetRef"] = map[string]any{"route": target}
		holds = "route " + target + " alone"
	}
	metadata := map[string]string{"name": name}
	for key, value := range map[string]string{"project": at.Project, "stage": at.Stage} {
		if value != "" {
			metadata[key] = value
		}
	}
	return Proposal{Holds: holds, Document: Document{APIVersion: gatewaydoc.APIVersion, Kind: s.Kind, Metadata: metadata, Spec: spec}}, nil
}

// refusing returns the rules that refused requests because of a target.
func (s *Service) refusing(ctx context.Context, q Query, target string) ([]int, error) {
	if target == "" {
		return nil, kernel.Errorf(kernel.Invalid, "neither a rule nor a target is named").WithFix("name one that is among the findings: terrace gateway waf tuning")
	}
	var rules []int
	for cursor := ""; ; {
		page, err := s.Store.Findings(ctx, q, kernel.PageRequest{Limit: kernel.MaxPageSize, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		for _, f := range page.Items {
			if f.Target == target && f.Refused > 0 && !slices.Contains(rules, f.Rule) {
				rules = append(rules, f.Rule)
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(rules) == 0 {
		return nil, kernel.Errorf(kernel.NotFound, "no request of route %s was refused because of %s", q.Route, target).
			WithFix("see what was found: terrace gateway waf tuning")
	}
	return rules, nil
}

// exclusion is an entry of a spec's exclusions.
func exclusion(rules []int, target, path string) map[string]any {
	out := map[string]any{"rules": rules}
	if target != "" && target != Others {
		out["targets"] = []string{target}
	}
	if path != "" {
		out["pathPrefix"] = path
	}
	return out
}

// add adds an exclusion to a spec that has it not yet.
func add(spec, one map[string]any) {
	var same any
	var text []byte
	if text, _ = json.Marshal(one); len(text) > 0 { //nolint:errchkjson // numbers and words
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		_ = d.Decode(&same)
	}
	all, _ := spec["exclusions"].([]any)
	if !slices.ContainsFunc(all, func(x any) bool { return reflect.DeepEqual(x, same) }) {
		spec["exclusions"] = append(all, same)
	}
}
