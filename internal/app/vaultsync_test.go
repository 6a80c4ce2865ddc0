package app

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// TestAStageIsKeptInAKeyVault walks through one daemon and one vault.
func TestAStageIsKeptInAKeyVault(t *testing.T) {
	t.Parallel()
	w := newVaultWorld(t)
	w.put("before", "was there before")
	w.write("foreign", "of other people")
	w.sync(nil)
	w.untilHeld("before", "was there before")
	for _, step := range []struct { //nolint:paralleltest // the steps are of one world, in their order
		name string
		run  func(w *vaultWorld)
	}{
		{"a new version", newVersions},
		{"several keys", severalKeys},
		{"deleted and made again", deletedAndMadeAgain},
		{"drift", driftIsWrittenOver},
		{"of other people", foreignIsLeft},
		{"what pods miss", podsAreTold},
		{"429 and 503", theVaultSaysWhen},
		{"without the role", withoutTheRole},
		{"pull", theOtherWayRound},
		{"what pods miss of the vault", podsAreToldOfTheVault},
		{"other tenants and addresses", otherTenants},
		{"ended", theEndOfASync},
	} {
		t.Run(step.name, func(t *testing.T) {
			w.t = t
			step.run(w)
		})
	}
}

func newVersions(w *vaultWorld) {
	began := time.Now()
	w.put("api-key", "one")
	w.untilHeld("api-key", "one")
	w.t.Logf("from the request to the vault: %s", time.Since(began))
	w.put("api-key", "two")
	w.untilHeld("api-key", "two")
	_, tags := w.held("api-key")
	for name, want := range map[string]string{"managed-by": "terrace", "terrace-tenant": "default", "terrace-project": "demo", "terrace-stage": "dev", "terrace-name": "api-key", "terrace-version": "2"} {
		if tags[name] == nil || *tags[name] != want {
			w.t.Errorf("the tag %s is not %s", name, want)
		}
	}
	w.must(http.MethodPost, "/secrets/api-key/rollback?stage=dev", object{"version": 1, "reason": "x"})
	w.untilHeld("api-key", "one")
	w.must(http.MethodPost, "/secrets/api-key/rotation?stage=dev", nil)
	w.until("rotated", func() bool { got, _ := w.held("api-key"); return len(got) == 32 })
	w.untilState("api-key", vaultsync.InStep)
	w.now()
	if n := w.versions("api-key"); n != 4 {
		w.t.Errorf("%d versions in the vault, want 4", n)
	}
}

func severalKeys(w *vaultWorld) {
	ctx := kernel.WithActor(w.t.Context(), kernel.System("test", "default"))
	scope := kernel.Scope{Tenant: "default", Project: "demo", Stage: "dev"}
	write := func(d secret.Data) {
		if _, err := w.fabric.secrets.Write(ctx, scope, "db/credentials", d, nil); err != nil {
			w.t.Fatal(err)
		}
	}
	write(secret.Data{"user": []byte(`"shop"`), "port": []byte(`3306`)})
	w.untilHeld("db--2fcredentials--23user", "shop")
	w.untilHeld("db--2fcredentials--23port", "3306")
	err := w.fabric.secrets.Configure(ctx, scope, "db/credentials", func(m *secret.Metadata) error { m.DeleteAfter = time.Hour; return nil })
	if err != nil {
		w.t.Fatal(err)
	}
	write(secret.Data{"user": []byte(`"shop2"`)})
	w.untilHeld("db--2fcredentials--23user", "shop2")
	w.until("the other key is gone", func() bool { got, _ := w.held("db--2fcredentials--23port"); return got == "" })
	got, err := w.people.GetSecret(w.t.Context(), "db--2fcredentials--23user", "", nil)
	if err != nil || got.Attributes.Expires == nil || time.Until(*got.Attributes.Expires) < 50*time.Minute {
		w.t.Errorf("it expires at %v: %v", got.Attributes, err)
	}
}

func deletedAndMadeAgain(w *vaultWorld) {
	ctx := kernel.WithActor(w.t.Context(), kernel.System("test", "default"))
	scope := kernel.Scope{Tenant: "default", Project: "demo", Stage: "dev"}
	w.put("short", "first")
	w.untilHeld("short", "first")
	if err := w.fabric.secrets.Mark(ctx, scope, "short", secret.Deleted); err != nil {
		w.t.Fatal(err)
	}
	w.until("it is deleted", func() bool { got, _ := w.held("short"); return got == "" })
	if err := w.fabric.secrets.Mark(ctx, scope, "short", secret.Undeleted); err != nil {
		w.t.Fatal(err)
	}
	w.untilHeld("short", "first")
	if n := w.versions("short"); n != 1 {
		w.t.Errorf("what was taken back has %d versions in the vault, want 1", n)
	}
	if err := w.fabric.secrets.Delete(ctx, scope, "short"); err != nil {
		w.t.Fatal(err)
	}
	w.until("it is deleted again", func() bool { got, _ := w.held("short"); return got == "" && w.item("short") == nil })
	w.put("short", "second")
	w.untilHeld("short", "second")
	w.untilState("short", vaultsync.InStep)
	facts := w.facts("short")
	if !slices.Contains(facts, "secret.sync.recovered") || !slices.Contains(facts, "secret.sync.deleted") || !slices.Contains(facts, "secret.read") {
		w.t.Errorf("what is told of it: %v", facts)
	}
	for _, e := range w.entries("short") {
		if data, _ := e["data"].(map[string]any); e["type"] == "secret.read" && !strings.HasPrefix(fmt.Sprint(data["from"]), "key vault https://") {
			w.t.Errorf("it is read for %v", data["from"])
		}
	}
	if slices.Contains(facts, "secret.sync.drifted") {
		w.t.Errorf("what Terrace deletes is told as drift: %v", facts)
	}
}

func driftIsWrittenOver(w *vaultWorld) {
	w.put("watched", "written by us")
	w.untilHeld("watched", "written by us")
	w.untilState("watched", vaultsync.InStep)
	w.write("watched", "of a person") // without tags, as the portal does
	w.now()
	w.untilHeld("watched", "written by us")
	if _, err := w.people.DeleteSecret(w.t.Context(), "watched", nil); err != nil {
		w.t.Fatal(err)
	}
	w.now()
	w.untilHeld("watched", "written by us")
	disabled := false
	if _, err := w.people.UpdateSecretProperties(w.t.Context(), "watched", "", azsecrets.UpdateSecretPropertiesParameters{SecretAttributes: &azsecrets.SecretAttributes{Enabled: &disabled}}, nil); err != nil {
		w.t.Fatal(err)
	}
	w.now()
	w.untilHeld("watched", "written by us")
	told := func() (n int) {
		for _, f := range w.facts("watched") {
			if f == "secret.sync.drifted" {
				n++
			}
		}
		return n
	}
	if n := told(); n != 3 {
		w.t.Errorf("drift is told %d times, want 3: %v", n, w.facts("watched"))
	}
}

func foreignIsLeft(w *vaultWorld) {
	w.put("foreign", "written by us")
	i := w.untilState("foreign", vaultsync.Conflict)
	if got, _ := w.held("foreign"); got != "of other people" || !strings.Contains(fmt.Sprint(i["fix"]), "terrace secret sync adopt foreign --stage dev") {
		w.t.Errorf("the vault has %q; what is told: %v", got, i)
	}
	w.adopt("foreign")
	w.untilHeld("foreign", "written by us")
	w.untilState("foreign", vaultsync.InStep)
	if status, got := w.api(http.MethodPost, "/secret-sync/secrets/foreign/adoption?stage=dev", object{"reason": "x"}); status != http.StatusUnprocessableEntity && status != http.StatusConflict {
		w.t.Errorf("what is in step is adopted: %d %v", status, got)
	}
}

func theVaultSaysWhen(w *vaultWorld) {
	w.fault(arm.Fault{Match: "PUT kv-sync.*/secrets/busy", Status: http.StatusTooManyRequests, RetryAfter: 1, Times: 1})
	w.put("busy", "later")
	w.until("it is blocked", func() bool {
		y := w.must(http.MethodGet, "/secret-sync?stage=dev", nil)
		return y["state"] == "failed" && strings.Contains(fmt.Sprint(y["reason"]), "429") && y["blockedUntil"] != nil
	})
	blocked := w.must(http.MethodGet, "/secret-sync?stage=dev", nil)["blockedUntil"]
	w.must(http.MethodPost, "/secret-sync/rounds?stage=dev", nil) // does not ask before that
	w.untilHeld("busy", "later")
	w.untilState("busy", vaultsync.InStep)
	if at := w.item("busy")["at"]; !moment(w.t, at).After(moment(w.t, blocked)) {
		w.t.Errorf("it was asked at %v, before %v", at, blocked)
	}
	state := func(wanted vaultsync.State, reason string) {
		w.t.Helper()
		w.until("the sync is "+string(wanted), func() bool {
			y := w.must(http.MethodGet, "/secret-sync?stage=dev", nil)
			return y["state"] == string(wanted) && (reason == "" || strings.Contains(fmt.Sprint(y["reason"]), reason))
		})
	}
	state(vaultsync.InStep, "")
	w.fault(arm.Fault{Match: "PUT kv-sync.*/secrets/busy", Status: http.StatusServiceUnavailable, Times: 1})
	w.put("busy", "later still")
	state(vaultsync.Failed, "503")
	w.now()
	w.untilHeld("busy", "later still")
}

func withoutTheRole(w *vaultWorld) {
	identity := "/resourceGroups/kv/providers/Microsoft.ManagedIdentity/userAssignedIdentities/dev-sync"
	made, _ := w.arm(http.MethodGet, identity, "")["properties"].(map[string]any)
	w.arm(http.MethodDelete, vaultRole, "")
	w.put("refused", "x")
	w.until("the role is told", func() bool {
		y := w.must(http.MethodGet, "/secret-sync?stage=dev", nil)
		return strings.Contains(fmt.Sprint(y["fix"]), "Key Vault Secrets Officer")
	})
	w.role(http.MethodPut, fmt.Sprint(made["principalId"]))
	w.now()
	w.untilHeld("refused", "x")
	w.until("it is told that it goes on", func() bool {
		facts := w.facts("dev")
		return slices.Contains(facts, "secret.sync.failed") && slices.Contains(facts, "secret.sync.resumed")
	})
}
