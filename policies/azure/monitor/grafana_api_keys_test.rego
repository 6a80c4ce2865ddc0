package terrace.azure.monitor.grafana_api_keys_test

import data.terrace.azure.monitor.grafana_api_keys
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_dashboard_grafana", values)

test_passes_by_default if {
	count(grafana_api_keys.deny) == 0 with input as making({})
}

test_fails_when_it_is_on if {
	count(grafana_api_keys.deny) == 1 with input as making({"api_key_enabled": true})
}

test_passes_when_it_is_off if {
	count(grafana_api_keys.deny) == 0 with input as making({"api_key_enabled": false})
}

test_fails_until_it_is_known if {
	count(grafana_api_keys.deny) == 1 with input as fixture.unknowns("azurerm_dashboard_grafana", {}, {"api_key_enabled": true})
}
