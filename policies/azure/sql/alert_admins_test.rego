package terrace.azure.sql.alert_admins_test

import data.terrace.azure.sql.alert_admins
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_server_security_alert_policy", values)

test_fails_by_default if {
	count(alert_admins.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(alert_admins.deny) == 1 with input as making({"email_account_admins_enabled": false})
}

test_passes_when_it_is_on if {
	count(alert_admins.deny) == 0 with input as making({"email_account_admins_enabled": true})
}

test_fails_by_an_older_name if {
	count(alert_admins.deny) == 1 with input as making({"email_account_admins": false})
}

test_passes_by_an_older_name if {
	count(alert_admins.deny) == 0 with input as making({"email_account_admins": true})
}

test_fails_until_it_is_known if {
	count(alert_admins.deny) == 1 with input as fixture.unknowns("azurerm_mssql_server_security_alert_policy", {}, {"email_account_admins_enabled": true})
}
