package terrace.azure.sql.managed_instance_redirect_test

import data.terrace.azure.sql.managed_instance_redirect
import data.terrace.lib.fixture

making(values) := fixture.creates("azurerm_mssql_managed_instance", values)

test_fails_through_a_proxy if {
	count(managed_instance_redirect.deny) == 1 with input as making({"proxy_override": "Proxy"})
}

test_passes_when_redirected if {
	count(managed_instance_redirect.deny) == 0 with input as making({"proxy_override": "Redirect"})
}

test_passes_by_default if {
	count(managed_instance_redirect.deny) == 0 with input as making({})
}
