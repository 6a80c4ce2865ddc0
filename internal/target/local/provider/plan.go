package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// ModifyPlan fills an update's plan with the outputs that the update does not
// change, so that what depends on them does not look changed either.
func (o *object) ModifyPlan(_ context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.State.Raw.IsNull() || req.Plan.Raw.IsNull() {
		return
	}
	raw, err := o.kind.settle(req.State.Raw, req.Plan.Raw, req.Config.Raw)
	if err != nil {
		o.fail(&resp.Diagnostics, "plan", "", err)
		return
	}
	resp.Plan.Raw = raw
}

// settle returns the plan with its unknown outputs replaced where they are certain.
func (k kind) settle(state, plan, config tftypes.Value) (tftypes.Value, error) {
	before, err := members(state)
	if err != nil {
		return plan, err
	}
	planned, err := members(plan)
	if err != nil {
		return plan, err
	}
	configured, err := members(config)
	if err != nil {
		return plan, err
	}
	if !before["name"].Equal(planned["name"]) {
		return plan, nil // a replacement: everything is new
	}
	for name, v := range planned {
		if v.IsKnown() || !k.isOutput(name) {
			continue
		}
		if certain, ok := k.certain(name, before, planned, configured); ok {
			planned[name] = certain
		}
	}
	return tftypes.NewValue(plan.Type(), planned), nil
}

func (k kind) certain(name string, before, planned, configured map[string]tftypes.Value) (tftypes.Value, bool) {
	o := k.outputs[name]
	if o.settled != "" {
		return tftypes.NewValue(tftypes.String, o.settled), true
	}
	for _, followed := range o.follows {
		if followed == name && configured[name].IsNull() {
			continue // computed before and now
		}
		if !before[followed].Equal(planned[followed]) {
			return tftypes.Value{}, false
		}
	}
	return before[name], true
}
