package terrace.azure.sql.assessment_reports_test

import data.terrace.azure.sql.assessment_reports
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_server_vulnerability_assessment", values)

test_fails_without if {
	count(assessment_reports.deny) == 1 with input as making({})
}

test_passes_with if {
	count(assessment_reports.deny) == 0 with input as making({"recurring_scans": [{"emails": ["a@example.com"]}]})
}

test_passes_with_what_is_made_now if {
	count(assessment_reports.deny) == 0 with input as fixture.unknowns("azurerm_mssql_server_vulnerability_assessment", {}, {"recurring_scans": [{"emails": true}]})
}
