package terrace.azure.apim.api_subscription_test

import data.terrace.azure.apim.api_subscription
import data.terrace.lib.fixture

api(values) := fixture.creates("azurerm_api_management_api", values)

test_fails_when_switched_off if {
	count(api_subscription.deny) == 1 with input as api({"subscription_required": false})
}

test_passes_with_the_default if {
	count(api_subscription.deny) == 0 with input as api({})
}

test_passes_when_switched_on if {
	count(api_subscription.deny) == 0 with input as api({"subscription_required": true})
}
