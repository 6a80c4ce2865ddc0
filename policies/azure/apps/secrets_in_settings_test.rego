package terrace.azure.apps.secrets_in_settings_test

import data.terrace.azure.apps.secrets_in_settings
import data.terrace.lib.fixture

app(values) := fixture.creates("azurerm_linux_web_app", values)

test_fails_with_a_password if {
	count(secrets_in_settings.deny) == 1 with input as app({"app_settings": {"DB_PASSWORD": "correct-horse"}})
}

test_fails_with_a_connection if {
	count(secrets_in_settings.deny) == 1 with input as app({"app_settings": {"StorageConnectionString": "AccountName=a;AccountKey=b"}})
}

test_passes_from_a_vault if {
	count(secrets_in_settings.deny) == 0 with input as app({"app_settings": {"DB_PASSWORD": "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/p)"}})
}

test_passes_without_secrets if {
	count(secrets_in_settings.deny) == 0 with input as app({"app_settings": {"LOG_LEVEL": "info"}})
}

test_passes_with_an_address if {
	count(secrets_in_settings.deny) == 0 with input as app({"app_settings": {"APPLICATIONINSIGHTS_CONNECTION_STRING": "IngestionEndpoint=https://a"}})
}
