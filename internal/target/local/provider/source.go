package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// serviceSource reads a service of the stage, of this or another workload: one
// that runs on this machine, or one on Kubernetes.
type serviceSource struct {
	client *client
	// name is the data source's, plane that of the services.
	name, plane string
}

var _ datasource.DataSourceWithConfigure = (*serviceSource)(nil)

// Metadata names the data source.
func (s *serviceSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + s.name
}

// Schema describes the data source.
func (s *serviceSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		Description: "A service of the stage. It is an error if there is none of the name.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{Required: true, Description: "Name of the service."},
			"id":   schema.StringAttribute{Computed: true, Description: "The service's id in its stage: its name."},
			"endpoints": schema.MapAttribute{
				ElementType: types.StringType, Computed: true,
				Description: "Address of every port by name, host:port.",
			},
			"release_version": schema.StringAttribute{Computed: true, Description: "Version that runs."},
			"status":          schema.StringAttribute{Computed: true, Description: "ready, or failing while the service cannot be kept running; committed on Kubernetes."},
		},
	}
}

// Configure takes the provider's client.
func (s *serviceSource) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	s.client, _ = req.ProviderData.(*client)
}

// Read fetches the service.
func (s *serviceSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var name string
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("name"), &name)...)
	if resp.Diagnostics.HasError() {
		return
	}
	got, err := s.client.get(ctx, ref{plane: s.plane, name: name})
	if isMissing(err) {
		resp.Diagnostics.AddAttributeError(path.Root("name"), fmt.Sprintf("There is no service %q in this stage", name),
			"Deploy the workload that provides it to this stage first, or correct the name.")
		return
	}
	if err != nil {
		resp.Diagnostics.AddError(fmt.Sprintf("Cannot read service %q", name), err.Error())
		return
	}
	got.Outputs["release_version"] = got.Spec["release_version"]
	resp.State.Raw, err = kind{outputs: map[string]output{"endpoints": {}, "status": {}, "release_version": {}}}.
		state(req.Config.Raw.Type(), got)
	if err != nil {
		resp.Diagnostics.AddError(fmt.Sprintf("Cannot read service %q", name), err.Error())
	}
}
