package terrace.azure.cosmos.cors_test

import data.terrace.azure.cosmos.cors
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cosmosdb_account", values)

test_fails_for_every_origin if {
	count(cors.deny) == 1 with input as making({"cors_rule": [{"allowed_origins": ["*"]}]})
}

test_passes_for_named_ones if {
	count(cors.deny) == 0 with input as making({"cors_rule": [{"allowed_origins": ["https://example.com"]}]})
}

test_passes_without if {
	count(cors.deny) == 0 with input as making({})
}
