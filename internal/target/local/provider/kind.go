package provider

import (
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// kind describes one resource type; the code that serves it is the same for all.
type kind struct {
	// name is the type's name without the provider's prefix.
	name string
	// plane is the kind's name in the planes API.
	plane       string
	description string
	// spec are the attributes that the user sets; name, tags and claim come by themselves.
	spec map[string]schema.Attribute
	// outputs are the attributes that the plane computes.
	outputs map[string]output
}

// output is an attribute that the plane computes.
type output struct {
	attribute schema.Attribute
	// follows names the attributes that change the output when they change;
	// as long as they do not, an update's plan shows the output's known value.
	follows []string
	// settled, where set, is the output's value after every successful apply.
	settled string
}

// schema returns the resource type's schema.
func (k kind) schema() schema.Schema {
	attributes := map[string]schema.Attribute{
		"name": nameAttribute(),
		"tags": schema.MapAttribute{
			ElementType: types.StringType, Optional: true,
			Description: "Labels of the resource, such as costcenter, env and owner.",
		},
		"claim": optional("Tells resources of one configuration apart that declare the same object, such as two records with one host name: " +
			"each of them holds the object, and it ends with the last. Default: none."),
		"id": computed("The resource's id in its stage: its name."),
	}
	maps.Copy(attributes, k.spec)
	for name, o := range k.outputs {
		attributes[name] = o.attribute
	}
	return schema.Schema{Description: k.description, Attributes: attributes}
}

// isOutput reports whether the plane computes the attribute.
func (k kind) isOutput(name string) bool {
	_, ok := k.outputs[name]
	return ok || name == "id"
}

func kinds() []kind {
	return []kind{
		dnsRecord(), route(), secret(), service(), cache(), topic(), configuration(), mysqlDatabase(), documentDatabase(), volume(), kubernetesWorkload(),
	}
}
