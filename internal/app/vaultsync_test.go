package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
	"github.com/terrace-idp/terrace/internal/target/azuresim/azuresimtest"
)

// vaultWorld is a Terrace with the simulated Azure, in which there is a vault, and an
// identity that may use it and trusts one stage.
type vaultWorld struct {
	*App

	t   *testing.T
	log *daemonLog
	sim *azuresimtest.Sim
	// address is Terrace's, subscription the cloud's.
	address, subscription string
	client                string
	// people is the vault as the subscription's owner has it.
	people *azsecrets.Client
	// owner is a token of Resource Manager.
	owner string
	stop  func()
}

// daemonLog is what the daemon has logged.
type daemonLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *daemonLog) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *daemonLog) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

const vaultAddress = "https://kv-sync.vault.azuresim.localhost"

func newVaultWorld(t *testing.T) *vaultWorld {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &vaultWorld{t: t, address: "http://" + l.Addr().String(), log: &daemonLog{}}
	c := config.Default()
	c.Node, c.DataDir, c.Provider, c.NATS = "test", t.TempDir(), filepath.Join(t.TempDir(), "terraform-provider-terrace"), unused(t)
	c.AzureSim, c.PublicURL = true, w.address
	for i := range c.Stages {
		if c.Stages[i].Name == "dev" {
			c.Stages[i].Runtime = stage.RuntimeKubernetes
		}
	}
	if err := os.WriteFile(c.Provider, []byte("no run begins here"), 0o600); err != nil {
		t.Fatal(err)
	}
	if w.App, err = New(t.Context(), c, "test", slog.New(slog.NewTextHandler(w.log, nil))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close(context.WithoutCancel(t.Context())) })
	if err := w.platform.azureSim.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: w.handler(), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	w.sim = &azuresimtest.Sim{Server: w.platform.azureSim}
	w.cloud()
	w.watch()
	t.Cleanup(func() { w.stop() })
	return w
}

// watch begins the work of the sync, which stop ends.
func (w *vaultWorld) watch() {
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	over := make(chan struct{})
	go func() {
		defer close(over)
		if err := w.vaults.Watch(ctx); err != nil {
			w.t.Error(err)
		}
	}()
	w.stop = func() { cancel(); <-over }
}

// cloud makes what there is in Azure.
func (w *vaultWorld) cloud() {
	w.t.Helper()
	env := w.sim.Env()
	w.subscription = "/subscriptions/" + env["ARM_SUBSCRIPTION_ID"]
	options := azcore.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: w.sim.Endpoint()}, Transport: w.sim.HTTP(w.t)}
	owner, err := azidentity.NewClientSecretCredential(env["ARM_TENANT_ID"], env["ARM_CLIENT_ID"], env["ARM_CLIENT_SECRET"], &azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	if err != nil {
		w.t.Fatal(err)
	}
	if w.people, err = azsecrets.NewClient(vaultAddress, owner, &azsecrets.ClientOptions{ClientOptions: options}); err != nil {
		w.t.Fatal(err)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {env["ARM_CLIENT_ID"]}, "client_secret": {env["ARM_CLIENT_SECRET"]}, "scope": {w.sim.Endpoint() + "/.default"}}
	_, signedIn := w.call(http.MethodPost, w.sim.Endpoint()+"/"+env["ARM_TENANT_ID"]+"/oauth2/v2.0/token", "", "application/x-www-form-urlencoded", form.Encode())
	w.owner, _ = signedIn["access_token"].(string)
	w.arm(http.MethodPut, "/resourceGroups/kv", `{"location":"westeurope"}`)
	w.arm(http.MethodPut, "/resourceGroups/kv/providers/Microsoft.KeyVault/vaults/kv-sync", `{"location":"westeurope","properties":{"tenantId":"`+env["ARM_TENANT_ID"]+`","sku":{"name":"standard","family":"A"},"enableRbacAuthorization":true}}`)
	identity := "/resourceGroups/kv/providers/Microsoft.ManagedIdentity/userAssignedIdentities/dev-sync"
	made, _ := w.arm(http.MethodPut, identity, `{"location":"westeurope"}`)["properties"].(map[string]any)
	w.client, _ = made["clientId"].(string)
	w.arm(http.MethodPut, identity+"/federatedIdentityCredentials/terrace", `{"properties":{"issuer":"`+w.address+`","subject":"default:demo:dev:sync","audiences":["api://AzureADTokenExchange"]}}`)
	object, _ := made["principalId"].(string)
	w.role(http.MethodPut, object)
}

const vaultRole = "/resourceGroups/kv/providers/Microsoft.KeyVault/vaults/kv-sync/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-00000000000a"

// role gives the identity the role that it needs, or takes it away.
func (w *vaultWorld) role(method, object string) {
	w.t.Helper()
	w.arm(method, vaultRole, `{"properties":{"roleDefinitionId":"`+w.subscription+`/providers/Microsoft.Authorization/roleDefinitions/b86a8fe4-44ce-4948-aee5-eccb2c155cd7","principalId":"`+object+`"}}`)
}

func (w *vaultWorld) arm(method, path, body string) map[string]any {
	w.t.Helper()
	status, got := w.call(method, w.sim.Endpoint()+w.subscription+path+"?api-version=2024-01-01", w.owner, "application/json", body)
	if status >= http.StatusBadRequest {
		w.t.Fatalf("%s %s: %d %v", method, path, status, got)
	}
	return got
}

func (w *vaultWorld) call(method, address, bearer, kind, body string) (int, map[string]any) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Authorization", "Bearer "+bearer)
	client := http.DefaultClient
	if !strings.HasPrefix(address, w.address) {
		client = w.sim.HTTP(w.t)
	}
	response, err := client.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]any{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &out); err != nil {
			w.t.Fatalf("%s: %s", address, raw)
		}
	}
	return response.StatusCode, out
}

// api asks Terrace as its first admin.
func (w *vaultWorld) api(method, path string, body any) (int, map[string]any) {
	w.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.call(method, w.address+"/api/v1/projects/demo"+path, w.first.Token, "application/json", string(raw))
}

func (w *vaultWorld) must(method, path string, body any) map[string]any {
	w.t.Helper()
	status, got := w.api(method, path, body)
	if status >= http.StatusBadRequest {
		w.t.Fatalf("%s %s: %d %v", method, path, status, got)
	}
	return got
}

func (w *vaultWorld) sync(more object) {
	w.t.Helper()
	settings := object{"vault": vaultAddress + "/", "azureTenant": w.sim.Env()["ARM_TENANT_ID"], "client": w.client}
	for name, value := range more {
		settings[name] = value
	}
	w.must(http.MethodPut, "/secret-sync?stage=dev", settings)
}

func (w *vaultWorld) put(name, value string) {
	w.t.Helper()
	w.must(http.MethodPut, "/secrets/"+name+"?stage=dev", object{"value": value})
}

// held is what the vault has, as its owner sees it, "" for nothing.
func (w *vaultWorld) held(name string) (string, map[string]*string) {
	w.t.Helper()
	got, err := w.people.GetSecret(w.t.Context(), name, "", nil)
	if err != nil {
		return "", nil
	}
	return *got.Value, got.Tags
}

// versions counts those that the vault has.
func (w *vaultWorld) versions(name string) int {
	w.t.Helper()
	n := 0
	for pager := w.people.NewListSecretPropertiesVersionsPager(name, nil); pager.More(); {
		page, err := pager.NextPage(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		n += len(page.Value)
	}
	return n
}

func (w *vaultWorld) write(name, value string) {
	w.t.Helper()
	if _, err := w.people.SetSecret(w.t.Context(), name, azsecrets.SetSecretParameters{Value: &value}, nil); err != nil {
		w.t.Fatal(err)
	}
}

// until waits until something holds.
func (w *vaultWorld) until(what string, holds func() bool) {
	w.t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("%s: not within a minute: %v\n%v\n%s", what, w.must(http.MethodGet, "/secret-sync?stage=dev", nil), w.must(http.MethodGet, "/secret-sync/secrets?stage=dev", nil), w.log)
		}
	}
}

func (w *vaultWorld) untilHeld(name, value string) {
	w.t.Helper()
	w.until("the vault has "+name, func() bool { got, _ := w.held(name); return got == value })
}

// item is how far a secret is.
func (w *vaultWorld) item(name string) map[string]any {
	w.t.Helper()
	items, _ := w.must(http.MethodGet, "/secret-sync/secrets?stage=dev", nil)["items"].([]any)
	for _, one := range items {
		if i, _ := one.(map[string]any); i["name"] == name {
			return i
		}
	}
	return nil
}

func (w *vaultWorld) untilState(name string, state vaultsync.State) map[string]any {
	w.t.Helper()
	w.until(name+" is "+string(state), func() bool { i := w.item(name); return i != nil && i["state"] == string(state) })
	return w.item(name)
}

// now compares both sides, and waits until that is done.
func (w *vaultWorld) now() {
	w.t.Helper()
	at := moment(w.t, w.must(http.MethodPost, "/secret-sync/rounds?stage=dev", nil)["askedAt"])
	w.until("both sides are compared", func() bool {
		y, _, err := w.vaults.Get(kernel.WithActor(w.t.Context(), kernel.System("test", "default")), kernel.Scope{Tenant: "default", Project: "demo", Stage: "dev"})
		return err == nil && !y.ComparedAt.Before(at)
	})
}

// facts are the types of those of the sync about one subject.
func (w *vaultWorld) facts(subject string) []string {
	w.t.Helper()
	_, got := w.call(http.MethodGet, w.address+"/api/v1/audit?subject="+url.QueryEscape(subject)+"&limit=200", w.first.Token, "application/json", "")
	items, _ := got["items"].([]any)
	var all []string
	for _, one := range items {
		e, _ := one.(map[string]any)
		if kind, _ := e["type"].(string); strings.HasPrefix(kind, "secret.") {
			all = append(all, kind)
		}
	}
	slices.Reverse(all)
	return all
}

func (w *vaultWorld) adopt(name string) {
	w.t.Helper()
	w.must(http.MethodPost, "/secret-sync/secrets/"+name+"/adoption?stage=dev", object{"reason": "it is ours"})
}

// fault has the simulated vault answer otherwise.
func (w *vaultWorld) fault(f arm.Fault) {
	w.t.Helper()
	if _, err := w.sim.Engine().AddFault(f); err != nil {
		w.t.Fatal(err)
	}
}

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
		{"killed", killed},
		{"pull", theOtherWayRound},
		{"what pods miss of the vault", podsAreToldOfTheVault},
		{"other tenants and addresses", otherTenants},
		{"what is evident", whatIsEvident},
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
	err := w.fabric.secrets.Describes(ctx, scope, "db/credentials", func(m *secret.Metadata) error { m.DeleteAfter = time.Hour; return nil })
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
	w.put("large", strings.Repeat("x", vaultsync.MaxValue+1))
	if i := w.untilState("large", vaultsync.Failed); !strings.Contains(fmt.Sprint(i["reason"]), "25600 characters") {
		w.t.Errorf("what is too large: %v", i)
	}
	w.put("API-KEY", "differs in case alone")
	if i := w.untilState("API-KEY", vaultsync.Conflict); !strings.Contains(fmt.Sprint(i["reason"]), "secret api-key of demo on dev") {
		w.t.Errorf("what differs in case alone: %v", i)
	}
	for _, name := range []string{"large", "API-KEY"} {
		if err := w.fabric.secrets.Delete(ctx, scope, name); err != nil {
			w.t.Fatal(err)
		}
		w.until(name+" is forgotten", func() bool { return w.item(name) == nil })
	}
	if got, _ := w.held("api-key"); len(got) != 32 {
		w.t.Error("the other secret is no more as it was")
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
	w.sync(object{"onDrift": "report"})
	w.now()
	w.write("watched", "of a person")
	w.now()
	w.now()
	if i := w.untilState("watched", vaultsync.Drifted); !strings.Contains(fmt.Sprint(i["reason"]), "changed in the vault") {
		w.t.Errorf("what has drifted: %v", i)
	}
	if got, _ := w.held("watched"); got != "of a person" || told() != 4 {
		w.t.Errorf("what is only reported is %q, and told %d times", got, told())
	}
	w.adopt("watched")
	w.untilHeld("watched", "written by us")
	w.sync(nil)
	w.now()
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
	// One that only has other people's tags is none of Terrace's: it is not deleted.
	w.write("untouched", "of other people")
	w.now()
	if got, _ := w.held("untouched"); got != "of other people" {
		w.t.Errorf("the vault has %q", got)
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

func moment(t *testing.T, text any) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(text))
	if err != nil {
		t.Fatal(err)
	}
	return at
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

// killed ends the work between the write into the vault and the record of it.
func killed(w *vaultWorld) {
	store := &failing{Store: w.vaults.Store}
	w.stop()
	w.vaults.Store = store
	w.watch()
	store.fails.Store(true)
	w.put("once", "written once")
	w.untilHeld("once", "written once")
	w.until("the record fails", func() bool { return store.failed.Load() })
	w.stop()
	store.fails.Store(false)
	w.watch()
	w.now()
	w.untilState("once", vaultsync.InStep)
	if n := w.versions("once"); n != 1 {
		w.t.Errorf("%d versions in the vault, want 1", n)
	}
	if facts := w.facts("once"); slices.Contains(facts, "secret.sync.drifted") || !slices.Contains(facts, "secret.sync.written") {
		w.t.Errorf("what is told: %v", facts)
	}
	// A version while nobody works waits in the database.
	w.stop()
	w.put("once", "while nobody worked")
	w.watch()
	w.untilHeld("once", "while nobody worked")
}

// failing is a store that does not record what was done.
type failing struct {
	vaultsync.Store

	fails, failed atomic.Bool
}

func (f *failing) SaveItem(ctx context.Context, i vaultsync.Item) error {
	if f.fails.Load() {
		f.failed.Store(true)
		return kernel.Errorf(kernel.Internal, "the process is gone")
	}
	return f.Store.SaveItem(ctx, i)
}

func theOtherWayRound(w *vaultWorld) {
	w.write("from--2fvault", "one")
	w.sync(object{"direction": "pull"})
	ctx := secret.From(kernel.WithActor(w.t.Context(), kernel.System("test", "default")), "test")
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
	w.now()
	if _, info := here("from/vault"); info.Version != 2 {
		w.t.Errorf("the same again is version %d", info.Version)
	}
	w.put("from%2Fvault", "of a person")
	i := w.untilState("from/vault", vaultsync.Conflict)
	if got, _ := here("from/vault"); got != "of a person" || !strings.Contains(fmt.Sprint(i["reason"]), "version 3") {
		w.t.Errorf("what a person wrote is %q: %v", got, i)
	}
	w.adopt("from%2Fvault")
	w.until("the vault counts", func() bool { got, info := here("from/vault"); return got == "two" && info.Version == 4 })
	if _, err := w.people.DeleteSecret(w.t.Context(), "from--2fvault", nil); err != nil {
		w.t.Fatal(err)
	}
	w.now()
	w.untilState("from/vault", vaultsync.Drifted)
	if got, _ := here("from/vault"); got != "two" {
		w.t.Errorf("what the vault has no more is %q here", got)
	}
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

// whatIsEvident is not read again: a list without values shows that nothing has changed.
func whatIsEvident(w *vaultWorld) {
	settled := func() bool {
		w.now()
		pieces, _ := w.untilState("before", vaultsync.InStep)["pieces"].([]any)
		p, _ := pieces[0].(map[string]any)
		return p["settled"] == true
	}
	w.until("the second in which it was written is over", settled)
	w.fault(arm.Fault{Match: "GET kv-sync.*/secrets/before", Status: http.StatusInternalServerError})
	w.now()
	w.untilState("before", vaultsync.InStep)
	w.sim.Engine().ClearFaults()
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
	for _, value := range []string{"later still", "written once", "of a person", "written by us", "was there before"} {
		if strings.Contains(w.log.String(), value) {
			w.t.Errorf("%q is in the log", value)
		}
	}
}
