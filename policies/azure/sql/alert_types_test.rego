package terrace.azure.sql.alert_types_test

import data.terrace.azure.sql.alert_types
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_server_security_alert_policy", values)

test_fails_when_some_are_disabled if {
	count(alert_types.deny) == 1 with input as making({"disabled_alerts": ["Sql_Injection"]})
}

test_passes_with_all if {
	count(alert_types.deny) == 0 with input as making({})
}

test_passes_with_an_empty_list if {
	count(alert_types.deny) == 0 with input as making({"disabled_alerts": []})
}
