package terrace.lib.secrets_test

import data.terrace.lib.secrets

test_names_of_secrets if {
	every name in ["administrator_login_password", "client_secret", "primary_access_key", "Token"] {
		secrets.like(name)
	}
}

test_other_names if {
	every name in ["name", "key_vault_secret_id", "password_auth_enabled", "token_version"] {
		not secrets.like(name)
	}
}

test_names_of_a_configuration if {
	secrets.names == {"password"} with input as {"configuration": {"root_module": {"resources": [{
		"address": "a.b",
		"expressions": {"name": {}, "password": {}},
	}]}}}
}
