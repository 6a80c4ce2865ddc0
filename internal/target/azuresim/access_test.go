package azuresim_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
)

const (
	github      = "https://token.actions.githubusercontent.com"
	subject     = "repo:org/repo:environment:dev"
	exchange    = "api://AzureADTokenExchange"
	reader      = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c"
	blobReader  = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
	blobWriter  = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
)

// federate makes an identity that GitHub's environment dev may be, and returns its client id and object id.
func (c *cloud) federate(t *testing.T) (client, object string) {
	t.Helper()
	c.must(t, "PUT", "{s}/resourceGroups/g1", group)
	identity := "{s}/resourceGroups/g1/providers/Microsoft.ManagedIdentity/userAssignedIdentities/pipeline"
	got := c.must(t, "PUT", identity, `{"location": "westeurope"}`)
	c.must(t, "PUT", identity+"/federatedIdentityCredentials/github-dev", fmt.Sprintf(`{"properties": {"issuer": %q, "subject": %q, "audiences": [%q]}}`, github, subject, exchange))
	properties := got["properties"].(map[string]any)
	return properties["clientId"].(string), properties["principalId"].(string)
}

// assign gives a principal a role at a scope.
func (c *cloud) assign(t *testing.T, scope, role, object, name string) {
	t.Helper()
	c.must(t, "PUT", scope+"/providers/Microsoft.Authorization/roleAssignments/"+name, fmt.Sprintf(
		`{"properties": {"roleDefinitionId": "{s}/providers/Microsoft.Authorization/roleDefinitions/%s", "principalId": %q}}`, role, object))
}

// assertion signs in with a token of an issuer that the simulator plays.
func (c *cloud) assertion(t *testing.T, client, issuer, about, audience, scope string) (int, map[string]any) {
	t.Helper()
	token, err := c.Client.Token(t.Context(), issuer, about, audience)
	if err != nil {
		t.Fatal(err)
	}
	return c.form(t, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {client}, "client_assertion": {token}, "scope": {scope},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	})
}

func TestFederatedSignIn(t *testing.T) {
	t.Parallel()
	c := start(t)
	client, _ := c.federate(t)
	for name, test := range map[string]struct {
		client, issuer, subject, audience string
		number                            float64
	}{
		"its own":          {client, github, subject, exchange, 0},
		"another subject":  {client, github, "repo:org/repo:environment:prod", exchange, 700213},
		"another issuer":   {client, "https://example.com", subject, exchange, 700211},
		"another audience": {client, github, subject, "somebody", 700212},
		"no such client":   {"00000000-0000-0000-0000-000000000001", github, subject, exchange, 700016},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, body := c.assertion(t, test.client, test.issuer, test.subject, test.audience, c.Endpoint()+"/.default")
			numbers, _ := body["error_codes"].([]any)
			if test.number == 0 && status != http.StatusOK || test.number != 0 && (len(numbers) != 1 || numbers[0] != test.number) {
				t.Errorf("answers %d %v, not AADSTS%v", status, body, test.number)
			}
		})
	}
}

func TestSecretsOfNobody(t *testing.T) {
	t.Parallel()
	c := start(t)
	env := c.Env()
	for name, form := range map[string]url.Values{
		"a wrong secret": {"grant_type": {"client_credentials"}, "client_id": {env["ARM_CLIENT_ID"]}, "client_secret": {"x"}, "scope": {"a/.default"}},
		"no scope":       {"grant_type": {"client_credentials"}, "client_id": {env["ARM_CLIENT_ID"]}, "client_secret": {env["ARM_CLIENT_SECRET"]}},
		"another grant":  {"grant_type": {"password"}, "client_id": {env["ARM_CLIENT_ID"]}},
		"a bad token":    {"grant_type": {"client_credentials"}, "client_id": {env["ARM_CLIENT_ID"]}, "client_assertion": {"x.y.z"}},
	} {
		if status, body := c.form(t, form); status < http.StatusBadRequest {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
}

func TestRolesDecide(t *testing.T) {
	t.Parallel()
	c := start(t)
	client, object := c.federate(t)
	_, body := c.assertion(t, client, github, subject, exchange, c.Endpoint()+"/.default")
	ci := *c
	ci.token, _ = body["access_token"].(string)
	refused := func(method, path, document string) {
		t.Helper()
		if status, got, _ := ci.arm(t, method, path, document); status != http.StatusForbidden || code(got) != "AuthorizationFailed" {
			t.Errorf("%s %s: %d %v", method, path, status, got)
		}
	}
	refused("GET", "{s}/resourceGroups/g1", "")
	c.assign(t, "{s}/resourceGroups/g1", reader, object, "00000000-0000-0000-0000-00000000000a")
	ci.must(t, "GET", "{s}/resourceGroups/g1", "")
	refused("PUT", inGroup+"acc1", account)
	refused("GET", "{s}/resourceGroups", "")
	c.assign(t, "{s}/resourceGroups/g1", contributor, object, "00000000-0000-0000-0000-00000000000b")
	ci.must(t, "PUT", inGroup+"acc1", account)
	refused("PUT", "{s}/resourceGroups/g1/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-00000000000c", `{"properties": {}}`)
	c.must(t, "DELETE", "{s}/resourceGroups/g1/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-00000000000b", "")
	refused("DELETE", inGroup+"acc1", "")
}
