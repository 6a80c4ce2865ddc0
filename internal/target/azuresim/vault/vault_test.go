package vault_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
	"github.com/terrace-idp/terrace/internal/target/azuresim/kinds"
	"github.com/terrace-idp/terrace/internal/target/azuresim/vault"
)

const (
	subscription = "00000000-0000-0000-0000-000000000001"
	tenant       = "00000000-0000-0000-0000-000000000002"
	group        = "/subscriptions/" + subscription + "/resourceGroups/rg"
	vaultID      = group + "/providers/Microsoft.KeyVault/vaults/kv-test"
	secretsUser  = "4633458b-17de-408a-b874-0445c86b69e6"
)

// cloud is a simulated cloud with a group and, after open, a vault. Requests name their caller in a header.
type cloud struct {
	t      *testing.T
	engine *arm.Engine
	plane  *vault.Plane
	now    time.Time
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{t: t, now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	callers := map[string]arm.Caller{
		"owner": {ObjectID: "00000000-0000-0000-0000-00000000000a", Name: "owner", Owner: true},
		"app":   {ObjectID: "00000000-0000-0000-0000-00000000000b", AppID: "app", Name: "app"},
	}
	var err error
	c.engine, err = arm.New(t.Context(), arm.Config{
		Cloud: arm.Cloud{TenantID: tenant, SubscriptionID: subscription, SubscriptionName: "test", Endpoint: "https://localhost", Domain: "azuresim.localhost"},
		Kinds: kinds.All(), Now: func() time.Time { return c.now }, Log: slog.New(slog.DiscardHandler),
		Authenticate: func(r *http.Request) (arm.Caller, error) {
			caller, known := callers[r.Header.Get("X-Caller")]
			if !known {
				return caller, arm.Errorf(http.StatusUnauthorized, "AuthenticationFailed", "who are you?")
			}
			return caller, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.engine.Write(t.Context(), callers["owner"], func(x *arm.Context) error { kinds.Seed(x, callers["owner"].ObjectID); return nil }); err != nil {
		t.Fatal(err)
	}
	c.plane = vault.New(c.engine)
	c.arm(http.MethodPut, group, `{"location":"westeurope"}`, http.StatusCreated)
	return c
}

// open makes the vault; properties are added to it.
func (c *cloud) open(properties string) {
	c.t.Helper()
	c.arm(http.MethodPut, vaultID, `{"location":"westeurope","properties":{"tenantId":"`+tenant+`","sku":{"name":"standard","family":"A"},"enableRbacAuthorization":true`+properties+`}}`, http.StatusOK)
}

func (c *cloud) arm(method, path, body string, want int) (out arm.Object) {
	c.t.Helper()
	return c.send(c.engine, "owner", method, "https://localhost"+path+"?api-version=2026-02-01", body, want)
}

// data sends a request to the vault's data plane.
func (c *cloud) data(caller, method, path, body string, want int) (out arm.Object) {
	c.t.Helper()
	return c.send(c.plane, caller, method, "https://kv-test.vault.azuresim.localhost"+path+"?api-version=7.4", body, want)
}

func (c *cloud) send(to http.Handler, caller, method, url, body string, want int) (out arm.Object) {
	c.t.Helper()
	r := httptest.NewRequestWithContext(c.t.Context(), method, url, bytes.NewBufferString(body))
	r.Header.Set("X-Caller", caller)
	w := httptest.NewRecorder()
	to.ServeHTTP(w, r)
	if w.Code != want {
		c.t.Fatalf("%s %s: status %d, want %d: %s", method, url, w.Code, want, w.Body)
	}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			c.t.Fatal(err)
		}
	}
	return out
}

// at reads a string in an answer.
func at(t *testing.T, o arm.Object, path string) string {
	t.Helper()
	v, has := arm.Lookup(o, path)
	s, is := v.(string)
	if !has || !is {
		t.Fatalf("there is no %s in %v", path, o)
	}
	return s
}

func TestACallerWithoutATokenIsToldWhereToGetOne(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	w := httptest.NewRecorder()
	c.plane.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://kv-test.vault.azuresim.localhost/keys?api-version=7.4", http.NoBody))
	want := `Bearer authorization="https://localhost/` + tenant + `", resource="https://vault.azuresim.localhost"`
	if got := w.Header().Get("Www-Authenticate"); w.Code != http.StatusUnauthorized || got != want {
		t.Fatalf("status %d, challenge %s, want %s", w.Code, got, want)
	}
}

func TestRolesOpenTheVaultOrOneSecretOfIt(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.open("")
	c.data("owner", http.MethodPut, "/secrets/mine", `{"value":"a"}`, http.StatusOK)
	c.data("owner", http.MethodPut, "/secrets/other", `{"value":"b"}`, http.StatusOK)
	refused := c.data("app", http.MethodGet, "/secrets/mine", "", http.StatusForbidden)
	if got := at(t, refused, "error.innererror.code"); got != "ForbiddenByRbac" {
		t.Fatalf("the refusal is %s", got)
	}
	c.arm(http.MethodPut, vaultID+"/secrets/mine/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-0000000000aa",
		`{"properties":{"roleDefinitionId":"/subscriptions/`+subscription+`/providers/Microsoft.Authorization/roleDefinitions/`+secretsUser+`","principalId":"00000000-0000-0000-0000-00000000000b"}}`, http.StatusCreated)
	if got := at(t, c.data("app", http.MethodGet, "/secrets/mine", "", http.StatusOK), "value"); got != "a" {
		t.Fatalf("the secret is %s", got)
	}
	c.data("app", http.MethodGet, "/secrets/other", "", http.StatusForbidden)
	c.data("app", http.MethodPut, "/secrets/mine", `{"value":"c"}`, http.StatusForbidden)
}

func TestAccessPoliciesOpenAVaultWithoutRoles(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.open(`,"enableRbacAuthorization":false,"accessPolicies":[{"tenantId":"` + tenant + `","objectId":"00000000-0000-0000-0000-00000000000b","permissions":{"secrets":["Get"]}}]`)
	c.data("owner", http.MethodPut, "/secrets/mine", `{"value":"a"}`, http.StatusOK)
	c.data("app", http.MethodGet, "/secrets/mine", "", http.StatusOK)
	if got := at(t, c.data("app", http.MethodDelete, "/secrets/mine", "", http.StatusForbidden), "error.innererror.code"); got != "ForbiddenByPolicy" {
		t.Fatalf("the refusal is %s", got)
	}
}

func TestAPrivateVaultIsReachedThroughAnEndpointAlone(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.open(`,"publicNetworkAccess":"Disabled"`)
	if got := at(t, c.data("owner", http.MethodGet, "/secrets", "", http.StatusForbidden), "error.innererror.code"); got != "ForbiddenByConnection" {
		t.Fatalf("the refusal is %s", got)
	}
}

func TestSecretsHaveVersionsAndComeBack(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.open("")
	first := at(t, c.data("owner", http.MethodPut, "/secrets/token", `{"value":"one","contentType":"text/plain","tags":{"a":"b"}}`, http.StatusOK), "id")
	c.data("owner", http.MethodPut, "/secrets/token", `{"value":"two","attributes":{"exp":1900000000}}`, http.StatusOK)
	if got := at(t, c.data("owner", http.MethodGet, "/secrets/token/", "", http.StatusOK), "value"); got != "two" {
		t.Fatalf("the latest value is %s", got)
	}
	version := first[strings.LastIndex(first, "/"):]
	if got := at(t, c.data("owner", http.MethodGet, "/secrets/token"+version, "", http.StatusOK), "value"); got != "one" {
		t.Fatalf("the first value is %s", got)
	}
	c.data("owner", http.MethodPatch, "/secrets/token/", `{"attributes":{"enabled":false}}`, http.StatusOK)
	c.data("owner", http.MethodGet, "/secrets/token", "", http.StatusForbidden)
	c.data("owner", http.MethodDelete, "/secrets/token", "", http.StatusOK)
	c.data("owner", http.MethodGet, "/secrets/token", "", http.StatusNotFound)
	if got := at(t, c.data("owner", http.MethodPut, "/secrets/token", `{"value":"three"}`, http.StatusConflict), "error.innererror.code"); got != "ObjectIsDeletedButRecoverable" {
		t.Fatalf("the conflict is %s", got)
	}
	c.data("owner", http.MethodPost, "/deletedsecrets/token/recover", "", http.StatusOK)
	c.data("owner", http.MethodGet, "/secrets/token"+version, "", http.StatusOK)
	c.data("owner", http.MethodDelete, "/secrets/token", "", http.StatusOK)
	c.data("owner", http.MethodDelete, "/deletedsecrets/token", "", http.StatusNoContent)
	c.data("owner", http.MethodGet, "/deletedsecrets/token", "", http.StatusNotFound)
	c.data("owner", http.MethodPut, "/secrets/token", `{"value":"four"}`, http.StatusOK)
}

func TestPurgeProtectionKeepsWhatWasDeletedUntilItsTime(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.open(`,"enablePurgeProtection":true,"softDeleteRetentionInDays":7`)
	c.data("owner", http.MethodPut, "/secrets/token", `{"value":"one"}`, http.StatusOK)
	c.data("owner", http.MethodDelete, "/secrets/token", "", http.StatusOK)
	c.data("owner", http.MethodDelete, "/deletedsecrets/token", "", http.StatusForbidden)
	c.now = c.now.Add(8 * 24 * time.Hour)
	c.data("owner", http.MethodPut, "/secrets/token", `{"value":"two"}`, http.StatusOK)
}

func TestADeletedVaultComesBackWithWhatItHeld(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.open("")
	c.data("owner", http.MethodPut, "/secrets/token", `{"value":"one"}`, http.StatusOK)
	c.arm(http.MethodDelete, vaultID, "", http.StatusOK)
	c.data("owner", http.MethodGet, "/secrets/token", "", http.StatusNotFound)
	body := `{"location":"westeurope","properties":{"tenantId":"` + tenant + `","sku":{"name":"standard"},"enableRbacAuthorization":true`
	c.arm(http.MethodPut, vaultID, body+`}}`, http.StatusConflict)
	c.arm(http.MethodPut, vaultID, body+`,"createMode":"recover"}}`, http.StatusOK)
	c.data("owner", http.MethodGet, "/secrets/token", "", http.StatusOK)

	c.arm(http.MethodDelete, vaultID, "", http.StatusOK)
	c.arm(http.MethodPost, "/subscriptions/"+subscription+"/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv-test/purge", "", http.StatusAccepted)
	c.open("")
	c.data("owner", http.MethodGet, "/secrets/token", "", http.StatusNotFound)
}
