package app

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/target/azuresim"
)

func TestEnvironmentsOfStages(t *testing.T) {
	t.Parallel()
	real := environments{daemon: []string{"ARM_TENANT_ID=t", "ARM_SUBSCRIPTION_ID=all", "AZURE_CONFIG_DIR=/az", "AWS_PROFILE=x", "PATH=/bin"}}
	for name, c := range map[string]struct {
		st   stage.Stage
		want map[string]string
	}{
		"local": {stage.Stage{Target: stage.TargetLocal}, map[string]string{}},
		"azure": {
			stage.Stage{Target: stage.TargetAzure, Environment: map[string]string{"ARM_SUBSCRIPTION_ID": "dev"}},
			map[string]string{"ARM_TENANT_ID": "t", "ARM_SUBSCRIPTION_ID": "dev", "AZURE_CONFIG_DIR": "/az"},
		},
	} {
		if diff := cmp.Diff(c.want, real.of(c.st)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestASimulationGetsNothingOfTheRealCloud(t *testing.T) {
	t.Parallel()
	sim, err := azuresim.New(t.Context(), azuresim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close(t.Context()) })
	got := environments{[]string{"ARM_CLIENT_SECRET=real", "ARM_OIDC_TOKEN=real"}, sim}.of(stage.Stage{Target: stage.TargetAzure})
	if got["ARM_CLIENT_SECRET"] == "real" || got["ARM_OIDC_TOKEN"] != "" || got["ARM_METADATA_HOSTNAME"] == "" {
		t.Errorf("%v", got)
	}
}
