package terrace.azure.sql.security_alerts_test

import data.terrace.azure.sql.security_alerts
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_server_security_alert_policy", values)

test_fails_by_default if {
	count(security_alerts.deny) == 1 with input as making({})
}

test_fails_when_it_is_disabled if {
	count(security_alerts.deny) == 1 with input as making({"state": "Disabled"})
}

test_passes_when_it_is_enabled if {
	count(security_alerts.deny) == 0 with input as making({"state": "Enabled"})
}

test_fails_until_it_is_known if {
	count(security_alerts.deny) == 1 with input as fixture.unknowns("azurerm_mssql_server_security_alert_policy", {}, {"state": true})
}
