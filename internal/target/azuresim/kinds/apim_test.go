package kinds_test

import (
	"net/http"
	"testing"
)

const apim = "Microsoft.ApiManagement/service/apim-shop"

func newAPIM(t *testing.T) *dataCloud {
	t.Helper()
	c := newNetwork(t)
	c.refused(http.MethodPut, apim, `{"location":"westeurope","sku":{"name":"StandardV2","capacity":1},"properties":{"publisherName":"Shop","publisherEmail":"a@b.c","publicNetworkAccess":"Disabled"}}`, 400, "ActivateServiceWithPrivateEndpointAccessNotAllowed")
	c.must(http.MethodPut, apim, `{"location":"westeurope","sku":{"name":"StandardV2","capacity":1},"properties":{"publisherName":"Shop","publisherEmail":"a@b.c"}}`)
	return c
}

func policy(text string) string { return `{"properties":{"format":"rawxml","value":"` + text + `"}}` }

func TestAPIManagement(t *testing.T) {
	t.Parallel()
	c := newAPIM(t)
	c.want(c.must(http.MethodGet, apim, ""), "properties.gatewayUrl", "https://apim-shop.azure-api.azuresim.localhost")
	c.refused(http.MethodPatch, apim, `{"properties":{"publicNetworkAccess":"Disabled"}}`, 400, "PublicNetworkAccessDisabledWithoutPrivateEndpoint")
	c.refused(http.MethodPatch, apim, `{"properties":{"virtualNetworkType":"External","virtualNetworkConfiguration":{"subnetResourceId":"`+c.id(subnet)+`"}}}`, 400, "InvalidSubnetDelegation")
	c.want(c.must(http.MethodGet, apim+"/groups/administrators", ""), "properties.builtIn", true)
	c.must(http.MethodGet, apim+"/policies/policy", "")

	c.must(http.MethodPut, apim+"/namedValues/key", `{"properties":{"displayName":"key","value":"hush","secret":true}}`)
	c.want(c.must(http.MethodGet, apim+"/namedValues/key", ""), "properties.value", nil)
	c.want(c.must(http.MethodPost, apim+"/namedValues/key/listValue", ""), "value", "hush")
	c.refused(http.MethodPut, apim+"/policies/policy", policy(`<policies><inbound>{{none}}</inbound></policies>`), 400, "ValidationError")
	c.refused(http.MethodPut, apim+"/policies/policy", policy(`<policy />`), 400, "ValidationError")
	c.must(http.MethodPut, apim+"/policies/policy", policy(`<policies><inbound>{{key}}</inbound></policies>`))
	c.refused(http.MethodDelete, apim+"/namedValues/key", "", 400, "ValidationError")
}

func TestAPIs(t *testing.T) {
	t.Parallel()
	c := newAPIM(t)
	const api, bare = apim + "/apis/orders;rev=1", apim + "/apis/orders"
	c.must(http.MethodPut, api, `{"properties":{"path":"orders","format":"openapi","value":"{\"paths\":{\"/orders/{id}\":{\"get\":{\"operationId\":\"getOrder\"}}}}"}}`)
	c.want(c.must(http.MethodGet, bare, ""), "properties.isCurrent", true)
	c.want(c.must(http.MethodGet, bare+"/operations/getOrder", ""), "properties.urlTemplate", "/orders/{id}")
	c.refused(http.MethodPut, apim+"/apis/other;rev=1", `{"properties":{"path":"orders"}}`, 400, "ValidationError")
	c.refused(http.MethodPut, bare+"/operations/x", `{"properties":{"displayName":"x","method":"GET","urlTemplate":"/{a}"}}`, 400, "ValidationError")
	c.refused(http.MethodPut, bare+"/policies/policy", policy(`<policies><inbound><set-backend-service backend-id=\"none\" /></inbound></policies>`), 400, "ValidationError")
	c.must(http.MethodPut, bare+"/policies/policy", policy(`<policies />`))

	c.must(http.MethodPut, apim+"/products/partners", `{"properties":{"displayName":"Partners"}}`)
	c.refused(http.MethodPut, apim+"/products/partners/apis/none", `{}`, 404, "ResourceNotFound")
	c.must(http.MethodPut, apim+"/products/partners/apis/orders", `{}`)
	c.must(http.MethodPut, apim+"/subscriptions/billing", `{"properties":{"displayName":"Billing","scope":"`+c.id(apim+"/products/partners")+`","state":"active"}}`)
	if keys := c.must(http.MethodPost, apim+"/subscriptions/billing/listSecrets", ""); keys["primaryKey"] == "" || keys["primaryKey"] == keys["secondaryKey"] {
		t.Errorf("a subscription has two keys: %v", keys)
	}

	c.must(http.MethodDelete, api, "")
	for _, gone := range []string{bare, bare + "/operations/getOrder", bare + "/policies/policy", apim + "/products/partners/apis/orders"} {
		if status, _ := c.do(http.MethodGet, gone, ""); status != http.StatusNotFound {
			t.Errorf("%s must go with the API: %d", gone, status)
		}
	}
	c.must(http.MethodDelete, apim+"/products/partners", "")
	if status, _ := c.do(http.MethodGet, apim+"/subscriptions/billing", ""); status != http.StatusNotFound {
		t.Errorf("a subscription must go with its product: %d", status)
	}
}

func TestADeletedServiceComesBack(t *testing.T) {
	t.Parallel()
	c := newAPIM(t)
	const deleted = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.ApiManagement/locations/westeurope/deletedServices/apim-shop"
	put := func(restore string) string {
		return `{"location":"westeurope","sku":{"name":"StandardV2","capacity":1},"properties":{"publisherName":"Shop","publisherEmail":"a@b.c"` + restore + `}}`
	}
	c.must(http.MethodPut, apim+"/products/partners", `{"properties":{"displayName":"Partners"}}`)
	c.must(http.MethodDelete, apim, "")
	c.want(c.must(http.MethodGet, deleted, ""), "properties.serviceId", c.id(apim))
	c.refused(http.MethodPut, apim, put(""), 409, "ServiceAlreadyExistsInSoftDeletedState")
	c.must(http.MethodPut, apim, put(`,"restore":true`))
	c.want(c.must(http.MethodGet, apim+"/products/partners", ""), "properties.displayName", "Partners")

	c.must(http.MethodDelete, apim, "")
	c.must(http.MethodDelete, deleted, "")
	c.must(http.MethodPut, apim, put(""))
	if status, answer := c.do(http.MethodGet, apim+"/products/partners", ""); status != http.StatusNotFound {
		t.Errorf("a purged service has nothing left: %v", answer)
	}
}
