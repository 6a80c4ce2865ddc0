package azure_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// published is the document of version 1 of the API orders of the project shop.
type published string

func (p published) Document(scope kernel.Scope, api, version string) (string, bool) {
	return string(p), scope.Project == "shop" && api == "orders" && version == "1"
}

const ordersAPI = `openapi: 3.0.3
info: {title: Orders, version: "1"}
servers: [{url: https://api.example.com/v1}]
paths: {/orders: {get: {responses: {"200": {description: ok}}}}}
`

// TestTheOperationsOfAnAPI: the document's operations are the API's, under the path of its
// server, and the service is asked for the path that the client asked for.
func TestTheOperationsOfAnAPI(t *testing.T) {
	t.Parallel()
	one := inForce(t, "a", simple, map[string]string{"ValidationPolicy": `{"apis": [{"api": "orders", "version": "1"}], "responses": "block", "maxBodyBytes": 65536}`})
	value, told := azure.Translate(azure.Input{Routes: []gateway.InForce{one}, Documents: published(ordersAPI)})
	for _, j := range told {
		if j.Refused {
			t.Errorf("%+v", j)
		}
	}
	api := apiOf(t, value, "a.example.com")
	if api.Path != "a.example.com/v1" || api.Import == nil || api.Import.Format != "openapi" || api.Import.Value != ordersAPI {
		t.Errorf("%+v", api)
	}
	sound(t, api.Policy.XML)
	for _, has := range []string{
		`.Substring(14))`, // what the host takes of the path, and no more
		`<rewrite-uri template='@(((string)context.Variables["terrace-path"]))'`, `max-size="65536"`, `specified-parameter-action="prevent"`,
	} {
		if !strings.Contains(api.Policy.XML, has) {
			t.Errorf("there is no %s in %s", has, api.Policy.XML)
		}
	}
	if n := strings.Count(api.Policy.XML, "<validate-content"); n != 2 {
		t.Errorf("bodies are validated %d times, not on both ways", n)
	}
	if strings.Count(api.Policy.XML, `size-exceeded-action="prevent"`) != 1 || strings.Count(api.Policy.XML, `size-exceeded-action="detect"`) != 1 {
		t.Errorf("an answer that is not read passes, and a request does not: %s", api.Policy.XML)
	}
	one = inForce(t, "a", simple, map[string]string{"ValidationPolicy": `{"apis": [{"api": "orders", "version": "1"}], "responses": "block", "unreadResponses": "refuse"}`})
	if value, _ = azure.Translate(azure.Input{Routes: []gateway.InForce{one}, Documents: published(ordersAPI)}); strings.Contains(apiOf(t, value, "a.example.com").Policy.XML, `"detect"`) {
		t.Error("an answer that is not read passes, though it is refused")
	}
	value, _ = azure.Translate(azure.Input{Routes: []gateway.InForce{inForce(t, "a", simple, map[string]string{
		"ValidationPolicy": `{"apis": [{"api": "orders", "version": "1", "prefix": ""}], "requests": "report", "responses": "off"}`,
	})}, Documents: published(`{"openapi": "3.0.3", "paths": {}}`)})
	api = apiOf(t, value, "a.example.com")
	if api.Path != "a.example.com" || api.Import.Format != "openapi+json" || strings.Contains(api.Policy.XML, "prevent") || strings.Count(api.Policy.XML, "<validate-content") != 1 {
		t.Errorf("%+v", api)
	}
}

// TestAPIsThatAreNotValidated are refused, each for one reason.
func TestAPIsThatAreNotValidated(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]string{
		"another version":  `{"apis": [{"api": "orders", "version": "2"}]}`,
		"two APIs":         `{"apis": [{"api": "orders", "version": "1"}, {"api": "orders", "version": "2"}]}`,
		"what is unknown":  `{"apis": [{"api": "orders", "version": "1"}], "unknownOperations": "pass"}`,
		"a very long body": `{"apis": [{"api": "orders", "version": "1"}], "maxBodyBytes": 8000000}`,
	} {
		refused := 0
		_, told := azure.Translate(azure.Input{Routes: []gateway.InForce{inForce(t, "a", simple, map[string]string{"ValidationPolicy": spec})}, Documents: published(ordersAPI)})
		for _, j := range told {
			if j.Refused && j.Kind == "ValidationPolicy" {
				refused++
			}
		}
		if refused != 1 {
			t.Errorf("%s: %+v", name, told)
		}
	}
}
