package terrace.terraform.supply.provisioners_test

import data.terrace.terraform.supply.provisioners

configured(more) := {"configuration": {"root_module": {"resources": [object.union(
	{"address": "terraform_data.a", "type": "terraform_data"},
	more,
)]}}}

test_fails_with_one if {
	count(provisioners.deny) == 1 with input as configured({"provisioners": [{"type": "local-exec"}]})
}

test_passes_without if {
	count(provisioners.deny) == 0 with input as configured({})
}
