package terrace.azure.sql.firewall_any_test

import data.terrace.azure.sql.firewall_any
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_firewall_rule", values)

test_fails_for_every_address if {
	count(firewall_any.deny) == 1 with input as making({"start_ip_address": "0.0.0.0", "end_ip_address": "255.255.255.255"})
}

test_fails_for_half_of_them if {
	count(firewall_any.deny) == 1 with input as making({"start_ip_address": "0.0.0.0", "end_ip_address": "127.255.255.255"})
}

test_fails_for_the_other_half if {
	count(firewall_any.deny) == 1 with input as making({"start_ip_address": "128.0.0.0", "end_ip_address": "255.255.255.255"})
}

test_passes_for_named_ones if {
	count(firewall_any.deny) == 0 with input as making({"start_ip_address": "203.0.113.4", "end_ip_address": "203.0.113.8"})
}

test_passes_for_the_services_of_azure if {
	count(firewall_any.deny) == 0 with input as making({"start_ip_address": "0.0.0.0", "end_ip_address": "0.0.0.0"})
}

test_fails_for_redis if {
	count(firewall_any.deny) == 1 with input as fixture.creates("azurerm_redis_firewall_rule", {"start_ip": "0.0.0.0", "end_ip": "255.255.255.255"})
}

test_passes_what_is_not_known if {
	count(firewall_any.deny) == 0 with input as fixture.unknowns("azurerm_mssql_firewall_rule", {}, {"start_ip_address": true, "end_ip_address": true})
}
