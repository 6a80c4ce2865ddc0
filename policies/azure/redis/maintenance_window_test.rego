package terrace.azure.redis.maintenance_window_test

import data.terrace.azure.redis.maintenance_window
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_redis_cache", values)

test_fails_without if {
	count(maintenance_window.deny) == 1 with input as making({})
}

test_passes_with if {
	count(maintenance_window.deny) == 0 with input as making({"patch_schedule": [{"day_of_week": "Sunday"}]})
}

test_passes_with_what_is_made_now if {
	count(maintenance_window.deny) == 0 with input as fixture.unknowns("azurerm_redis_cache", {}, {"patch_schedule": true})
}
