package kinds_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const cosmosAccount = "Microsoft.DocumentDB/databaseAccounts/cosmos-shop"

func newCosmos(t *testing.T, kind, more string) *dataCloud {
	t.Helper()
	c := newDataCloud(t)
	c.must(http.MethodPut, cosmosAccount, `{"location":"westeurope","kind":"`+kind+`","properties":{"databaseAccountOfferType":"Standard",`+more+
		`"locations":[{"locationName":"westeurope","failoverPriority":0,"isZoneRedundant":true}]}}`)
	return c
}

func TestCosmosAccount(t *testing.T) {
	t.Parallel()
	c := newCosmos(t, "GlobalDocumentDB", "")
	got := c.must(http.MethodGet, cosmosAccount, "")
	c.want(got, "properties.documentEndpoint", "https://cosmos-shop.documents.azuresim.localhost:443/")
	c.want(got, "properties.primaryMasterKey", nil)
	writes, _ := arm.Lookup(got, "properties.writeLocations")
	if list, _ := writes.([]any); len(list) != 1 {
		t.Errorf("the account is written to in %v", writes)
	}

	for name, status := range map[string]int{"cosmos-shop": http.StatusNoContent, "cosmos-free": http.StatusNotFound} {
		if got, _ := c.do(http.MethodHead, "/providers/Microsoft.DocumentDB/databaseAccountNames/"+name, ""); got != status {
			t.Errorf("HEAD of the name %s answers %d, want %d", name, got, status)
		}
	}
	c.refused(http.MethodPut, "Microsoft.DocumentDB/databaseAccounts/twice", `{"location":"westeurope","properties":{"databaseAccountOfferType":"Standard","locations":[{"locationName":"westeurope","failoverPriority":0},{"locationName":"northeurope","failoverPriority":0}]}}`, 400, "BadRequest")
	c.refused(http.MethodPut, cosmosAccount+"/mongodbDatabases/main", `{"properties":{"resource":{"id":"main"}}}`, 400, "BadRequest")
}

func TestCosmosThroughput(t *testing.T) {
	t.Parallel()
	c := newCosmos(t, "GlobalDocumentDB", "")
	const shared, own = cosmosAccount + "/sqlDatabases/shared", cosmosAccount + "/sqlDatabases/own"
	c.must(http.MethodPut, shared, `{"properties":{"resource":{"id":"shared"},"options":{"autoscaleSettings":{"maxThroughput":4000}}}}`)
	c.must(http.MethodPut, own, `{"properties":{"resource":{"id":"own"},"options":{}}}`)
	for _, database := range []string{shared, own} {
		c.must(http.MethodPut, database+"/containers/orders", `{"properties":{"resource":{"id":"orders","partitionKey":{"paths":["/customer"]}},"options":{}}}`)
	}
	c.want(c.must(http.MethodGet, shared+"/throughputSettings/default", ""), "properties.resource.autoscaleSettings.maxThroughput", 4000.0)
	c.refused(http.MethodGet, own+"/throughputSettings/default", "", 404, "ResourceNotFound")
	c.refused(http.MethodGet, shared+"/containers/orders/throughputSettings/default", "", 404, "ResourceNotFound")
	c.want(c.must(http.MethodGet, own+"/containers/orders/throughputSettings/default", ""), "properties.resource.throughput", 400.0)

	c.must(http.MethodPut, own+"/containers/orders/throughputSettings/default", `{"properties":{"resource":{"throughput":500}}}`)
	c.refused(http.MethodPut, own+"/containers/orders/throughputSettings/default", `{"properties":{"resource":{"throughput":450}}}`, 400, "BadRequest")
	c.refused(http.MethodPut, own+"/containers/orders/throughputSettings/default", `{"properties":{"resource":{"autoscaleSettings":{"maxThroughput":1000}}}}`, 400, "BadRequest")
	c.want(c.must(http.MethodGet, own+"/containers/orders/throughputSettings/default", ""), "properties.resource.throughput", 500.0)
	c.refused(http.MethodPut, own+"/containers/orders", `{"properties":{"resource":{"id":"orders","partitionKey":{"paths":["/other"]}}}}`, 409, "PropertyChangeNotAllowed")
}

func TestCosmosRoles(t *testing.T) {
	t.Parallel()
	c := newCosmos(t, "GlobalDocumentDB", "")
	account := c.group + "/providers/" + cosmosAccount
	const role = cosmosAccount + "/sqlRoleDefinitions/10000000-0000-0000-0000-000000000000"
	const given = cosmosAccount + "/sqlRoleAssignments/20000000-0000-0000-0000-000000000000"
	c.want(c.must(http.MethodGet, cosmosAccount+"/sqlRoleDefinitions/00000000-0000-0000-0000-000000000001", ""), "properties.type", "BuiltInRole")
	c.must(http.MethodPut, role, `{"properties":{"roleName":"Appends","assignableScopes":["`+account+`"],"permissions":[{"dataActions":["Microsoft.DocumentDB/databaseAccounts/readMetadata"]}]}}`)
	c.must(http.MethodPut, given, `{"properties":{"roleDefinitionId":"`+c.group+"/providers/"+role+`","scope":"`+account+`/dbs/main","principalId":"00000000-0000-0000-0000-00000000000a"}}`)
	c.refused(http.MethodDelete, role, "", 400, "BadRequest")
	c.refused(http.MethodPut, given[:len(given)-1]+"1", `{"properties":{"roleDefinitionId":"`+account+`/sqlRoleDefinitions/30000000-0000-0000-0000-000000000000","scope":"`+account+`","principalId":"p"}}`, 400, "BadRequest")
	c.must(http.MethodDelete, given, "")
	c.must(http.MethodDelete, role, "")
}

func TestCosmosMongo(t *testing.T) {
	t.Parallel()
	c := newCosmos(t, "MongoDB", `"capabilities":[{"name":"EnableServerless"}],`)
	c.want(c.must(http.MethodGet, cosmosAccount, ""), "properties.apiProperties.serverVersion", "7.0")
	lines, _ := c.must(http.MethodPost, cosmosAccount+"/listConnectionStrings", "")["connectionStrings"].([]any)
	first, _ := lines[0].(arm.Object)
	if line, _ := first["connectionString"].(string); !strings.Contains(line, "@cosmos-shop.mongo.cosmos.azuresim.localhost:10255/") {
		t.Errorf("the connection string is %q", line)
	}
	const database = cosmosAccount + "/mongodbDatabases/catalog"
	c.must(http.MethodPut, database, `{"properties":{"resource":{"id":"catalog"},"options":{}}}`)
	c.must(http.MethodPut, database+"/collections/products", `{"properties":{"resource":{"id":"products","indexes":[{"key":{"keys":["sku"]}}]}}}`)
	if indexes := c.list(database+"/collections/products", "properties.resource.indexes"); len(indexes) != 2 {
		t.Errorf("the indexes are %v, want one of _id and one of sku", indexes)
	}
	c.refused(http.MethodPut, cosmosAccount+"/mongodbDatabases/big", `{"properties":{"resource":{"id":"big"},"options":{"throughput":400}}}`, 400, "BadRequest")
}
