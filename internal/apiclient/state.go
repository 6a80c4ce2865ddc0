package apiclient

import (
	"context"
	"io"
	"net/http"
)

func statePath(project, workload string, more ...string) string {
	return escape(append([]string{"projects", project, "workloads", workload, "state"}, more...)...)
}

// StateVersions returns the versions of a workload's state on a stage, the newest first.
func (c *Client) StateVersions(ctx context.Context, project, workload, stage string) ([]StateVersion, error) {
	return all[StateVersion](ctx, c, query(escape("projects", project, "workloads", workload, "state-versions"), ListStateVersionsParams{Stage: stage}))
}

// State returns what a version of the state has; without one, the version in force.
func (c *Client) State(ctx context.Context, project, workload string, p GetStateParams) (StateView, error) {
	var v StateView
	return v, c.callWithin(ctx, stateTimeout, http.MethodGet, query(statePath(project, workload), p), nil, &v)
}

// StateResource returns one resource of a state.
func (c *Client) StateResource(ctx context.Context, project, workload string, p GetStateResourceParams) (StateResource, error) {
	var r StateResource
	return r, c.callWithin(ctx, stateTimeout, http.MethodGet, query(statePath(project, workload, "resource"), p), nil, &r)
}

// DiffState compares two versions of a state.
func (c *Client) DiffState(ctx context.Context, project, workload string, p DiffStateParams) (StateDifference, error) {
	var d StateDifference
	return d, c.callWithin(ctx, stateTimeout, http.MethodGet, query(statePath(project, workload, "diff"), p), nil, &d)
}

// MoveState gives a resource or a module another address.
func (c *Client) MoveState(ctx context.Context, project, workload, stage string, in MoveStateRequest) (StateVersion, error) {
	var v StateVersion
	return v, c.callWithin(ctx, stateTimeout, http.MethodPost, query(statePath(project, workload, "move"), MoveStateParams{Stage: stage}), in, &v)
}

// RemoveState forgets resources, which stay as they are.
func (c *Client) RemoveState(ctx context.Context, project, workload, stage string, in RemoveStateRequest) (StateVersion, error) {
	var v StateVersion
	return v, c.callWithin(ctx, stateTimeout, http.MethodPost, query(statePath(project, workload, "remove"), RemoveStateParams{Stage: stage}), in, &v)
}

// RollbackState brings the content of an earlier version back.
func (c *Client) RollbackState(ctx context.Context, project, workload, stage string, in RollBackStateRequest) (StateVersion, error) {
	var v StateVersion
	return v, c.callWithin(ctx, stateTimeout, http.MethodPost, query(statePath(project, workload, "rollback"), RollBackStateParams{Stage: stage}), in, &v)
}

// UnlockState gives the lock back for a holder that cannot.
func (c *Client) UnlockState(ctx context.Context, project, workload, stage string, in UnlockStateRequest) error {
	return c.call(ctx, http.MethodPost, query(statePath(project, workload, "unlock"), UnlockStateParams{Stage: stage}), in, nil)
}

// SetAsideStates returns the states that an apply could not store or that were set aside.
func (c *Client) SetAsideStates(ctx context.Context, project, workload, stage string) ([]StateAside, error) {
	return all[StateAside](ctx, c, query(statePath(project, workload, "aside"), ListSetAsideStatesParams{Stage: stage}))
}

// TakeBackState brings a state that never came into force back.
func (c *Client) TakeBackState(ctx context.Context, project, workload, stage string, in TakeBackStateRequest) (StateVersion, error) {
	var v StateVersion
	return v, c.callWithin(ctx, stateTimeout, http.MethodPost, query(statePath(project, workload, "take-back"), TakeBackStateParams{Stage: stage}), in, &v)
}

// DiscardState forgets a state that was set aside.
func (c *Client) DiscardState(ctx context.Context, project, workload, stage string, in DiscardStateRequest) error {
	return c.callWithin(ctx, stateTimeout, http.MethodPost, query(statePath(project, workload, "discard"), DiscardStateParams{Stage: stage}), in, nil)
}

// ImportState uploads a state that was kept elsewhere.
func (c *Client) ImportState(ctx context.Context, project, workload string, p ImportStateParams, state io.Reader, size int64) (StateVersion, error) {
	var v StateVersion
	res, err := c.send(ctx, http.MethodPut, query(statePath(project, workload), p), "application/octet-stream", state, size) //nolint:bodyclose // decode or drain closes it
	if err != nil {
		return v, err
	}
	defer drain(res.Body)
	return v, decode(res, &v)
}
