package provider

import (
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func service() kind {
	return kind{
		name: "service", plane: "services",
		description: "A supervised service of one or more processes. An apply returns when it is ready; " +
			"an update starts the new version, waits until it is ready, switches over and only then stops the old one.",
		spec: map[string]schema.Attribute{
			"release":         optional("Id of the release that the service runs."),
			"release_version": optional("Version of the release, for people."),
			"start_timeout":   defaulted("60s", "How long a start may take until the service is ready.", duration()),
			"containers": schema.MapNestedAttribute{
				Required: true, Description: "The service's processes by name.", NestedObject: container(),
			},
			"concealed": schema.ListAttribute{
				ElementType: types.StringType, Optional: true, Sensitive: true,
				Description: "Values in the containers' variables and files that nothing shows that the containers print, each as JSON.",
			},
			"ports": schema.MapNestedAttribute{
				Optional: true, Description: "The service's ports by name.", NestedObject: servicePort(),
			},
		},
		outputs: map[string]output{
			"endpoints": {
				attribute: schema.MapAttribute{
					ElementType: types.StringType, Computed: true,
					Description: "Address of every port, 127.0.0.1:port; it stays the same over updates and restarts.",
				},
				follows: []string{"ports"},
			},
			"status": {attribute: computed("ready, or failing while the service cannot be kept running."), settled: "ready"},
		},
	}
}

func servicePort() schema.NestedAttributeObject {
	return schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
		"port":        portNumber(true, "Port as other workloads know it."),
		"target_port": portNumber(false, "Port as the process knows it; probes may name it. Default: port."),
		"protocol":    optional("TCP or UDP. Default: TCP.", oneOf("TCP", "UDP")),
		"fixed": schema.BoolAttribute{
			Optional: true,
			Description: "The process listens on target_port itself and cannot be told another one by PORT. " +
				"An update then stops the old version before it starts the new one. Default: false.",
		},
	}}
}

func container() schema.NestedAttributeObject {
	list := func(description string) schema.Attribute {
		return schema.ListAttribute{ElementType: types.StringType, Optional: true, Description: description}
	}
	return schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
		"artifact": required("Digest of the bundle to run, sha256:<hex>."),
		"command":  list("Program and its first arguments. Default: ./app."),
		"args":     list("Further arguments."),
		"variables": schema.MapAttribute{
			ElementType: types.StringType, Optional: true,
			Description: "Environment; ${secret:<name>} stands for the value of a secret.",
		},
		"files":        filesAttribute(),
		"volumes":      volumesAttribute(),
		"liveness":     probe("A process whose probe fails three times in a row is restarted."),
		"readiness":    probe("A process is ready when its probe succeeds."),
		"cpu_limit":    optional("CPUs, such as 0.5 or 500m."),
		"memory_limit": optional("Memory, such as 256M or 1Gi."),
		"before": schema.MapAttribute{
			ElementType: types.StringType, Optional: true,
			Description: "Other containers that start only when this one is started, healthy or complete (the value).",
		},
	}}
}

func filesAttribute() schema.Attribute {
	return schema.MapNestedAttribute{
		Optional: true, Description: "Files by path; absolute paths lie beneath the container's root, TERRACE_ROOT.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"content":        optional("Text; ${secret:<name>} stands for the value of a secret."),
			"binary_content": optional("Content in base64, taken as it is."),
			"mode":           optional("Octal mode, such as 0644. Default: 0644."),
		}},
	}
}

func volumesAttribute() schema.Attribute {
	return schema.MapNestedAttribute{
		Optional: true, Description: "Volumes by path; absolute paths lie beneath the container's root, TERRACE_ROOT.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"source":    required("Path of a terrace_volume."),
			"read_only": schema.BoolAttribute{Optional: true, Description: "The process must not write to it. Default: false."},
		}},
	}
}

func probe(description string) schema.Attribute {
	return schema.SingleNestedAttribute{Optional: true, Description: description, Attributes: map[string]schema.Attribute{
		"http": schema.SingleNestedAttribute{
			Optional: true, Description: "A GET that must answer 200 to 399.",
			Attributes: map[string]schema.Attribute{
				"path":    optional("Path and query. Default: /."),
				"port":    portNumber(false, "A port or target_port of the service, else a port of the machine. Default: the first port."),
				"scheme":  optional("HTTP or HTTPS. Default: HTTP.", oneOf("HTTP", "HTTPS", "http", "https")),
				"host":    optional("Host header."),
				"headers": schema.MapAttribute{ElementType: types.StringType, Optional: true, Description: "Further headers."},
			},
		},
		"exec": schema.ListAttribute{ElementType: types.StringType, Optional: true, Description: "A command that must exit with 0."},
	}}
}

func duration() validator.String {
	return stringvalidator.RegexMatches(regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`), "must be a duration such as 30s or 2m")
}
