package terrace.azure.network.private_endpoint_dns_test

import data.terrace.azure.network.private_endpoint_dns
import data.terrace.lib.fixture

endpoint(values) := fixture.creates("azurerm_private_endpoint", values)

test_fails_without if {
	count(private_endpoint_dns.deny) == 1 with input as endpoint({})
}

test_fails_when_empty if {
	count(private_endpoint_dns.deny) == 1 with input as endpoint({"private_dns_zone_group": []})
}

test_passes_with if {
	count(private_endpoint_dns.deny) == 0 with input as endpoint({"private_dns_zone_group": [{"name": "default", "private_dns_zone_ids": ["/x"]}]})
}

test_passes_when_unknown if {
	count(private_endpoint_dns.deny) == 0 with input as fixture.unknowns("azurerm_private_endpoint", {}, {"private_dns_zone_group": [{"private_dns_zone_ids": true}]})
}
