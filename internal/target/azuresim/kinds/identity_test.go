package kinds_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const testIdentity = "Microsoft.ManagedIdentity/userAssignedIdentities/id-test"

func federated(name string) string { return testIdentity + "/federatedIdentityCredentials/" + name }

func credential(issuer, subject string) string {
	return fmt.Sprintf(`{"properties":{"issuer":%q,"subject":%q,"audiences":["api://AzureADTokenExchange"]}}`, issuer, subject)
}

func TestAnIdentityKeepsItsPrincipal(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	made := c.must(http.MethodPut, testIdentity, `{"location":"westeurope"}`)
	c.want(made, "properties.tenantId", "00000000-0000-0000-0000-000000000002")
	principal, _ := arm.Lookup(made, "properties.principalId")
	again := c.must(http.MethodPut, testIdentity, `{"location":"westeurope","tags":{"a":"b"},"properties":{"principalId":"mine"}}`)
	c.want(again, "properties.principalId", principal)
	c.refused(http.MethodPut, "Microsoft.ManagedIdentity/userAssignedIdentities/i", `{"location":"westeurope"}`, http.StatusBadRequest, "InvalidResourceName")
}

func TestFederatedCredentialsThatAzureRefuses(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	c.must(http.MethodPut, testIdentity, `{"location":"westeurope"}`)
	c.must(http.MethodPut, federated("first"), credential("https://issuer.example.com/", "system:serviceaccount:a:b"))
	c.refused(http.MethodPut, federated("second"), credential("https://issuer.example.com", "system:serviceaccount:a:b"), http.StatusConflict, "Conflict")
	c.refused(http.MethodPut, federated("second"), credential("http://issuer.example.com", "s"), http.StatusBadRequest, "BadRequest")
	c.refused(http.MethodPut, federated("second"), `{"properties":{"issuer":"https://issuer.example.com","subject":"s","audiences":["a","b"]}}`, http.StatusBadRequest, "BadRequest")
	for n := 1; n < 20; n++ {
		c.must(http.MethodPut, federated(fmt.Sprintf("more-%d", n)), credential("https://issuer.example.com", fmt.Sprint(n)))
	}
	c.refused(http.MethodPut, federated("too-many"), credential("https://issuer.example.com", "too-many"), http.StatusBadRequest, "BadRequest")
	c.must(http.MethodDelete, testIdentity, "")
	if status, _ := c.do(http.MethodGet, federated("first"), ""); status != http.StatusNotFound {
		t.Errorf("a credential outlives its identity: %d", status)
	}
}
