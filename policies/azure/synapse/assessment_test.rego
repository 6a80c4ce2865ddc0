package terrace.azure.synapse.assessment_test

import data.terrace.azure.synapse.assessment
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_synapse_workspace_vulnerability_assessment", values)

test_fails_without_scans if {
	count(assessment.deny) == 1 with input as making({})
}

test_fails_when_off if {
	count(assessment.deny) == 1 with input as making({"recurring_scans": [{"enabled": false}]})
}

test_passes_when_on if {
	count(assessment.deny) == 0 with input as making({"recurring_scans": [{"enabled": true}]})
}

test_fails_for_a_policy_alone if {
	count(assessment.deny) == 1 with input as fixture.creates("azurerm_synapse_sql_pool_security_alert_policy", {"policy_state": "Enabled"})
}
