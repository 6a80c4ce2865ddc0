package terrace.azure.mysql.audit_log_test

import data.terrace.azure.mysql.audit_log
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mysql_flexible_server_configuration", values)

test_fails_when_off if {
	count(audit_log.deny) == 1 with input as making({"name": "audit_log_enabled", "value": "off"})
}

test_passes_when_on if {
	count(audit_log.deny) == 0 with input as making({"name": "audit_log_enabled", "value": "on"})
}

test_passes_another_parameter if {
	count(audit_log.deny) == 0 with input as making({"name": "application_name", "value": "off"})
}
