package terrace.azure.cognitive.outbound_test

import data.terrace.azure.cognitive.outbound
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_cognitive_account", values)

test_fails_by_default if {
	count(outbound.deny) == 1 with input as making({"kind": "OpenAI"})
}

test_fails_without_hosts if {
	count(outbound.deny) == 1 with input as making({"kind": "OpenAI", "outbound_network_access_restricted": true})
}

test_passes_for_named_hosts if {
	count(outbound.deny) == 0 with input as making({"kind": "OpenAI", "outbound_network_access_restricted": true, "fqdns": ["example.com"]})
}

test_passes_for_another_kind if {
	count(outbound.deny) == 0 with input as making({"kind": "SpeechServices"})
}
