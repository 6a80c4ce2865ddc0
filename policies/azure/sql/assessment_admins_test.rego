package terrace.azure.sql.assessment_admins_test

import data.terrace.azure.sql.assessment_admins
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_server_vulnerability_assessment", values)

test_fails_by_default if {
	count(assessment_admins.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(assessment_admins.deny) == 1 with input as making({"recurring_scans": [{"email_subscription_admins": false}]})
}

test_passes_when_it_is_on if {
	count(assessment_admins.deny) == 0 with input as making({"recurring_scans": [{"email_subscription_admins": true}]})
}

test_fails_until_it_is_known if {
	count(assessment_admins.deny) == 1 with input as fixture.unknowns("azurerm_mssql_server_vulnerability_assessment", {}, {"recurring_scans": [{"email_subscription_admins": true}]})
}
