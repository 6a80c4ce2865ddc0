package apiclient

import (
	"context"
	"io"
	"net/http"
)

// SignIn exchanges a password for a token.
func (c *Client) SignIn(ctx context.Context, tenant, username, password string) (IssuedToken, error) {
	var t IssuedToken
	in := SignInRequest{Tenant: tenant, Username: username, Password: password}
	return t, c.call(ctx, http.MethodPost, escape("sessions"), in, &t)
}

// SignInAnew is SignIn with another password, which holds from then on.
func (c *Client) SignInAnew(ctx context.Context, tenant, username, password, next string) (IssuedToken, error) {
	var t IssuedToken
	in := SignInRequest{Tenant: tenant, Username: username, Password: password, NewPassword: next}
	return t, c.call(ctx, http.MethodPost, escape("sessions"), in, &t)
}

// Me returns who the token stands for.
func (c *Client) Me(ctx context.Context) (Me, error) {
	var m Me
	return m, c.call(ctx, http.MethodGet, escape("me"), nil, &m)
}

// Status returns how the server is.
func (c *Client) Status(ctx context.Context) (ServerStatus, error) {
	var s ServerStatus
	return s, c.call(ctx, http.MethodGet, escape("status"), nil, &s)
}

// Users returns the users of the tenant.
func (c *Client) Users(ctx context.Context) ([]User, error) {
	return all[User](ctx, c, escape("users"))
}

// CreateUser creates a user with a password; without a role, it has none in the tenant.
func (c *Client) CreateUser(ctx context.Context, in CreateUserRequest) (User, error) {
	var u User
	return u, c.call(ctx, http.MethodPost, escape("users"), in, &u)
}

// DeleteUser removes a user with all that lets them in.
func (c *Client) DeleteUser(ctx context.Context, user string, q DeleteUserParams) error {
	return c.call(ctx, http.MethodDelete, query(escape("users", user), q), nil, nil)
}

// SetUserDisabled keeps a user out, or lets them in again.
func (c *Client) SetUserDisabled(ctx context.Context, user string, disabled bool) (User, error) {
	var u User
	return u, c.call(ctx, http.MethodPut, escape("users", user, "disabled"), SetUserDisabledRequest{Disabled: disabled}, &u)
}

// ChangePassword gives the signed-in user another password.
func (c *Client) ChangePassword(ctx context.Context, present, next string) error {
	return c.call(ctx, http.MethodPut, escape("me", "password"), ChangePasswordRequest{Present: present, Next: next}, nil)
}

// ResetPassword gives a user another password, and returns how many tokens ended.
func (c *Client) ResetPassword(ctx context.Context, user string, in ResetPasswordRequest) (ResetPasswordResponse, error) {
	var out ResetPasswordResponse
	return out, c.call(ctx, http.MethodPost, escape("users", user, "password", "reset"), in, &out)
}

// Projects returns the projects that the actor may see.
func (c *Client) Projects(ctx context.Context) ([]Project, error) {
	return all[Project](ctx, c, escape("projects"))
}

// CreateProject creates a project.
func (c *Client) CreateProject(ctx context.Context, in CreateProjectRequest) (Project, error) {
	var out Project
	return out, c.call(ctx, http.MethodPost, escape("projects"), in, &out)
}

// SetProjectTags says who pays and who answers for a project.
func (c *Client) SetProjectTags(ctx context.Context, project string, in SetProjectTagsRequest) (Project, error) {
	var out Project
	return out, c.call(ctx, http.MethodPut, escape("projects", project, "tags"), in, &out)
}

// Project returns one project.
func (c *Client) Project(ctx context.Context, name string) (Project, error) {
	var out Project
	return out, c.call(ctx, http.MethodGet, escape("projects", name), nil, &out)
}

// Definitions returns the definitions of the tenant.
func (c *Client) Definitions(ctx context.Context) ([]Definition, error) {
	return all[Definition](ctx, c, escape("definitions"))
}

// Definition returns one definition.
func (c *Client) Definition(ctx context.Context, name string) (Definition, error) {
	var d Definition
	return d, c.call(ctx, http.MethodGet, escape("definitions", name), nil, &d)
}

// ApplyDefinition creates or changes a definition from its YAML.
func (c *Client) ApplyDefinition(ctx context.Context, name, source string) (Definition, error) {
	var d Definition
	return d, c.call(ctx, http.MethodPut, escape("definitions", name), ApplyDefinitionRequest{Source: source}, &d)
}

// DeleteDefinition removes a definition.
func (c *Client) DeleteDefinition(ctx context.Context, name string) error {
	return c.call(ctx, http.MethodDelete, escape("definitions", name), nil, nil)
}

// Modules returns the published modules.
func (c *Client) Modules(ctx context.Context) ([]ModuleVersion, error) {
	return all[ModuleVersion](ctx, c, escape("modules"))
}

// PublishModule uploads one version of a module as tar.gz.
func (c *Client) PublishModule(ctx context.Context, m ModuleVersion, archive io.Reader, size int64) (ModuleVersion, error) {
	var out ModuleVersion
	res, err := c.send(ctx, http.MethodPut, escape("modules", m.Namespace, m.Name, m.System, m.Version), "application/gzip", archive, size) //nolint:bodyclose // decode or drain closes it
	if err != nil {
		return out, err
	}
	defer drain(res.Body)
	return out, decode(res, &out)
}

// ModuleBlastRadius tells what publishing a version of a module, as tar.gz, would touch.
func (c *Client) ModuleBlastRadius(ctx context.Context, m ModuleVersion, archive io.Reader, size int64, p ModuleBlastRadiusParams) (ImpactRadius, error) {
	var out ImpactRadius
	path := query(escape("modules", m.Namespace, m.Name, m.System, m.Version, "blast-radius"), p)
	res, err := c.send(ctx, http.MethodPost, path, "application/gzip", archive, size) //nolint:bodyclose // decode or drain closes it
	if err != nil {
		return out, err
	}
	defer drain(res.Body)
	return out, decode(res, &out)
}

// DefinitionBlastRadius tells what applying definitions, YAML by name, would touch.
func (c *Client) DefinitionBlastRadius(ctx context.Context, sources map[string]string, p DefinitionBlastRadiusParams) (ImpactRadius, error) {
	var out ImpactRadius
	return out, c.call(ctx, http.MethodPost, query(escape("definitions", "blast-radius"), p), DefinitionBlastRadiusRequest{Sources: sources}, &out)
}

// SetLandingZone tells what the landing zone of a stage gives to workloads.
func (c *Client) SetLandingZone(ctx context.Context, stage string, outputs map[string]LandingZoneOutput) (LandingZone, error) {
	var z LandingZone
	return z, c.call(ctx, http.MethodPut, escape("landing-zones", stage), SetLandingZoneRequest{Outputs: outputs}, &z)
}

// LandingZone returns a version of a stage's landing zone; 0 is the newest.
func (c *Client) LandingZone(ctx context.Context, stage string, version int) (LandingZone, error) {
	var z LandingZone
	return z, c.call(ctx, http.MethodGet, query(escape("landing-zones", stage), GetLandingZoneParams{Version: int64(version)}), nil, &z)
}

// LandingZoneInputs looks for the secrets that a landing zone is applied with, or reads them.
func (c *Client) LandingZoneInputs(ctx context.Context, stage string, in ReadLandingZoneInputsRequest) ([]LandingZoneInput, error) {
	var answer ReadLandingZoneInputsResponse
	err := c.call(ctx, http.MethodPost, escape("landing-zones", stage, "inputs"), in, &answer)
	return answer.Items, err
}

// LandingZoneVersions returns the versions of a stage's landing zone, the newest first.
func (c *Client) LandingZoneVersions(ctx context.Context, stage string) ([]LandingZone, error) {
	return all[LandingZone](ctx, c, escape("landing-zones", stage, "versions"))
}
