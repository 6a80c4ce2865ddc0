package terrace.azure.apim.api_https_test

import data.terrace.azure.apim.api_https
import data.terrace.lib.fixture

api(values) := fixture.creates("azurerm_api_management_api", values)

test_fails_with_plain_http if {
	count(api_https.deny) == 1 with input as api({"protocols": ["http", "https"]})
}

test_fails_with_plain_sockets if {
	count(api_https.deny) == 1 with input as api({"protocols": ["ws"]})
}

test_passes_with_https if {
	count(api_https.deny) == 0 with input as api({"protocols": ["https"]})
}

test_passes_when_azure_decides if {
	count(api_https.deny) == 0 with input as fixture.unknowns("azurerm_api_management_api", {}, {"protocols": true})
}
