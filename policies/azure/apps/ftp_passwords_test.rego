package terrace.azure.apps.ftp_passwords_test

import data.terrace.azure.apps.ftp_passwords
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_passes_when_refused if {
	count(ftp_passwords.deny) == 0 with input as app({"ftp_publish_basic_authentication_enabled": false, "webdeploy_publish_basic_authentication_enabled": false})
}

test_fails_with_the_default if {
	count(ftp_passwords.deny) == 2 with input as app({})
}
