package provider

import (
	"context"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Address is the provider's source address in configurations.
const Address = "terrace.localhost/terrace/terrace"

// Version is the version that this source tree builds.
const Version = "0.1.0"

// The environment variables that configure the provider where its arguments do not.
const (
	AddressVariable = "TERRACE_ADDRESS"
	TokenVariable   = "TERRACE_TOKEN"
)

// Terrace is the provider.
type Terrace struct {
	version string
}

var _ provider.ProviderWithEphemeralResources = (*Terrace)(nil)

// New returns the constructor of a provider of the version.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return &Terrace{version: version} }
}

// Metadata names the provider.
func (t *Terrace) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName, resp.Version = "terrace", t.version
}

// Schema describes the provider's arguments.
func (t *Terrace) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		Description: "Realises resources on the local target of Terrace.",
		Attributes: map[string]schema.Attribute{
			"address": schema.StringAttribute{
				Optional:    true,
				Description: "URL of the Terrace daemon. Default: the environment variable " + AddressVariable + ".",
			},
			"token": schema.StringAttribute{
				Optional: true, Sensitive: true,
				Description: "Run token. Default: the environment variable " + TokenVariable + ".",
			},
		},
	}
}

type settings struct {
	Address types.String `tfsdk:"address"`
	Token   types.String `tfsdk:"token"`
}

// Configure makes the client that all resources use.
func (t *Terrace) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var s settings
	resp.Diagnostics.Append(req.Config.Get(ctx, &s)...)
	if resp.Diagnostics.HasError() {
		return
	}
	address := first(s.Address.ValueString(), os.Getenv(AddressVariable))
	token := first(s.Token.ValueString(), os.Getenv(TokenVariable))
	if address == "" {
		resp.Diagnostics.AddError("The provider does not know where Terrace is",
			"Set the environment variable "+AddressVariable+" to the daemon's URL, for example http://127.0.0.1:7080. Runs of Terrace set it by themselves.")
	}
	if token == "" {
		resp.Diagnostics.AddError("The provider has no token for Terrace",
			"Set the environment variable "+TokenVariable+" to a run token. Runs of Terrace set it by themselves.")
	}
	if resp.Diagnostics.HasError() {
		return
	}
	c, err := newClient(address, token, "terraform-provider-terrace/"+t.version)
	if err != nil {
		resp.Diagnostics.AddError("The address of Terrace is not a URL", err.Error())
		return
	}
	resp.ResourceData, resp.DataSourceData, resp.EphemeralResourceData = c, c, c
}

// Resources lists the resource types.
func (t *Terrace) Resources(context.Context) []func() resource.Resource {
	var out []func() resource.Resource
	for _, k := range kinds() {
		out = append(out, func() resource.Resource { return &object{kind: k} })
	}
	return out
}

// DataSources lists the data source types.
func (t *Terrace) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		func() datasource.DataSource { return &serviceSource{name: "service", plane: "services"} },
		func() datasource.DataSource {
			return &serviceSource{name: "kubernetes_workload", plane: "kubernetes-workloads"}
		},
	}
}

// EphemeralResources lists the ephemeral resource types.
func (t *Terrace) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{func() ephemeral.EphemeralResource { return &secretValue{} }}
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
