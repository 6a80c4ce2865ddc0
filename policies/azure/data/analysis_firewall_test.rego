package terrace.azure.data.analysis_firewall_test

import data.terrace.azure.data.analysis_firewall
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_analysis_services_server", values)

test_fails_for_everyone if {
	count(analysis_firewall.deny) == 1 with input as making({"ipv4_firewall_rule": [{"range_start": "0.0.0.0", "range_end": "255.255.255.255"}]})
}

test_passes_for_named_ones if {
	count(analysis_firewall.deny) == 0 with input as making({"ipv4_firewall_rule": [{"range_start": "203.0.113.4", "range_end": "203.0.113.4"}]})
}

test_passes_without if {
	count(analysis_firewall.deny) == 0 with input as making({})
}
