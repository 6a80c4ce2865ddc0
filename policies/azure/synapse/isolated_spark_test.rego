package terrace.azure.synapse.isolated_spark_test

import data.terrace.azure.synapse.isolated_spark
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_synapse_spark_pool", values)

test_fails_by_default if {
	count(isolated_spark.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(isolated_spark.deny) == 1 with input as making({"compute_isolation_enabled": false})
}

test_passes_when_it_is_on if {
	count(isolated_spark.deny) == 0 with input as making({"compute_isolation_enabled": true})
}

test_fails_until_it_is_known if {
	count(isolated_spark.deny) == 1 with input as fixture.unknowns("azurerm_synapse_spark_pool", {}, {"compute_isolation_enabled": true})
}
