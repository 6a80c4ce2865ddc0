package terrace.azure.signalr.notification_zones_test

import data.terrace.azure.signalr.notification_zones
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_notification_hub_namespace", values)

test_fails_by_default if {
	count(notification_zones.deny) == 1 with input as making({})
}

test_fails_when_it_is_off if {
	count(notification_zones.deny) == 1 with input as making({"zone_redundancy_enabled": false})
}

test_passes_when_it_is_on if {
	count(notification_zones.deny) == 0 with input as making({"zone_redundancy_enabled": true})
}

test_fails_until_it_is_known if {
	count(notification_zones.deny) == 1 with input as fixture.unknowns("azurerm_notification_hub_namespace", {}, {"zone_redundancy_enabled": true})
}
