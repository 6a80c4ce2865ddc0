package terrace.terraform.secrets.outputs_test

import data.terrace.terraform.secrets.outputs

declared(outputs) := {"configuration": {"root_module": {"outputs": outputs}}}

test_fails_when_it_is_not if {
	count(outputs.deny) == 1 with input as declared({"connection_string": {}})
}

test_passes_when_it_is if {
	count(outputs.deny) == 0 with input as declared({"connection_string": {"sensitive": true}})
}

test_passes_for_what_is_no_secret if {
	count(outputs.deny) == 0 with input as declared({"endpoint": {}})
}
