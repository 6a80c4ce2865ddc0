package app

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// What runs in a cluster is given an address that it reaches, or is refused with what to do.
func TestConfigurationOfPodsHasAnAddressThatTheyReach(t *testing.T) {
	t.Parallel()
	stages, err := stage.NewSet([]stage.Stage{
		{Name: "dev", Order: 1, Target: stage.TargetLocal, Runtime: stage.RuntimeProcess}, {Name: "prod", Order: 2, Target: stage.TargetLocal, Runtime: stage.RuntimeKubernetes},
	})
	if err != nil {
		t.Fatal(err)
	}
	a := benchApp(t)
	dev := kernel.Scope{Tenant: "default", Project: "demo", Stage: "dev"}
	ctx := kernel.WithActor(t.Context(), kernel.System("test", "default"))
	ensure := func(cluster, where string) (string, error) {
		at, err := localConfigs{a.delivery.configs, "http://127.0.0.1:7080", cluster, stages}.EnsureConfig(ctx, dev.InStage(where), "settings", "orders", strings.Repeat("x", 43))
		return at.Stream, err
	}
	for _, tt := range []struct{ cluster, where, want string }{
		{"http://127.0.0.1:7080", "dev", "http://127.0.0.1:7080/api/v1/config/watch"},
		{"https://terrace.example.com", "dev", "http://127.0.0.1:7080/api/v1/config/watch"},
		{"https://terrace.example.com", "prod", "https://terrace.example.com/api/v1/config/watch"},
		{"http://10.0.0.7:7080", "prod", "http://10.0.0.7:7080/api/v1/config/watch"},
		{"http://127.0.0.1:7080", "prod", ""},
		{"http://[::1]:7080", "prod", ""},
		{"http://localhost", "prod", ""},
		{"http://0.0.0.0:7080", "prod", ""},
	} {
		got, err := ensure(tt.cluster, tt.where)
		refused := kernel.Is(err, kernel.Refused) && strings.Contains(err.Error(), "clusterUrl")
		if got != tt.want || (tt.want == "") != refused {
			t.Errorf("%s at %s: %q, %v", tt.where, tt.cluster, got, err)
		}
	}
}
