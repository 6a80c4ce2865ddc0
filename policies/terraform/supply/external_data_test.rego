package terrace.terraform.supply.external_data_test

import data.terrace.terraform.supply.external_data

configured(type) := {"configuration": {"root_module": {"resources": [{"address": sprintf("data.%s.a", [type]), "mode": "data", "type": type}]}}}

test_fails_with_one if {
	count(external_data.deny) == 1 with input as configured("external")
}

test_passes_for_another if {
	count(external_data.deny) == 0 with input as configured("azurerm_client_config")
}
