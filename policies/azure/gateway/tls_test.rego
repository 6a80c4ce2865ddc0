package terrace.azure.gateway.tls_test

import data.terrace.azure.gateway.tls
import data.terrace.lib.fixture

gateway(values) := fixture.creates("azurerm_application_gateway", values)

test_fails_without_a_policy if {
	count(tls.deny) == 1 with input as gateway({})
}

test_fails_with_an_old_policy if {
	count(tls.deny) == 1 with input as gateway({"ssl_policy": [{"policy_type": "Predefined", "policy_name": "AppGwSslPolicy20150501"}]})
}

test_fails_with_tls_1_0 if {
	count(tls.deny) == 1 with input as gateway({"ssl_policy": [{"policy_type": "Custom", "min_protocol_version": "TLSv1_0"}]})
}

test_fails_with_weak_ciphers if {
	count(tls.deny) == 1 with input as gateway({"ssl_policy": [{"policy_type": "Custom", "min_protocol_version": "TLSv1_2", "cipher_suites": ["TLS_RSA_WITH_AES_128_CBC_SHA"]}]})
}

test_passes_with_a_strong_policy if {
	count(tls.deny) == 0 with input as gateway({"ssl_policy": [{"policy_type": "Predefined", "policy_name": "AppGwSslPolicy20220101S"}]})
}

test_passes_with_strong_ciphers if {
	count(tls.deny) == 0 with input as gateway({"ssl_policy": [{"policy_type": "CustomV2", "min_protocol_version": "TLSv1_2", "cipher_suites": ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]}]})
}
