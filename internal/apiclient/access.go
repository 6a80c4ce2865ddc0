package apiclient

import (
	"context"
	"net/http"
)

// Tokens returns the signed-in user's tokens, without their secrets.
func (c *Client) Tokens(ctx context.Context) ([]Token, error) {
	return all[Token](ctx, c, escape("me", "tokens"))
}

// RevokeToken ends one of the signed-in user's tokens.
func (c *Client) RevokeToken(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, escape("me", "tokens", id), nil, nil)
}

// CreateToken makes a personal token for a user.
func (c *Client) CreateToken(ctx context.Context, user string, in CreateTokenRequest) (IssuedToken, error) {
	var t IssuedToken
	return t, c.call(ctx, http.MethodPost, escape("users", user, "tokens"), in, &t)
}

// UserTokens returns a user's tokens, without their secrets.
func (c *Client) UserTokens(ctx context.Context, user string) ([]Token, error) {
	return all[Token](ctx, c, escape("users", user, "tokens"))
}

// RevokeUserToken ends one of a user's tokens.
func (c *Client) RevokeUserToken(ctx context.Context, user, id string) error {
	return c.call(ctx, http.MethodDelete, escape("users", user, "tokens", id), nil, nil)
}

// CreateServiceAccountToken makes a token of a service account.
func (c *Client) CreateServiceAccountToken(ctx context.Context, account string, in CreateTokenRequest) (IssuedToken, error) {
	var t IssuedToken
	return t, c.call(ctx, http.MethodPost, escape("service-accounts", account, "tokens"), in, &t)
}

// ServiceAccountTokens returns the tokens of a service account, without their secrets.
func (c *Client) ServiceAccountTokens(ctx context.Context, account string) ([]Token, error) {
	return all[Token](ctx, c, escape("service-accounts", account, "tokens"))
}

// RevokeServiceAccountToken ends a token of a service account.
func (c *Client) RevokeServiceAccountToken(ctx context.Context, account, id string) error {
	return c.call(ctx, http.MethodDelete, escape("service-accounts", account, "tokens", id), nil, nil)
}

// Grants returns who has which role where.
func (c *Client) Grants(ctx context.Context, q ListGrantsParams) ([]Grant, error) {
	return all[Grant](ctx, c, query(escape("access", "grants"), q))
}

// CreateGrant gives a subject a role at a node.
func (c *Client) CreateGrant(ctx context.Context, in CreateGrantRequest) (Grant, error) {
	var g Grant
	return g, c.call(ctx, http.MethodPost, escape("access", "grants"), in, &g)
}

// DeleteGrant takes a role away.
func (c *Client) DeleteGrant(ctx context.Context, id, reason string) (Grant, error) {
	var g Grant
	return g, c.call(ctx, http.MethodDelete, query(escape("access", "grants", id), DeleteGrantParams{Reason: reason}), nil, &g)
}

// Groups returns the groups of the tenant.
func (c *Client) Groups(ctx context.Context) ([]Group, error) {
	return all[Group](ctx, c, escape("groups"))
}

// CreateGroup adds a group.
func (c *Client) CreateGroup(ctx context.Context, in CreateGroupRequest) (Group, error) {
	var g Group
	return g, c.call(ctx, http.MethodPost, escape("groups"), in, &g)
}

// DeleteGroup removes a group with its grants.
func (c *Client) DeleteGroup(ctx context.Context, group string) error {
	return c.call(ctx, http.MethodDelete, escape("groups", group), nil, nil)
}

// GroupMembers returns who is in a group.
func (c *Client) GroupMembers(ctx context.Context, group string) ([]GroupMember, error) {
	return all[GroupMember](ctx, c, escape("groups", group, "members"))
}

// AddGroupMember puts a user into a group.
func (c *Client) AddGroupMember(ctx context.Context, group, user string) error {
	return c.call(ctx, http.MethodPut, escape("groups", group, "members", user), nil, nil)
}

// RemoveGroupMember takes a user out of a group.
func (c *Client) RemoveGroupMember(ctx context.Context, group, user string) error {
	return c.call(ctx, http.MethodDelete, escape("groups", group, "members", user), nil, nil)
}

// ServiceAccounts returns the service accounts of a project, or of the whole tenant.
func (c *Client) ServiceAccounts(ctx context.Context, q ListServiceAccountsParams) ([]ServiceAccount, error) {
	return all[ServiceAccount](ctx, c, query(escape("service-accounts"), q))
}

// CreateServiceAccount adds a service account.
func (c *Client) CreateServiceAccount(ctx context.Context, in CreateServiceAccountRequest) (ServiceAccount, error) {
	var a ServiceAccount
	return a, c.call(ctx, http.MethodPost, escape("service-accounts"), in, &a)
}

// SetServiceAccountDisabled keeps a service account out, or lets it in again.
func (c *Client) SetServiceAccountDisabled(ctx context.Context, account string, disabled bool) (ServiceAccount, error) {
	var a ServiceAccount
	in := SetServiceAccountDisabledRequest{Disabled: disabled}
	return a, c.call(ctx, http.MethodPut, escape("service-accounts", account, "disabled"), in, &a)
}

// DeleteServiceAccount removes a service account with its tokens and grants.
func (c *Client) DeleteServiceAccount(ctx context.Context, account string) error {
	return c.call(ctx, http.MethodDelete, escape("service-accounts", account), nil, nil)
}

// ExplainAccess tells whether somebody may do an action, and why.
func (c *Client) ExplainAccess(ctx context.Context, q ExplainAccessParams) (AccessDecision, error) {
	var d AccessDecision
	return d, c.call(ctx, http.MethodGet, query(escape("access", "why"), q), nil, &d)
}

// AccessActions returns the actions, with who may do them.
func (c *Client) AccessActions(ctx context.Context) ([]AccessAction, error) {
	return all[AccessAction](ctx, c, escape("access", "actions"))
}

// RequestElevation asks for a role for a while.
func (c *Client) RequestElevation(ctx context.Context, in RequestElevationRequest) (Elevation, error) {
	var v Elevation
	return v, c.call(ctx, http.MethodPost, escape("access", "elevations"), in, &v)
}

// Elevations returns elevations, the newest first.
func (c *Client) Elevations(ctx context.Context, q ListElevationsParams) ([]Elevation, error) {
	return all[Elevation](ctx, c, query(escape("access", "elevations"), q))
}

// DecideElevation approves or denies an elevation.
func (c *Client) DecideElevation(ctx context.Context, id string, in DecideElevationRequest) (Elevation, error) {
	var v Elevation
	return v, c.call(ctx, http.MethodPut, escape("access", "elevations", id, "decision"), in, &v)
}

// EndElevation ends an elevation, or withdraws a request for one.
func (c *Client) EndElevation(ctx context.Context, id, reason string) (Elevation, error) {
	var v Elevation
	return v, c.call(ctx, http.MethodDelete, query(escape("access", "elevations", id), EndElevationParams{Reason: reason}), nil, &v)
}

// ElevationRule returns who decides on elevations at a node beside its admins.
func (c *Client) ElevationRule(ctx context.Context, q GetElevationRuleParams) (ElevationRule, error) {
	var r ElevationRule
	return r, c.call(ctx, http.MethodGet, query(escape("access", "elevation-rule"), q), nil, &r)
}

// SetElevationRule says who decides on elevations at a node beside its admins.
func (c *Client) SetElevationRule(ctx context.Context, q SetElevationRuleParams, in ElevationRule) (ElevationRule, error) {
	var r ElevationRule
	return r, c.call(ctx, http.MethodPut, query(escape("access", "elevation-rule"), q), in, &r)
}
