package kinds_test

import (
	"net/http"
	"testing"
)

func TestRedis(t *testing.T) {
	t.Parallel()
	const cluster, database = "Microsoft.Cache/redisEnterprise/redis-shop", "Microsoft.Cache/redisEnterprise/redis-shop/databases/default"
	c := newDataCloud(t)
	c.must(http.MethodPut, cluster, `{"location":"westeurope","sku":{"name":"Balanced_B1"},"properties":{"publicNetworkAccess":"Disabled"}}`)
	got := c.must(http.MethodGet, cluster, "")
	c.want(got, "properties.hostName", "redis-shop.westeurope.redis.azuresim.localhost")
	c.want(got, "properties.resourceState", "Running")
	c.refused(http.MethodPut, "Microsoft.Cache/redisEnterprise/redis-old", `{"location":"westeurope","sku":{"name":"Enterprise_E10"}}`, 400, "InvalidSku")

	c.must(http.MethodPut, database, `{"properties":{"modules":[{"name":"RedisJSON"}]}}`)
	c.want(c.must(http.MethodGet, database, ""), "properties.port", 10000.0)
	c.refused(http.MethodPost, database+"/listKeys", "", 400, "AccessKeysDisabled")
	c.refused(http.MethodPut, database, `{"properties":{"clusteringPolicy":"NoCluster"}}`, 409, "PropertyChangeNotAllowed")

	c.must(http.MethodPatch, database, `{"properties":{"accessKeysAuthentication":"Enabled"}}`)
	first := c.must(http.MethodPost, database+"/listKeys", "")
	c.must(http.MethodPost, database+"/regenerateKey", `{"keyType":"Primary"}`)
	second := c.must(http.MethodPost, database+"/listKeys", "")
	if first["primaryKey"] == second["primaryKey"] || first["secondaryKey"] != second["secondaryKey"] {
		t.Errorf("the primary key alone must be new: %v, then %v", first, second)
	}
	c.want(c.must(http.MethodGet, database, ""), "properties.primaryKey", nil)
}

func TestRedisGeoReplication(t *testing.T) {
	t.Parallel()
	c := newDataCloud(t)
	id := func(name string) string { return "Microsoft.Cache/redisEnterprise/" + name + "/databases/default" }
	for _, name := range []string{"redis-one", "redis-two"} {
		c.must(http.MethodPut, "Microsoft.Cache/redisEnterprise/"+name, `{"location":"westeurope","sku":{"name":"Balanced_B3"}}`)
		c.must(http.MethodPut, id(name), `{"properties":{"geoReplication":{"groupNickname":"shop","linkedDatabases":[{"id":"`+c.group+`/providers/`+id(name)+`"}]}}}`)
	}
	one, two := c.group+"/providers/"+id("redis-one"), c.group+"/providers/"+id("redis-two")
	c.must(http.MethodPost, id("redis-one")+"/forceLinkToReplicationGroup", `{"geoReplication":{"groupNickname":"shop","linkedDatabases":[{"id":"`+one+`"},{"id":"`+two+`"}]}}`)
	for _, name := range []string{"redis-one", "redis-two"} {
		if got := len(c.list(id(name), "properties.geoReplication.linkedDatabases")); got != 2 {
			t.Errorf("%s is linked to %d databases, want 2", name, got)
		}
	}
	c.must(http.MethodPost, id("redis-one")+"/forceUnlink", `{"ids":["`+two+`"]}`)
	if got := len(c.list(id("redis-one"), "properties.geoReplication.linkedDatabases")); got != 1 {
		t.Errorf("redis-one is linked to %d databases, want itself alone", got)
	}
}
