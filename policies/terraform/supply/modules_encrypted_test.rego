package terrace.terraform.supply.modules_encrypted_test

import data.terrace.terraform.supply.modules_encrypted

calling(source) := {"configuration": {"root_module": {"module_calls": {"a": {"source": source}}}}}

test_fails_for_http if {
	count(modules_encrypted.deny) == 1 with input as calling("git::http://example.com/a.git")
}

test_passes_for_https if {
	count(modules_encrypted.deny) == 0 with input as calling("git::https://example.com/a.git?ref=v1")
}
