package provider

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// kubernetesWorkload is a workload whose manifests are in a stage's Git repository.
func kubernetesWorkload() kind {
	return kind{
		name: "kubernetes_workload", plane: "kubernetes-workloads",
		description: "A workload as Kubernetes manifests in the Git repository of its stage. An apply returns when they are committed; " +
			"a file that somebody changes there shows in the next plan.",
		spec: kubernetesSpec(),
		outputs: map[string]output{
			"namespace":  {attribute: computed("Namespace of the workload.")},
			"repository": {attribute: computed("Repository that has the manifests."), follows: followsAll()},
			"folder":     {attribute: computed("Folder of the manifests in the repository."), follows: followsAll()},
			"commit":     {attribute: computed("Commit that has the manifests."), follows: followsAll()},
			"status":     {attribute: computed("committed, once the repository has the manifests."), settled: "committed"},
			"endpoints": {
				attribute: schema.MapAttribute{ElementType: types.StringType, Computed: true, Description: "Address of every port within the cluster, host:port."},
				follows:   []string{"ports"},
			},
			"notes": {
				attribute: schema.ListAttribute{ElementType: types.StringType, Computed: true, Description: "What the cluster must have that is not in the repository."},
				follows:   followsAll(),
			},
		},
	}
}

// followsAll are the attributes that become files of the repository.
func followsAll() []string {
	var all []string
	for name := range kubernetesSpec() {
		all = append(all, name)
	}
	return all
}

func kubernetesSpec() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"release":         required("Id of the release."),
		"release_version": optional("Version of the release, for people."),
		"containers": schema.MapNestedAttribute{
			Required: true, Description: "Containers of the pod by name.", NestedObject: kubernetesContainer(),
		},
		"ports": schema.MapNestedAttribute{
			Optional: true, Description: "Ports of the service by name.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"port":        portNumber(true, "Port as other workloads know it."),
				"target_port": portNumber(false, "Port that the container listens on. Default: port."),
				"protocol":    optional("TCP or UDP. Default: TCP.", oneOf("TCP", "UDP")),
			}},
		},
		"routes": schema.MapNestedAttribute{
			Optional: true, Description: "Routes of the stage's gateway to the service, by name.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"url":  required("Address that people use; its host is the route's."),
				"path": optional("Path prefix. Default: /."),
				"port": optional("Name of the port. Default: the only one."),
			}},
		},
		"claims": schema.MapNestedAttribute{
			Optional: true, Description: "Volumes that outlive the pods, by name.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"size":        required("Size, such as 1Gi."),
				"class":       optional("Storage class. Default: the cluster's."),
				"access_mode": optional("ReadWriteOnce, ReadWriteOncePod, ReadWriteMany or ReadOnlyMany. Default: ReadWriteOnce."),
			}},
		},
		"calls":         textList("Names of the workloads of the project whose services this one calls."),
		"identity":      kubernetesIdentity(),
		"vault":         kubernetesVault(),
		"scaling":       kubernetesScaling(),
		"security":      kubernetesSecurity(),
		"egress":        textList("Ranges that the pods may call beside private networks, such as 203.0.113.0/24 or 203.0.113.7/32:443."),
		"start_timeout": optional("How long a start may take.", duration()),
		"labels":        textMap("Tags, which become annotations of every object."),
		"manifests": defaulted("as rendered", "How the files in the repository are. What differs there shows as a change of this attribute.",
			oneOf("as rendered")),
	}
}

func textList(description string) schema.Attribute {
	return schema.ListAttribute{ElementType: types.StringType, Optional: true, Description: description}
}

func textMap(description string) schema.Attribute {
	return schema.MapAttribute{ElementType: types.StringType, Optional: true, Description: description}
}

func kubernetesContainer() schema.NestedAttributeObject {
	return schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
		"image":     required("Reference of the image in a registry."),
		"command":   textList("Entry point. Default: the image's."),
		"args":      textList("Arguments. Default: the image's."),
		"variables": textMap("Environment; ${secret:<name>} stands for a secret, which is referred to and never written."),
		"files":     filesAttribute(),
		"volumes": schema.MapNestedAttribute{
			Optional: true, Description: "Volumes by absolute path.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"claim":     optional("Name of a claim."),
				"scratch":   optional("Name of an empty folder that the pod's containers share."),
				"path":      optional("Folder within the volume. Default: its root."),
				"read_only": schema.BoolAttribute{Optional: true, Description: "The container cannot write to it. Default: false."},
			}},
		},
		"liveness":       probe("A container whose probe fails is restarted."),
		"readiness":      probe("A container is ready when its probe succeeds."),
		"cpu_request":    optional("CPUs that are kept for it, such as 100m."),
		"memory_request": optional("Memory that is kept for it, such as 128Mi."),
		"cpu_limit":      optional("CPUs that it may use."),
		"memory_limit":   optional("Memory that it may use."),
		"before":         textMap("Other containers that start only when this one is started, healthy or complete (the value)."),
	}}
}

func kubernetesIdentity() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true, Description: "Cloud identity that the pods act as.",
		Attributes: map[string]schema.Attribute{
			"client_id": required("Client id of the identity."),
			"tenant_id": optional("Directory of the identity. Default: the cluster's."),
		},
	}
}

func kubernetesVault() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true, Description: "Key vault that the secrets are in. Default: none; the cluster has them.",
		Attributes: map[string]schema.Attribute{
			"name":      required("Name of the vault."),
			"tenant_id": required("Directory of the vault."),
		},
	}
}

func kubernetesScaling() schema.Attribute {
	number := func(most int64, description string) schema.Attribute {
		return schema.Int64Attribute{Optional: true, Description: description, Validators: []validator.Int64{int64validator.Between(1, most)}}
	}
	return schema.SingleNestedAttribute{
		Optional: true, Description: "How many pods there are.",
		Attributes: map[string]schema.Attribute{
			"min": number(1000, "The fewest pods. Default: 2."),
			"max": number(1000, "The most pods. Default: 4, or min."),
			"cpu": number(100, "Percent of the requested CPU at which pods are added. Default: 70."),
		},
	}
}

func kubernetesSecurity() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true, Description: "What is looser than usual: no root, a read-only root file system, no capabilities.",
		Attributes: map[string]schema.Attribute{
			"user":          schema.Int64Attribute{Optional: true, Description: "Number of the user. Default: the image's, which must not be 0."},
			"writable_root": schema.BoolAttribute{Optional: true, Description: "The root file system can be written to. Default: false."},
			"capabilities":  textList("Capabilities that are added; the namespace allows NET_BIND_SERVICE."),
		},
	}
}
