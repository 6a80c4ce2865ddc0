package terrace.azure.redis.managed_encrypted_test

import data.terrace.azure.redis.managed_encrypted
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_managed_redis", values)

test_passes_by_default if {
	count(managed_encrypted.deny) == 0 with input as making({})
}

test_fails_when_it_is_plaintext if {
	count(managed_encrypted.deny) == 1 with input as making({"default_database": [{"client_protocol": "Plaintext"}]})
}

test_passes_when_it_is_encrypted if {
	count(managed_encrypted.deny) == 0 with input as making({"default_database": [{"client_protocol": "Encrypted"}]})
}

test_fails_by_an_older_name if {
	count(managed_encrypted.deny) == 1 with input as making({"client_protocol": "Plaintext"})
}

test_passes_by_an_older_name if {
	count(managed_encrypted.deny) == 0 with input as making({"client_protocol": "Encrypted"})
}

test_fails_until_it_is_known if {
	count(managed_encrypted.deny) == 1 with input as fixture.unknowns("azurerm_managed_redis", {}, {"default_database": [{"client_protocol": true}]})
}
