package terrace.azure.apim.weak_ciphers_test

import data.terrace.azure.apim.weak_ciphers
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_api_management", values)

test_fails_with_3des if {
	count(weak_ciphers.deny) == 1 with input as gateway({"security": [{"triple_des_ciphers_enabled": true}]})
}

test_fails_without_forward_secrecy if {
	count(weak_ciphers.deny) == 1 with input as gateway({"security": [{"tls_rsa_with_aes128_gcm_sha256_ciphers_enabled": true}]})
}

test_passes_with_the_default if {
	count(weak_ciphers.deny) == 0 with input as gateway({})
}

test_passes_when_all_are_off if {
	count(weak_ciphers.deny) == 0 with input as gateway({"security": [{"triple_des_ciphers_enabled": false}]})
}
