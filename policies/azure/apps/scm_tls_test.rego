package terrace.azure.apps.scm_tls_test

import data.terrace.azure.apps.scm_tls
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_with_tls_1_0 if {
	count(scm_tls.deny) == 1 with input as app({"site_config": [{"scm_minimum_tls_version": "1.0"}]})
}

test_passes_with_the_default if {
	count(scm_tls.deny) == 0 with input as app({})
}

test_passes_with_tls_1_2 if {
	count(scm_tls.deny) == 0 with input as app({"site_config": [{"scm_minimum_tls_version": "1.2"}]})
}
