package kinds_test

import (
	"net/http"
	"testing"
)

const mysqlBody = `{"location":"westeurope","sku":{"name":"Standard_D2ads_v5","tier":"GeneralPurpose"},
	"properties":{"createMode":"Default","version":"8.4","administratorLogin":"dba","administratorLoginPassword":"Correct-horse-1","highAvailability":{"mode":"ZoneRedundant"}}}`

func TestMySQLServer(t *testing.T) {
	t.Parallel()
	const server = "Microsoft.DBforMySQL/flexibleServers/mysql-shop"
	c := newDataCloud(t)
	c.must(http.MethodPut, server, mysqlBody)

	got := c.must(http.MethodGet, server, "")
	c.want(got, "properties.fullyQualifiedDomainName", "mysql-shop.mysql.database.azuresim.localhost")
	c.want(got, "properties.administratorLoginPassword", nil)
	c.want(got, "properties.highAvailability.standbyAvailabilityZone", "2")
	c.want(got, "properties.network.publicNetworkAccess", "Enabled")

	c.must(http.MethodPut, server+"/databases/app", `{"properties":{"charset":"utf8mb4","collation":"utf8mb4_0900_ai_ci"}}`)
	c.refused(http.MethodPut, server+"/databases/app2", `{"properties":{"charset":"utf8mb4","collation":"latin1_bin"}}`, 400, "InvalidCollation")
	c.refused(http.MethodDelete, server+"/databases/mysql", "", 400, "OperationNotAllowed")
	c.refused(http.MethodPut, "Microsoft.DBforMySQL/flexibleServers/gone/databases/app", `{"properties":{}}`, 404, "ParentResourceNotFound")
	c.refused(http.MethodPatch, server, `{"properties":{"administratorLogin":"other"}}`, 409, "PropertyChangeNotAllowed")

	c.must(http.MethodPost, server+"/failover", "")
	got = c.must(http.MethodGet, server, "")
	c.want(got, "properties.availabilityZone", "2")
	c.want(got, "properties.highAvailability.standbyAvailabilityZone", "1")
}

func TestMySQLParametersHaveDefaultsAndBounds(t *testing.T) {
	t.Parallel()
	const server = "Microsoft.DBforMySQL/flexibleServers/mysql-shop"
	c := newDataCloud(t)
	c.must(http.MethodPut, server, mysqlBody)
	c.want(c.must(http.MethodGet, server+"/configurations/tls_version", ""), "properties.value", "TLSv1.2")

	c.must(http.MethodPatch, server+"/configurations/tls_version", `{"properties":{"value":"TLSv1.2,TLSv1.3"}}`)
	got := c.must(http.MethodGet, server+"/configurations/tls_version", "")
	c.want(got, "properties.value", "TLSv1.2,TLSv1.3")
	c.want(got, "properties.defaultValue", "TLSv1.2")
	c.want(got, "properties.source", "user-override")

	c.refused(http.MethodPatch, server+"/configurations/max_connections", `{"properties":{"value":"5"}}`, 400, "ServerParameterValueNotAllowed")
	c.refused(http.MethodPatch, server+"/configurations/require_secure_transport", `{"properties":{"value":"MAYBE"}}`, 400, "ServerParameterValueNotAllowed")
	c.refused(http.MethodPut, server+"/configurations/no_such_thing", `{"properties":{"value":"1"}}`, 404, "ResourceNotFound")
}

func TestMySQLRefusesWhatAzureRefuses(t *testing.T) {
	t.Parallel()
	const server = "Microsoft.DBforMySQL/flexibleServers/mysql-shop"
	for name, test := range map[string]struct{ body, code string }{
		"a weak password":        {`{"location":"westeurope","sku":{"name":"s","tier":"GeneralPurpose"},"properties":{"administratorLogin":"dba","administratorLoginPassword":"password"}}`, "InvalidParameterValue"},
		"a login of Azure's own": {`{"location":"westeurope","sku":{"name":"s","tier":"GeneralPurpose"},"properties":{"administratorLogin":"root","administratorLoginPassword":"Correct-horse-1"}}`, "InvalidParameterValue"},
		"a burstable standby":    {`{"location":"westeurope","sku":{"name":"s","tier":"Burstable"},"properties":{"administratorLogin":"dba","administratorLoginPassword":"Correct-horse-1","highAvailability":{"mode":"SameZone"}}}`, "HANotSupportedForBurstableTier"},
		"no size":                {`{"location":"westeurope","properties":{"administratorLogin":"dba","administratorLoginPassword":"Correct-horse-1"}}`, "InvalidRequestContent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newDataCloud(t).refused(http.MethodPut, server, test.body, 400, test.code)
		})
	}
	t.Run("firewall rules of a private server", func(t *testing.T) {
		t.Parallel()
		c := newDataCloud(t)
		c.must(http.MethodPut, server, `{"location":"westeurope","sku":{"name":"s","tier":"GeneralPurpose"},"properties":{"administratorLogin":"dba","administratorLoginPassword":"Correct-horse-1","network":{"publicNetworkAccess":"Disabled"}}}`)
		c.refused(http.MethodPut, server+"/firewallRules/all", `{"properties":{"startIpAddress":"203.0.113.1","endIpAddress":"203.0.113.1"}}`, 400, "FirewallRulesNotSupported")
	})
}
