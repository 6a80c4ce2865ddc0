package compliance

import (
	"context"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// named refuses a policy and a control that there are not: to find nothing of one reads
// as if it were kept.
func (s *Service) named(ctx context.Context, f Filter) error {
	if f.Rule == "" && f.Control == "" {
		return nil
	}
	all, err := s.Policies.Policies(ctx)
	if err != nil {
		return err
	}
	ids := idsOf(all, func(policy.Policy) bool { return true })
	if f.Rule != "" && !slices.Contains(ids, f.Rule) {
		return absent("policy", f.Rule, ids, "terrace policy list shows those that Terrace ships")
	}
	if f.Control == "" {
		return nil
	}
	framework, id, _ := strings.Cut(f.Control, ":")
	controls := controlsOf(framework, all)
	if slices.Contains(controls, id) {
		return nil
	}
	if len(controls) == 0 {
		return absent("control", f.Control, nil, "write it as FRAMEWORK:ID, such as mcsb:DP-3; the frameworks are "+strings.Join(Frameworks(), ", "))
	}
	for i := range controls {
		controls[i] = framework + ":" + controls[i]
	}
	return absent("control", f.Control, controls, "terrace compliance report --framework "+framework+" shows those that there are")
}

func absent(what, name string, all []string, fix string) error {
	if near := yamldoc.Nearest(name, all); near != "" {
		fix = "did you mean " + near + "? " + fix
	}
	return kernel.Errorf(kernel.NotFound, "there is no %s %s", what, name).WithFix("%s", fix)
}
