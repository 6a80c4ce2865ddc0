package app

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func theOtherWayRound(w *vaultWorld) {
	w.write("from--2fvault", "one")
	w.sync(object{"direction": "pull"})
	ctx := kernel.WithActor(w.t.Context(), kernel.System("test", "default"))
	scope := kernel.Scope{Tenant: "default", Project: "demo", Stage: "dev"}
	here := func(name string) (string, secret.Info) {
		info, data, err := w.fabric.secrets.Read(ctx, scope, name, 0)
		if err != nil {
			return "", info
		}
		text, _ := data.Text(secret.Value)
		return text, info
	}
	w.until("it is taken", func() bool { got, _ := here("from/vault"); return got == "one" })
	if _, info := here("from/vault"); !strings.HasPrefix(info.Origin, vaultAddress+"/secrets/from--2fvault/") || info.CreatedBy != "system:vault-sync" {
		w.t.Errorf("where it came from: %+v", info)
	}
	w.write("from--2fvault", "two")
	w.write("keys--23a", "1")
	w.write("keys--23b", "2")
	w.now()
	if got, info := here("from/vault"); got != "two" || info.Version != 2 {
		w.t.Errorf("%q is version %d", got, info.Version)
	}
	if _, data, err := w.fabric.secrets.Read(ctx, scope, "keys", 0); err != nil || len(data) != 2 {
		w.t.Errorf("several keys: %v %v", len(data), err)
	}
	w.put("from%2Fvault", "of a person")
	i := w.untilState("from/vault", vaultsync.Conflict)
	if got, _ := here("from/vault"); got != "of a person" || !strings.Contains(fmt.Sprint(i["reason"]), "version 3") {
		w.t.Errorf("what a person wrote is %q: %v", got, i)
	}
	w.adopt("from%2Fvault")
	w.until("the vault counts", func() bool { got, info := here("from/vault"); return got == "two" && info.Version == 4 })
	if facts := w.facts("from/vault"); !slices.Contains(facts, "secret.sync.pulled") || !slices.Contains(facts, "secret.sync.conflicted") {
		w.t.Errorf("what is told: %v", facts)
	}
}

// otherTenants are not trusted by the identity, whatever they name.
func otherTenants(w *vaultWorld) {
	w.sync(nil)
	w.must(http.MethodPut, "/secrets/mine?stage=test", object{"value": "of another stage"})
	w.must(http.MethodPut, "/secret-sync?stage=test", object{"vault": vaultAddress, "azureTenant": w.sim.Env()["ARM_TENANT_ID"], "client": w.client})
	w.until("it is refused", func() bool {
		y := w.must(http.MethodGet, "/secret-sync?stage=test", nil)
		return y["state"] == "failed" && strings.Contains(fmt.Sprint(y["reason"]), "AADSTS700213") && strings.Contains(fmt.Sprint(y["fix"]), "default:demo:test:sync")
	})
	if got, _ := w.held("mine"); got != "" {
		w.t.Errorf("the vault has %q", got)
	}
	if err := w.access.tenants.Bootstrap(w.t.Context(), "other", "demo"); err != nil {
		w.t.Fatal(err)
	}
	ctx := kernel.WithActor(w.t.Context(), kernel.System("test", "other"))
	scope := kernel.Scope{Tenant: "other", Project: "demo", Stage: "dev"}
	if _, err := w.fabric.secrets.Put(ctx, scope, "mine", "of another tenant"); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.vaults.Set(ctx, scope, vaultsync.Settings{Vault: vaultAddress, AzureTenant: w.sim.Env()["ARM_TENANT_ID"], Client: w.client}); err != nil {
		w.t.Fatal(err)
	}
	w.until("the other tenant is refused", func() bool {
		y, _, err := w.vaults.Get(ctx, scope)
		return err == nil && y.State == vaultsync.Failed && strings.Contains(y.Fix, "other:demo:dev:sync")
	})
	if got, _ := w.held("mine"); got != "" {
		w.t.Errorf("the vault has %q", got)
	}
	for _, address := range []string{
		"http://kv-sync.vault.azuresim.localhost", "https://kv-sync.vault.azuresim.localhost:8443", "https://127.0.0.1", "https://localhost", "https://kv-sync.vault.azuresim.localhost/x",
		"https://kv-sync.vault.azuresim.localhost.example.com", "https://example.com/.vault.azuresim.localhost", "https://a@kv-sync.vault.azuresim.localhost", "https://x.y.vault.azuresim.localhost",
		"https://kv-sync.vault.azure.net", "https://vault.azuresim.localhost", "https://169.254.169.254", "file:///etc/passwd", "", "https://kv-sync.vault.azuresim.localhost?x", "https://[::1]",
	} {
		status, got := w.api(http.MethodPut, "/secret-sync?stage=dev", object{"vault": address, "azureTenant": w.sim.Env()["ARM_TENANT_ID"], "client": w.client})
		if status != http.StatusUnprocessableEntity {
			w.t.Errorf("%s: %d %v", address, status, got)
		}
	}
}

// theEndOfASync keeps what both sides have.
func theEndOfASync(w *vaultWorld) {
	w.must(http.MethodDelete, "/secret-sync?stage=dev", nil)
	w.put("api-key", "after the end")
	if status, _ := w.api(http.MethodGet, "/secret-sync?stage=dev", nil); status != http.StatusNotFound {
		w.t.Errorf("the sync is still there: %d", status)
	}
	if got, _ := w.held("api-key"); got == "" || got == "after the end" {
		w.t.Errorf("the vault has %q", got)
	}
	for _, value := range []string{"later still", "of a person", "written by us", "was there before"} {
		if strings.Contains(w.log.String(), value) {
			w.t.Errorf("%q is in the log", value)
		}
	}
}
