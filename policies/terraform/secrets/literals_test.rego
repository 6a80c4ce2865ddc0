package terrace.terraform.secrets.literals_test

import data.terrace.terraform.secrets.literals

configured(expressions) := {"configuration": {"root_module": {"resources": [{
	"address": "azurerm_mysql_flexible_server.a",
	"type": "azurerm_mysql_flexible_server",
	"expressions": expressions,
}]}}}

test_fails_for_a_password if {
	count(literals.deny) == 1 with input as configured({"administrator_password": {"constant_value": "x"}})
}

test_passes_for_a_variable if {
	count(literals.deny) == 0 with input as configured({"administrator_password": {"references": ["var.password"]}})
}

test_passes_for_what_is_no_secret if {
	count(literals.deny) == 0 with input as configured({"name": {"constant_value": "x"}})
}

test_passes_for_the_id_of_a_secret if {
	count(literals.deny) == 0 with input as configured({"key_vault_secret_id": {"constant_value": "https://v.vault.azure.net/secrets/a"}})
}
