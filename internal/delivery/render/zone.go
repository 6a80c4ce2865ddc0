package render

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// zoneDigest returns the digest of what the root module takes from the landing
// zone. The error is Refused and names what is missing, and the command for it.
func zoneDigest(in Input) (kernel.Digest, error) {
	used, problems := map[string]any{}, []kernel.Problem(nil)
	for _, node := range in.Graph.Nodes {
		for _, part := range zoneParts([]any{node.Inputs, node.Outputs}) {
			value, ok := inZone(in.LandingZone, part)
			if !ok {
				problems = append(problems, missing(in, node, part))
			}
			used[part.String()] = value
		}
	}
	if len(problems) > 0 {
		return "", incomplete(in, problems)
	}
	if in.Runtime == "kubernetes" && len(in.LandingZone) > 0 {
		own := maps.Clone(in.LandingZone)
		delete(own, graph.ZoneDocuments) // they are for definitions, which name them
		used[""] = own                   // a runtime may take any part of it
	}
	if len(used) == 0 {
		return "", nil
	}
	return kernel.DigestJSON(used)
}

// incomplete tells what the landing zone lacks; where there is none, that alone.
func incomplete(in Input, problems []kernel.Problem) error {
	told := kernel.Errorf(kernel.Refused, "the landing zone of the stage %s does not have all that %s needs", in.Context.Stage, in.Context.Workload)
	if len(in.LandingZone) == 0 {
		told, problems = kernel.Errorf(kernel.Refused, "%s needs the landing zone of the stage %s, of which no outputs are known", in.Context.Workload, in.Context.Stage), nil
	}
	slices.SortFunc(problems, func(a, b kernel.Problem) int { return strings.Compare(a.Message, b.Message) })
	return told.WithFix("apply iac/ for the stage, then: terraform output -json > outputs.json && terrace landing-zone set --stage %s --file outputs.json", in.Context.Stage).
		WithProblems(slices.Compact(problems)...)
}

func missing(in Input, node graph.Node, part graph.Part) kernel.Problem {
	return kernel.Problem{
		Path:    "landing_zone." + strings.Join(append([]string{part.Output}, part.Keys...), "."),
		Message: fmt.Sprintf("the landing zone of %s has no output %s, which the definition %s of %s needs", in.Context.Stage, part, node.Definition, node.UID),
	}
}

// zoneParts returns the parts of a value that come from the landing zone.
func zoneParts(v any) (parts []graph.Part) {
	switch v := v.(type) {
	case graph.Template:
		for _, part := range v.Parts {
			if !part.IsLiteral() && part.From == graph.FromLandingZone {
				parts = append(parts, part)
			}
		}
	case []any:
		for _, item := range v {
			parts = append(parts, zoneParts(item)...)
		}
	case map[string]any:
		for _, key := range sortedKeys(v) {
			parts = append(parts, zoneParts(v[key])...)
		}
	}
	return parts
}

// inZone returns the output of the landing zone that a part names; one that is
// null is none.
func inZone(zone map[string]any, part graph.Part) (any, bool) {
	v := zone[part.Output]
	for _, key := range part.Keys {
		object, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		v = object[key]
	}
	return v, v != nil
}

// zoneText returns the output as a part of a text.
func zoneText(zone map[string]any, part graph.Part) (string, error) {
	v, _ := inZone(zone, part)
	switch v := v.(type) {
	case string:
		return v, nil
	case bool, int64, float64, json.Number:
		return fmt.Sprint(v), nil
	default:
		return "", kernel.Errorf(kernel.Refused, "%s is an object or a list of the landing zone and cannot be put into a text", part).
			WithFix("name a value in it, or use it as the whole value")
	}
}
