package terrace.azure.sql.alert_emails_test

import data.terrace.azure.sql.alert_emails
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_server_security_alert_policy", values)

test_fails_without if {
	count(alert_emails.deny) == 1 with input as making({})
}

test_passes_with if {
	count(alert_emails.deny) == 0 with input as making({"email_addresses": ["a@example.com"]})
}

test_passes_with_what_is_made_now if {
	count(alert_emails.deny) == 0 with input as fixture.unknowns("azurerm_mssql_server_security_alert_policy", {}, {"email_addresses": true})
}
