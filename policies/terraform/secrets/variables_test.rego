package terrace.terraform.secrets.variables_test

import data.terrace.terraform.secrets.variables

declared(variables) := {"configuration": {"root_module": {"variables": variables}}}

test_fails_when_it_is_not if {
	count(variables.deny) == 1 with input as declared({"db_password": {}})
}

test_fails_for_a_default if {
	count(variables.deny) == 1 with input as declared({"db_password": {"sensitive": true, "default": "x"}})
}

test_passes_when_it_is if {
	count(variables.deny) == 0 with input as declared({"db_password": {"sensitive": true}})
}

test_passes_for_what_is_no_secret if {
	count(variables.deny) == 0 with input as declared({"name": {"default": "a"}})
}
