package terrace.azure.sql.firewall_azure_test

import data.terrace.azure.sql.firewall_azure
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_firewall_rule", values)

test_fails_for_the_services_of_azure if {
	count(firewall_azure.deny) == 1 with input as making({"start_ip_address": "0.0.0.0", "end_ip_address": "0.0.0.0"})
}

test_passes_for_named_addresses if {
	count(firewall_azure.deny) == 0 with input as making({"start_ip_address": "203.0.113.4", "end_ip_address": "203.0.113.4"})
}
