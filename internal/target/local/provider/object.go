package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// object serves the resources of one kind.
type object struct {
	kind   kind
	client *client
}

var (
	_ resource.ResourceWithConfigure   = (*object)(nil)
	_ resource.ResourceWithImportState = (*object)(nil)
	_ resource.ResourceWithModifyPlan  = (*object)(nil)
)

// Metadata names the resource type.
func (o *object) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + o.kind.name
}

// Schema describes the resource type.
func (o *object) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = o.kind.schema()
}

// Configure takes the provider's client.
func (o *object) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	o.client, _ = req.ProviderData.(*client)
}

// Create puts the object.
func (o *object) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	raw, ok := o.put(ctx, "create", req.Plan.Raw, req.Config.Raw, &resp.Diagnostics)
	if ok {
		resp.State.Raw = raw
	}
}

// Update puts the object with its new spec.
func (o *object) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	raw, ok := o.put(ctx, "update", req.Plan.Raw, req.Config.Raw, &resp.Diagnostics)
	if ok {
		resp.State.Raw = raw
	}
}

// Read brings the state up to date; an object that has vanished leaves it.
func (o *object) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	name, err := attributeText(req.State.Raw, "name")
	if err != nil {
		o.fail(&resp.Diagnostics, "read", name, err)
		return
	}
	got, err := o.client.get(ctx, o.kind.plane, name)
	if isMissing(err) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err == nil {
		resp.State.Raw, err = o.kind.state(req.State.Raw.Type(), got)
	}
	if err != nil {
		o.fail(&resp.Diagnostics, "read", name, err)
	}
}

// Delete gives the object up; the last owner's deletion removes it.
func (o *object) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	name, err := attributeText(req.State.Raw, "name")
	if err == nil {
		err = o.client.delete(ctx, o.kind.plane, name)
	}
	if err != nil {
		o.fail(&resp.Diagnostics, "delete", name, err)
	}
}

// ImportState takes an object over by its name.
func (o *object) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughID(ctx, path.Root("name"), req, resp)
}

func (o *object) put(ctx context.Context, verb string, plan, config tftypes.Value, diags *diag.Diagnostics) (tftypes.Value, bool) {
	name, spec, err := o.kind.request(plan, config)
	if err != nil {
		o.fail(diags, verb, name, err)
		return tftypes.Value{}, false
	}
	got, err := o.client.put(ctx, o.kind.plane, name, spec)
	if err != nil {
		o.fail(diags, verb, name, err)
		return tftypes.Value{}, false
	}
	raw, err := o.kind.state(plan.Type(), got)
	if err != nil {
		o.fail(diags, verb, name, err)
		return tftypes.Value{}, false
	}
	return raw, true
}

func (o *object) fail(diags *diag.Diagnostics, verb, name string, err error) {
	diags.AddError(fmt.Sprintf("Cannot %s terrace_%s %q", verb, o.kind.name, name), err.Error())
}
