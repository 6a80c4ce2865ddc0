package terrace.lib.general_test

import data.terrace.lib.fixture
import data.terrace.lib.general

test_other_providers_and_services_without_policies if {
	{r.type | some r in general.resources} == {"aws_db_instance", "azurerm_relay_namespace"} with input as fixture.plan([
		fixture.create("aws_db_instance", "a", {}),
		fixture.create("azurerm_relay_namespace", "a", {}),
		fixture.create("azurerm_storage_account", "a", {}),
	])
}
