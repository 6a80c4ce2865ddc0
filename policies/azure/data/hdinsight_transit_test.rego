package terrace.azure.data.hdinsight_transit_test

import data.terrace.azure.data.hdinsight_transit
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_hdinsight_hadoop_cluster", values)

test_fails_by_default if {
	count(hdinsight_transit.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(hdinsight_transit.deny) == 1 with input as making({"encryption_in_transit_enabled": false})
}

test_passes_when_it_is_on if {
	count(hdinsight_transit.deny) == 0 with input as making({"encryption_in_transit_enabled": true})
}

test_fails_until_it_is_known if {
	count(hdinsight_transit.deny) == 1 with input as fixture.unknowns("azurerm_hdinsight_hadoop_cluster", {}, {"encryption_in_transit_enabled": true})
}
