# METADATA
# title: What names of secrets look like
# description: Tells by its name whether an argument, a variable or an output holds a secret.
package terrace.lib.secrets

import data.terrace.lib.configuration

endings := [
	"password",
	"secret",
	"private_key",
	"access_key",
	"account_key",
	"shared_key",
	"api_key",
	"connection_string",
	"token",
	"passphrase",
]

# like(name): the name is one of a secret.
like(name) if {
	some ending in endings
	endswith(lower(name), ending)
}

# names are the arguments of the configuration that hold secrets, each once.
names := {name |
	some name in union({object.keys(resource.expressions) | some resource in configuration.resources})
	like(name)
}
