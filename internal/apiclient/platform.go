package apiclient

import (
	"context"
	"io"
	"net/http"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// SignIn exchanges a password for a token.
func (c *Client) SignIn(ctx context.Context, username, password string) (Session, error) {
	var s Session
	in := map[string]string{"username": username, "password": password}
	return s, c.call(ctx, http.MethodPost, escape("sessions"), in, &s)
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

// CreateUser creates a user with a password; role "" is none in the tenant.
func (c *Client) CreateUser(ctx context.Context, name, password, role string) (User, error) {
	var u User
	in := map[string]string{"name": name, "password": password}
	return u, c.call(ctx, http.MethodPost, escape("users"), with(in, "role", role), &u)
}

// CreateToken makes a personal token for a user; days 0 is the server's default.
func (c *Client) CreateToken(ctx context.Context, user, name string, days int) (Token, error) {
	var t Token
	in := map[string]any{"name": name}
	if days > 0 {
		in["expires_in_days"] = days
	}
	return t, c.call(ctx, http.MethodPost, escape("users", user, "tokens"), in, &t)
}

// Projects returns the projects that the actor may see.
func (c *Client) Projects(ctx context.Context) ([]Project, error) {
	return all[Project](ctx, c, escape("projects"))
}

// CreateProject creates a project.
func (c *Client) CreateProject(ctx context.Context, p Project) (Project, error) {
	var out Project
	in := map[string]string{"name": p.Name, "costcenter": p.CostCenter, "owner": p.Owner}
	return out, c.call(ctx, http.MethodPost, escape("projects"), in, &out)
}

// SetMember gives a user a role in a project.
func (c *Client) SetMember(ctx context.Context, project, user, role string) error {
	return c.call(ctx, http.MethodPut, escape("projects", project, "members", user), map[string]string{"role": role}, nil)
}

// Audit returns the newest entries of the audit log.
func (c *Client) Audit(ctx context.Context, f AuditFilter) ([]AuditEntry, error) {
	var page kernel.Page[AuditEntry]
	path := query(escape("audit"), "project", f.Project, "stage", f.Stage, "type", f.Type,
		"subject", f.Subject, "actor", f.Actor, "limit", number(f.Limit))
	return page.Items, c.call(ctx, http.MethodGet, path, nil, &page)
}

// VerifyAudit checks the chain of the audit log.
func (c *Client) VerifyAudit(ctx context.Context) (AuditReport, error) {
	var r AuditReport
	return r, c.call(ctx, http.MethodPost, escape("audit", "verify"), nil, &r)
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
	return d, c.call(ctx, http.MethodPut, escape("definitions", name), map[string]string{"source": source}, &d)
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
	res, err := c.send(ctx, http.MethodPut, escape("modules", m.Namespace, m.Name, m.System, m.Version), "application/gzip", archive, size)
	if err != nil {
		return out, err
	}
	defer drain(res.Body)
	return out, decode(res, &out)
}
