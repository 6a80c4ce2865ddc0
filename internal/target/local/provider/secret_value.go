package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// secretValue opens the value of a secret for write-only arguments. Terraform
// keeps it in no plan and no state.
type secretValue struct {
	client *client
}

var _ ephemeral.EphemeralResourceWithConfigure = (*secretValue)(nil)

// Metadata names the ephemeral resource type.
func (s *secretValue) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_secret"
}

// Schema describes the ephemeral resource type.
func (s *secretValue) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		Description: "The value of a terrace_secret of the same configuration, for write-only arguments. " +
			"A run that only plans gets a value that is made up.",
		Attributes: map[string]schema.Attribute{
			"name":  schema.StringAttribute{Required: true, Description: "The secret's id, so that it is made before its value is asked for."},
			"value": schema.StringAttribute{Computed: true, Sensitive: true, Description: "The value."},
		},
	}
}

// Configure takes the provider's client.
func (s *secretValue) Configure(_ context.Context, req ephemeral.ConfigureRequest, _ *ephemeral.ConfigureResponse) {
	s.client, _ = req.ProviderData.(*client)
}

type secretValueModel struct {
	Name  types.String `tfsdk:"name"`
	Value types.String `tfsdk:"value"`
}

// Open fetches the value.
func (s *secretValue) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m secretValueModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	got, err := s.client.get(ctx, ref{plane: "secrets", name: m.Name.ValueString(), part: "value"})
	if err != nil {
		resp.Diagnostics.AddError(fmt.Sprintf("Cannot open the value of secret %q", m.Name.ValueString()), err.Error())
		return
	}
	value, ok := got.Outputs["value"].(string)
	if !ok || value == "" {
		resp.Diagnostics.AddError(fmt.Sprintf("Terrace gave no value of secret %q", m.Name.ValueString()),
			"An empty password is never set. Check that the provider and terraced are of one version, and try again.")
		return
	}
	m.Value = types.StringValue(value)
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}
