package kinds_test

import (
	"net/http"
	"testing"
)

const registry = "Microsoft.ContainerRegistry/registries/crtest"

func TestARegistryHasAServerOfItsOwnAndKeepsItsPasswords(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	c.must(http.MethodPut, registry, `{"location":"westeurope","sku":{"name":"Premium"},"properties":{"dataEndpointEnabled":true}}`)
	read := c.must(http.MethodGet, registry, "")
	c.want(read, "properties.loginServer", "crtest.azurecr.azuresim.localhost")
	c.want(read, "properties.dataEndpointHostNames", []any{"crtest.westeurope.data.azurecr.azuresim.localhost"})
	c.want(read, "sku.tier", "Premium")
	c.refused(http.MethodPost, registry+"/listCredentials", "", http.StatusBadRequest, "UnAuthorizedForCredentialOperations")

	c.must(http.MethodPatch, registry, `{"properties":{"adminUserEnabled":true}}`)
	before := c.must(http.MethodPost, registry+"/listCredentials", "")
	after := c.must(http.MethodPost, registry+"/regenerateCredential", `{"name":"password"}`)
	was, now := before["passwords"].([]any), after["passwords"].([]any)
	if first, _ := was[0].(map[string]any); first["value"] == now[0].(map[string]any)["value"] {
		t.Error("the password is still the old one")
	}
	if second, _ := was[1].(map[string]any); second["value"] != now[1].(map[string]any)["value"] {
		t.Error("the second password has changed too")
	}
	c.must(http.MethodDelete, registry, "")
}

func TestRegistriesThatAzureRefuses(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	c.must(http.MethodPut, "Microsoft.ContainerRegistry/registries/crbasic", `{"location":"westeurope","sku":{"name":"Basic"}}`)
	for name, tt := range map[string]struct{ id, body, code string }{
		"no such size":     {registry, `{"location":"westeurope","sku":{"name":"Huge"}}`, "InvalidSku"},
		"private, Basic":   {registry, `{"location":"westeurope","sku":{"name":"Basic"},"properties":{"publicNetworkAccess":"Disabled"}}`, "UnsupportedOperation"},
		"zones, Standard":  {registry, `{"location":"westeurope","sku":{"name":"Standard"},"properties":{"zoneRedundancy":"Enabled"}}`, "UnsupportedOperation"},
		"anonymous, Basic": {registry, `{"location":"westeurope","sku":{"name":"Basic"},"properties":{"anonymousPullEnabled":true}}`, "UnsupportedOperation"},
		"public, no export": {
			registry, `{"location":"westeurope","sku":{"name":"Premium"},"properties":{"policies":{"exportPolicy":{"status":"disabled"}}}}`, "UnsupportedOperation",
		},
		"a copy of a Basic one": {"Microsoft.ContainerRegistry/registries/crbasic/replications/northeurope", `{"location":"northeurope"}`, "UnsupportedOperation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			(&dataCloud{t: t, engine: c.engine, group: c.group}).refused(http.MethodPut, tt.id, tt.body, http.StatusBadRequest, tt.code)
		})
	}
}
