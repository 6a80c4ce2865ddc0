package terrace.terraform.lifecycle.mass_destruction_test

import data.terrace.lib.fixture
import data.terrace.terraform.lifecycle.mass_destruction

destroying(n) := fixture.plan([change |
	some i in numbers.range(1, n)
	change := fixture.change("azurerm_subnet", sprintf("s%d", [i]), ["delete"], {}, null, {})
])

test_fails_for_many if {
	count(mass_destruction.deny) == 1 with input as destroying(21)
}

test_passes_for_some if {
	count(mass_destruction.deny) == 0 with input as destroying(20)
}

test_passes_when_all_is_taken_away if {
	count(mass_destruction.deny) == 0 with input as object.union(destroying(21), {"terrace": {"operation": "destroy"}})
}

test_fails_for_what_is_set if {
	count(mass_destruction.deny) == 1 with input as destroying(3) with data.settings as {"max_destroyed": 2}
}
