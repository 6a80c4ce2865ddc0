package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func cache() kind {
	return kind{
		name: "cache", plane: "caches",
		description: "A Redis cache of its own: a redis-server process where the program is found, else one inside Terrace.",
		spec:        map[string]schema.Attribute{"tls": tlsMode()},
		outputs: map[string]output{
			"host":               fixed("Host of the server."),
			"port":               {attribute: schema.Int64Attribute{Computed: true, Description: "Port of the server."}, follows: []string{"tls"}},
			"username":           fixed("User to connect as."),
			"password_reference": fixed("Reference to the secret with the password."),
			"tls_port":           {attribute: schema.Int64Attribute{Computed: true, Description: "Port of the server for TLS; null where it speaks none."}, follows: []string{"tls"}},
			"ca_file":            {attribute: computed("File with the certificate of the authority that has signed the server's, for clients to trust."), follows: []string{"tls"}},
			"engine":             fixed("What serves the cache: redis-server and its version, or embedded."),
		},
	}
}

// tlsMode is how a server is spoken to.
func tlsMode() schema.Attribute {
	return optional("Whether TLS is offered, or required of every client. Default: offered.", oneOf("offered", "required"))
}

func mysqlDatabase() kind {
	return kind{
		name: "mysql_database", plane: "mysql-databases",
		description: "A database on the stage's MariaDB server, with a user of its own.",
		spec:        map[string]schema.Attribute{"tls": tlsMode()},
		outputs: map[string]output{
			"host":               fixed("Host of the server."),
			"port":               fixedPort("Port of the server."),
			"ca_file":            fixed("File with the certificate of the authority that has signed the server's, for clients to trust."),
			"database":           fixed("Name of the database."),
			"username":           fixed("User to connect as."),
			"password_reference": fixed("Reference to the secret with the password."),
		},
	}
}

func documentDatabase() kind {
	return kind{
		name: "document_database", plane: "document-databases",
		description: "Collections of JSON documents behind an HTTP API of Terrace, with a token that opens these alone.",
		spec: map[string]schema.Attribute{
			"collections": schema.MapAttribute{
				ElementType: types.MapType{ElemType: types.StringType}, Required: true,
				Description: "Collections by name, each with the paths of its indexes by name, such as { orders = { customer = \"customer.name\" } }.",
			},
		},
		outputs: map[string]output{
			"url":             fixed("Address of the API."),
			"token_reference": fixed("What stands for the token in a service's variables and files."),
		},
	}
}

func volume() kind {
	return kind{
		name: "volume", plane: "volumes",
		description: "A folder that outlives the services that use it.",
		outputs: map[string]output{
			"path": fixed("Path of the folder; the source of a service's volume."),
		},
	}
}
