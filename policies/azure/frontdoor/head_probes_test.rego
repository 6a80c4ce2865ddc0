package terrace.azure.frontdoor.head_probes_test

import data.terrace.azure.frontdoor.head_probes
import data.terrace.lib.fixture

origins(values) := fixture.creates("azurerm_cdn_frontdoor_origin_group", values)

test_fails_by_get if {
	count(head_probes.deny) == 1 with input as origins({"health_probe": [{"request_type": "GET"}]})
}

test_passes_by_head if {
	count(head_probes.deny) == 0 with input as origins({"health_probe": [{"request_type": "HEAD"}]})
}

test_passes_with_the_default if {
	count(head_probes.deny) == 0 with input as origins({})
}
