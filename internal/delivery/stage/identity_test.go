package stage_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

const (
	reads   = "00000000-0000-0000-0000-00000000000a"
	applies = "00000000-0000-0000-0000-00000000000b"
	pool    = "projects/123/locations/global/workloadIdentityPools/terrace/providers/terrace"
)

func TestIdentitiesOfStages(t *testing.T) {
	t.Parallel()
	azure := stage.Identity{Plan: reads, Apply: applies, Tenant: reads, Subscription: applies}
	aws := stage.Identity{Plan: "arn:aws:iam::123456789012:role/plan", Apply: "arn:aws:iam::123456789012:role/apply"}
	gcp := stage.Identity{Plan: "plan@p.iam.gserviceaccount.com", Apply: "apply@p.iam.gserviceaccount.com", Provider: pool}
	with := func(i stage.Identity, change func(*stage.Identity)) stage.Identity { change(&i); return i }
	for name, c := range map[string]struct {
		target   string
		identity stage.Identity
		audience string
		problem  string
	}{
		"azure":                 {stage.TargetAzure, azure, "api://AzureADTokenExchange", ""},
		"aws":                   {stage.TargetAWS, aws, "sts.amazonaws.com", ""},
		"gcp":                   {stage.TargetGCP, gcp, "//iam.googleapis.com/" + pool, ""},
		"an audience":           {stage.TargetAWS, with(aws, func(i *stage.Identity) { i.Audience = "ours" }), "ours", ""},
		"none":                  {stage.TargetAzure, stage.Identity{}, "", ""},
		"local":                 {stage.TargetLocal, aws, "", "identity"},
		"one for both":          {stage.TargetAzure, with(azure, func(i *stage.Identity) { i.Plan = strings.ToUpper(applies) }), "", "identity.plan"},
		"no apply":              {stage.TargetAWS, with(aws, func(i *stage.Identity) { i.Apply = "" }), "", "identity.apply"},
		"no subscription":       {stage.TargetAzure, with(azure, func(i *stage.Identity) { i.Subscription = "" }), "", "identity.subscription"},
		"a role that is none":   {stage.TargetAWS, with(aws, func(i *stage.Identity) { i.Plan = "plan" }), "", "identity.plan"},
		"an account with a way": {stage.TargetGCP, with(gcp, func(i *stage.Identity) { i.Plan = "../x@p.iam.gserviceaccount.com" }), "", "identity.plan"},
		"a provider elsewhere":  {stage.TargetAzure, with(azure, func(i *stage.Identity) { i.Provider = pool }), "", "identity.provider"},
		"a tenant elsewhere":    {stage.TargetAWS, with(aws, func(i *stage.Identity) { i.Tenant = reads }), "", "identity"},
		"an audience of words":  {stage.TargetAWS, with(aws, func(i *stage.Identity) { i.Audience = "a b" }), "", "identity.audience"},
	} {
		stages := stage.Default()
		stages[0].Target, stages[0].Identity = c.target, c.identity
		if c.target != stage.TargetLocal {
			stages[0].Runtime = stage.RuntimeKubernetes
		}
		_, err := stage.NewSet(stages)
		if c.problem == "" && (err != nil || stages[0].IdentityAudience() != c.audience) {
			t.Errorf("%s: %v, for %q", name, err, stages[0].IdentityAudience())
		}
		if c.problem != "" && (err == nil || !strings.Contains(err.Error(), "stages.dev."+c.problem)) {
			t.Errorf("%s: %v, want a problem at %s", name, err, c.problem)
		}
	}
}
