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
	if !ok {
		return
	}
	if err := o.giveUp(ctx, req.State.Raw, req.Plan.Raw); err != nil {
		o.fail(&resp.Diagnostics, "update", "", err) // the state keeps the claim before, for the next try
		return
	}
	resp.State.Raw = raw
}

// giveUp ends the claim that an update has replaced with another.
func (o *object) giveUp(ctx context.Context, before, after tftypes.Value) error {
	was, err := o.ref(before)
	if err != nil {
		return err
	}
	is, err := o.ref(after)
	if err != nil || was == is {
		return err
	}
	return o.client.delete(ctx, was)
}

// ref names the object of a state or a plan.
func (o *object) ref(v tftypes.Value) (r ref, err error) {
	r.plane = o.kind.plane
	if r.name, err = attributeText(v, "name"); err != nil {
		return r, err
	}
	r.claim, err = attributeText(v, "claim")
	return r, err
}

// Read brings the state up to date; an object that has vanished leaves it.
func (o *object) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	r, err := o.ref(req.State.Raw)
	if err != nil {
		o.fail(&resp.Diagnostics, "read", r.name, err)
		return
	}
	got, err := o.client.get(ctx, r)
	if isMissing(err) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err == nil {
		resp.State.Raw, err = o.kind.state(req.State.Raw.Type(), got.claimedBy(r))
	}
	if err != nil {
		o.fail(&resp.Diagnostics, "read", r.name, err)
	}
}

// Delete gives the object up; the last owner's deletion removes it.
func (o *object) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	r, err := o.ref(req.State.Raw)
	if err == nil {
		err = o.client.delete(ctx, r)
	}
	if err != nil {
		o.fail(&resp.Diagnostics, "delete", r.name, err)
	}
}

// ImportState takes an object over by its name.
func (o *object) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughID(ctx, path.Root("name"), req, resp)
}

func (o *object) put(ctx context.Context, verb string, plan, config tftypes.Value, diags *diag.Diagnostics) (tftypes.Value, bool) {
	r, spec, err := o.kind.request(plan, config)
	if err != nil {
		o.fail(diags, verb, r.name, err)
		return tftypes.Value{}, false
	}
	got, err := o.client.put(ctx, r, spec)
	if err != nil {
		o.fail(diags, verb, r.name, err)
		return tftypes.Value{}, false
	}
	raw, err := o.kind.state(plan.Type(), got.claimedBy(r))
	if err != nil {
		o.fail(diags, verb, r.name, err)
		return tftypes.Value{}, false
	}
	return raw, true
}

func (o *object) fail(diags *diag.Diagnostics, verb, name string, err error) {
	diags.AddError(fmt.Sprintf("Cannot %s terrace_%s %q", verb, o.kind.name, name), err.Error())
}
