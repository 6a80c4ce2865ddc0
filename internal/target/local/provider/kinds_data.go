package provider

func cache() kind {
	return kind{
		name: "cache", plane: "caches",
		description: "A Redis cache of its own: a redis-server process where the program is found, else one inside Terrace.",
		outputs: map[string]output{
			"host":               fixed("Host of the server."),
			"port":               fixedPort("Port of the server."),
			"username":           fixed("User to connect as."),
			"password_reference": fixed("Reference to the secret with the password."),
			"engine":             fixed("What serves the cache: redis-server and its version, or embedded."),
		},
	}
}

func mysqlDatabase() kind {
	return kind{
		name: "mysql_database", plane: "mysql-databases",
		description: "A database on the stage's MariaDB server, with a user of its own.",
		outputs: map[string]output{
			"host":               fixed("Host of the server."),
			"port":               fixedPort("Port of the server."),
			"database":           fixed("Name of the database."),
			"username":           fixed("User to connect as."),
			"password_reference": fixed("Reference to the secret with the password."),
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
