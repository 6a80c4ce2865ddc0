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

func TestPlansHaveAnIdentityOfTheirOwn(t *testing.T) {
	t.Parallel()
	daemon := []string{"ARM_TENANT_ID=t", "ARM_CLIENT_ID=writer", "ARM_CLIENT_SECRET=writes"}
	reader := append([]string{"PLAN_ARM_CLIENT_ID=reader", "PLAN_ARM_CLIENT_SECRET=reads", "PLAN_ARM_TENANT_ID=t", "PLAN_PATH=x"}, daemon...)
	azure := stage.Stage{Target: stage.TargetAzure}
	federated := stage.Stage{Target: stage.TargetAzure, PlanEnvironment: map[string]string{"ARM_CLIENT_ID": "reader"}}
	for name, c := range map[string]struct {
		daemon []string
		st     stage.Stage
		want   map[string]string
	}{
		"the same":                  {daemon, azure, map[string]string{"ARM_TENANT_ID": "t", "ARM_CLIENT_ID": "writer", "ARM_CLIENT_SECRET": "writes"}},
		"variables of the daemon":   {reader, azure, map[string]string{"ARM_TENANT_ID": "t", "ARM_CLIENT_ID": "reader", "ARM_CLIENT_SECRET": "reads"}},
		"variables of the stage":    {daemon, federated, map[string]string{"ARM_TENANT_ID": "t", "ARM_CLIENT_ID": "reader"}},
		"nothing for another cloud": {reader, stage.Stage{Target: stage.TargetLocal}, map[string]string{}},
	} {
		if diff := cmp.Diff(c.want, environments{daemon: c.daemon}.ofPlan(c.st)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if got := (environments{daemon: reader}).of(federated); got["ARM_CLIENT_SECRET"] != "writes" || got["ARM_CLIENT_ID"] != "writer" {
		t.Errorf("an apply has %v", got)
	}
}
