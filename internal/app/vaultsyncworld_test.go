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
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azcertificates"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
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
	// certificates are those of the same vault, as the same owner has them.
	certificates *azcertificates.Client
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
	if w.certificates, err = azcertificates.NewClient(vaultAddress, owner, &azcertificates.ClientOptions{ClientOptions: options}); err != nil {
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

// entries are those of the audit log about a subject, the newest first.
func (w *vaultWorld) entries(subject string) (all []map[string]any) {
	w.t.Helper()
	_, got := w.call(http.MethodGet, w.address+"/api/v1/audit?subject="+url.QueryEscape(subject)+"&limit=200", w.first.Token, "application/json", "")
	items, _ := got["items"].([]any)
	for _, one := range items {
		e, _ := one.(map[string]any)
		all = append(all, e)
	}
	return all
}

// facts are the types of those of the sync about one subject.
func (w *vaultWorld) facts(subject string) []string {
	w.t.Helper()
	var all []string
	for _, e := range w.entries(subject) {
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

func moment(t *testing.T, text any) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, fmt.Sprint(text))
	if err != nil {
		t.Fatal(err)
	}
	return at
}
