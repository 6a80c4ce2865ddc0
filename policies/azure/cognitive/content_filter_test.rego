package terrace.azure.cognitive.content_filter_test

import data.terrace.azure.cognitive.content_filter
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cognitive_deployment", values)

test_fails_without if {
	count(content_filter.deny) == 1 with input as making({})
}

test_passes_with if {
	count(content_filter.deny) == 0 with input as making({"rai_policy_name": "Microsoft.DefaultV2"})
}

test_passes_with_what_is_made_now if {
	count(content_filter.deny) == 0 with input as fixture.unknowns("azurerm_cognitive_deployment", {}, {"rai_policy_name": true})
}
