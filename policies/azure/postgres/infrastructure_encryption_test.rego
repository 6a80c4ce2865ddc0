package terrace.azure.postgres.infrastructure_encryption_test

import data.terrace.azure.postgres.infrastructure_encryption
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_postgresql_server", values)

test_fails_by_default if {
	count(infrastructure_encryption.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(infrastructure_encryption.deny) == 1 with input as making({"infrastructure_encryption_enabled": false})
}

test_passes_when_it_is_on if {
	count(infrastructure_encryption.deny) == 0 with input as making({"infrastructure_encryption_enabled": true})
}

test_fails_until_it_is_known if {
	count(infrastructure_encryption.deny) == 1 with input as fixture.unknowns("azurerm_postgresql_server", {}, {"infrastructure_encryption_enabled": true})
}
