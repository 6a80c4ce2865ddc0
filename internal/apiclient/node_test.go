package apiclient_test

import (
	"slices"
	"testing"

	"github.com/terrace-idp/terrace/internal/apiclient"
)

func TestWhatANodeTakesFromTheLandingZone(t *testing.T) {
	t.Parallel()
	n := apiclient.Node{
		Inputs: map[string]any{
			"a": "${landing_zone.key_vault.id}", "b": []any{map[string]any{"c": "x ${landing_zone.location} ${landing_zone.key_vault.id}"}}, "d": 1, "e": "${module.location}",
		},
		Outputs: map[string]any{"host": "${landing_zone.gateway.host}"},
	}
	if got, want := n.LandingZone(), []string{"gateway.host", "key_vault.id", "location"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
