package local_test

import (
	"context"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localtest"
)

// value makes the secret token anew with a length and returns its value.
func value(t *testing.T, target *localtest.Target, length int) string {
	t.Helper()
	scope := localtest.Scope("dev")
	if _, err := target.Secrets.Generate(context.Background(), scope, "token", length); err != nil {
		t.Fatal(err)
	}
	v, err := target.Secrets.Reveal(kernel.WithActor(context.Background(), kernel.System("test", "acme")), scope, secretref.Reference{Name: "token"})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAChangedSecretReachesTheServicesThatReferToIt(t *testing.T) {
	t.Parallel()
	target := start(t)
	artifact := app(t, target)
	before := value(t, target, 32)
	mustPut(t, target, local.Services, "orders", web(artifact, "1.0.0", object{"variables": object{"SECRET": "x${secret:token}"}}))
	mustPut(t, target, local.Services, "billing", web(artifact, "1.0.0", nil))
	if got := environment(t, upstream(t, target, "orders"))["SECRET"]; got != "x"+before {
		t.Fatalf("it starts with %q", got)
	}
	other := upstream(t, target, "billing")
	after := value(t, target, 48)
	target.SecretChanged(localtest.Scope("dev"), "token")
	localtest.Eventually(t, func() string {
		addr, _, ok := target.Upstream(localtest.Scope("dev"), "orders", "")
		if !ok {
			t.Error("the service has a gap") // the one before serves until the next one does
			return ""
		}
		if body, err := fetch(addr, "/"); err != nil || !strings.Contains(body, "x"+after) {
			return "the new value"
		}
		return ""
	})
	if upstream(t, target, "billing") != other {
		t.Error("a service that does not refer to the secret was started anew")
	}
}

func TestAProbeDoesNotTellASecret(t *testing.T) {
	t.Parallel()
	target := start(t)
	secret := value(t, target, 32)
	spec := web(app(t, target), "1.0.0", object{
		"variables": object{"SECRET": "${secret:token}"},
		"readiness": object{"exec": []string{"sh", "-c", "echo cannot sign in with $SECRET; exit 1"}},
	})
	spec["start_timeout"] = "10s"
	_, err := put(t, target, local.Services, "orders", spec)
	if err == nil || !strings.Contains(err.Error(), "cannot sign in with [secret]") || strings.Contains(err.Error(), secret) {
		t.Errorf("%v", err)
	}
}
