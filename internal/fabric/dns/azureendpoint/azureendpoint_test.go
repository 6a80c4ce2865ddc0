package azureendpoint_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/azureendpoint"
)

func TestRead(t *testing.T) {
	t.Parallel()
	const connection = `"id": "/x/pe", "name": "pe", "private_service_connection": [{"private_connection_resource_id": "/x/vaults/KV", "subresource_names": ["vault"], "private_ip_address": "10.0.0.4"}]`
	base := dns.Found{Name: "pe", Resource: "/x/pe", Group: "vault"}
	of := func(service, zone string, addresses ...string) dns.Found {
		f := base
		f.Service, f.Zone, f.Addresses = service, zone, addresses
		return f
	}
	for _, c := range []struct {
		reason, attributes string
		want               []dns.Found
	}{
		{"the names of its zone groups", `{` + connection + `, "custom_dns_configs": [{"fqdn": "x.y", "ip_addresses": ["10.0.0.9"]}], "private_dns_zone_configs": [{"private_dns_zone_id": "/x/privateDnsZones/privatelink.A.net", "record_sets": [{"name": "kv", "type": "A", "ip_addresses": ["10.0.0.4"]}, {"name": "kv.weu", "type": "A", "ip_addresses": ["10.0.0.5"]}, {"name": "t", "type": "TXT"}]}]}`, []dns.Found{of("kv", "privatelink.a.net", "10.0.0.4"), of("kv.weu", "privatelink.a.net", "10.0.0.5")}},
		{"what Azure says of it", `{` + connection + `, "custom_dns_configs": [{"fqdn": "kv.vault.azure.net", "ip_addresses": ["10.0.0.4"]}]}`, []dns.Found{of("kv.vault.azure.net", "", "10.0.0.4")}},
		{"the resource", `{` + connection + `}`, []dns.Found{of("kv", "", "10.0.0.4")}},
		{"no address yet", `{"name": "pe", "private_service_connection": [{}]}`, nil},
		{"no connection", `{"name": "pe"}`, nil},
	} {
		got, err := azureendpoint.Read([]byte(c.attributes))
		if err != nil || cmp.Diff(c.want, got) != "" {
			t.Errorf("%s: %v\n%s", c.reason, err, cmp.Diff(c.want, got))
		}
	}
	if _, err := azureendpoint.Read([]byte(`[]`)); err == nil {
		t.Error("something else is read")
	}
}
