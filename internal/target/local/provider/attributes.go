package provider

import (
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

func nameAttribute() schema.Attribute {
	return schema.StringAttribute{
		Required:      true,
		Description:   "Name in the stage: lower case letters, digits and dashes (RFC 1123), at most 63 characters. A change replaces the resource.",
		PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
		Validators: []validator.String{stringvalidator.RegexMatches(
			regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`),
			"must be lower case letters, digits and dashes, with a letter or digit at both ends, at most 63 characters")},
	}
}

func required(description string) schema.Attribute {
	return schema.StringAttribute{Required: true, Description: description}
}

func optional(description string, validators ...validator.String) schema.Attribute {
	return schema.StringAttribute{Optional: true, Description: description, Validators: validators}
}

func defaulted(value, description string, validators ...validator.String) schema.Attribute {
	return schema.StringAttribute{
		Optional: true, Computed: true, Default: stringdefault.StaticString(value),
		Description: description + " Default: " + quoted(value) + ".", Validators: validators,
	}
}

func quoted(value string) string {
	if value == "" {
		return "empty"
	}
	return value
}

func defaultedNumber(value, least, most int64, description string) schema.Attribute {
	return schema.Int64Attribute{
		Optional: true, Computed: true, Default: int64default.StaticInt64(value),
		Description: description, Validators: []validator.Int64{int64validator.Between(least, most)},
	}
}

func portNumber(isRequired bool, description string) schema.Attribute {
	return schema.Int64Attribute{
		Required: isRequired, Optional: !isRequired, Description: description,
		Validators: []validator.Int64{int64validator.Between(1, 65535)},
	}
}

func computed(description string) schema.Attribute {
	return schema.StringAttribute{Computed: true, Description: description}
}

// fixed is an output that never changes once the resource exists.
func fixed(description string) output {
	return output{attribute: computed(description)}
}

func fixedPort(description string) output {
	return output{attribute: schema.Int64Attribute{Computed: true, Description: description}}
}

func oneOf(values ...string) validator.String { return stringvalidator.OneOf(values...) }
