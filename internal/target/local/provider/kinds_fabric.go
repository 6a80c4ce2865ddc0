package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func dnsRecord() kind {
	return kind{
		name: "dns_record", plane: "dns-records",
		description: "A record of Terrace's DNS under the stage's zone.",
		spec: map[string]schema.Attribute{
			"type": defaulted("A", "Type of the record.", oneOf("A", "AAAA", "CNAME", "TXT")),
			"ttl":  defaultedNumber(60, 1, 86400, "Seconds for which resolvers may keep the answer. Default: 60."),
			"values": schema.ListAttribute{
				ElementType: types.StringType, Required: true,
				Description: "The record's values, such as addresses.",
			},
		},
		outputs: map[string]output{
			"fqdn": fixed("The record's full name: <name>.<stage>.<project>.localhost."),
		},
	}
}

func route() kind {
	return kind{
		name: "route", plane: "routes",
		description: "A route of Terrace's gateway from a host and a path to a service of the stage.",
		spec: map[string]schema.Attribute{
			"host":    required("Full host name, such as the fqdn of a terrace_dns_record."),
			"path":    defaulted("/", "Prefix of the paths that the route serves."),
			"service": required("Name of the terrace_service that answers."),
			"port":    defaulted("", "Name of the service's port; empty where the service has one only."),
		},
		outputs: map[string]output{
			"url": {attribute: computed("Address of the route."), follows: []string{"host", "path"}},
		},
	}
}

func secret() kind {
	return kind{
		name: "secret", plane: "secrets",
		description: "A random secret. Its value is made inside Terrace and never comes to Terraform, only a reference to it.",
		spec: map[string]schema.Attribute{
			"length": defaultedNumber(32, 16, 256, "Number of characters. A change makes a new value. Default: 32."),
		},
		outputs: map[string]output{
			"reference": fixed("What stands for the value in a service's variables and files: ${secret:<name>}."),
			"version": {
				attribute: schema.Int64Attribute{Computed: true, Description: "Number of the value, from 1."},
				follows:   []string{"length"},
			},
		},
	}
}

func topic() kind {
	return kind{
		name: "topic", plane: "topics",
		description: "A topic of NATS JetStream with credentials that may use its subject only.",
		spec: map[string]schema.Attribute{
			"retention_hours": defaultedNumber(168, 1, 8760, "Hours for which messages are kept. Default: 168."),
		},
		outputs: map[string]output{
			"subject": {attribute: schema.StringAttribute{
				Optional: true, Computed: true,
				Description: "Subject of the messages. Default: <project>.<stage>.<name>.",
			}, follows: []string{"subject"}},
			"host":               fixed("Host of the server."),
			"port":               fixedPort("Port of the server."),
			"url":                fixed("URL of the server, nats://host:port."),
			"username":           fixed("User to connect as."),
			"password_reference": fixed("Reference to the secret with the password."),
		},
	}
}

func configuration() kind {
	return kind{
		name: "config", plane: "configs",
		description: "The way of a workload to its dynamic configuration and feature flags, with a token that opens these alone.",
		spec: map[string]schema.Attribute{
			"workload": required("Name of the workload whose configuration it is."),
			"secret":   optional("Name of a terrace_secret that the token has its value of. Default: one of its own."),
			"secret_version": schema.Int64Attribute{
				Optional: true, Description: "Number of the secret's value: another one makes the token another one.",
			},
		},
		outputs: map[string]output{
			"url":             fixed("Address of the API of configuration."),
			"ofrep":           fixed("Base address for providers of the OpenFeature Remote Evaluation Protocol."),
			"stream":          fixed("Address of the stream of changes, as server-sent events."),
			"token_prefix":    fixed("What the token begins with; the rest is the value of its secret."),
			"token_reference": {attribute: computed("What stands for the token in a service's variables and files."), follows: []string{"secret"}},
		},
	}
}
