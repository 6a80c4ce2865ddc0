package identityapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerGrants(api huma.API) {
	httpserver.Register(api, operation("list-grants", http.MethodGet, "/access/grants", "List who has which role where"), a.grants)
	httpserver.Register(api, operation("create-grant", http.MethodPost, "/access/grants", "Give a subject a role at a node"), a.createGrant)
	httpserver.Register(api, operation("delete-grant", http.MethodDelete, "/access/grants/{grant}", "Take a role away"), a.deleteGrant)
}

// GrantSubject is who a grant is for.
type GrantSubject struct {
	Kind identity.SubjectKind `json:"kind"`
	Name string               `json:"name" minLength:"1" maxLength:"64"`
}

// Grant is a role of a subject at a node of the tree platform, tenant, project, stage.
type Grant struct {
	ID        string        `json:"id"`
	Subject   GrantSubject  `json:"subject"`
	Role      identity.Role `json:"role"`
	Platform  bool          `json:"platform,omitempty" doc:"Whether the node is the platform."`
	Project   string        `json:"project,omitempty" doc:"The project; none is the whole tenant."`
	Stage     string        `json:"stage,omitempty" doc:"The stage; none is the whole project."`
	Elevation string        `json:"elevation,omitempty" doc:"The elevation that it comes from."`
	Source    string        `json:"source,omitempty" doc:"The upstream whose rules gave it when its user signed in."`
	CreatedAt time.Time     `json:"createdAt"`
	CreatedBy string        `json:"createdBy,omitempty"`
	ExpiresAt *time.Time    `json:"expiresAt,omitempty" doc:"When it ends by itself."`
}

func grantOf(g identity.Grant) Grant {
	return Grant{
		ID: g.ID, Subject: GrantSubject{Kind: g.Subject.Kind, Name: g.Subject.Name}, Role: g.Role, Platform: g.Platform, Project: g.Project, Stage: g.Stage,
		Elevation: g.Elevation, Source: g.Source, CreatedAt: g.CreatedAt, CreatedBy: g.CreatedBy, ExpiresAt: timeOrNone(g.ExpiresAt),
	}
}

type grantsOutput struct{ Body kernel.Page[Grant] }

type grantsInput struct {
	Platform bool                 `query:"platform" doc:"Those on the platform alone, for its operators."`
	Project  string               `query:"project" maxLength:"63" doc:"Those that hold in this project, or in a part of it."`
	Stage    string               `query:"stage" maxLength:"63" doc:"Those that hold in this stage."`
	Kind     identity.SubjectKind `query:"kind" enum:"user,group,service" default:"user" doc:"What subject names."`
	Subject  string               `query:"subject" maxLength:"64" doc:"Those of the subject of this name."`
	httpserver.PageParams
}

func (a API) grants(ctx context.Context, in *grantsInput) (*grantsOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	f := identity.GrantFilter{Platform: in.Platform, Project: in.Project, Stage: in.Stage, Subject: identity.Subject{Kind: in.Kind, Name: in.Subject}}
	page, err := a.Service.Grants(ctx, scope, f, in.Page())
	if err != nil {
		return nil, err
	}
	return &grantsOutput{Body: pageOf(page, grantOf)}, nil
}

type grantOutput struct{ Body Grant }

type createGrantInput struct {
	Body struct {
		Subject   GrantSubject  `json:"subject"`
		Role      identity.Role `json:"role"`
		Platform  bool          `json:"platform,omitempty" doc:"Whether it is on the platform."`
		Project   string        `json:"project,omitempty" maxLength:"63" doc:"The project; none is the whole tenant."`
		Stage     string        `json:"stage,omitempty" maxLength:"63" doc:"The stage of the project; none is all of it."`
		ExpiresAt *time.Time    `json:"expiresAt,omitempty" doc:"When it ends by itself; never unless given."`
		Reason    string        `json:"reason,omitempty" maxLength:"1000" doc:"Why, for the audit log."`
	}
}

func (a API) createGrant(ctx context.Context, in *createGrantInput) (*grantOutput, error) {
	b := in.Body
	scope, err := httpserver.Scope(ctx, b.Project)
	if err != nil {
		return nil, err
	}
	scope.Stage = b.Stage
	n := identity.NewGrant{Subject: identity.Subject{Kind: b.Subject.Kind, Name: b.Subject.Name}, Role: b.Role, Platform: b.Platform, Reason: b.Reason}
	if b.ExpiresAt != nil {
		n.ExpiresAt = *b.ExpiresAt
	}
	g, err := a.Service.Grant(ctx, scope, n)
	if err != nil {
		return nil, err
	}
	return &grantOutput{Body: grantOf(g)}, nil
}

func (a API) deleteGrant(ctx context.Context, in *struct {
	Grant  string `path:"grant" maxLength:"128" doc:"The grant's id."`
	Reason string `query:"reason" maxLength:"1000" doc:"Why, for the audit log."`
},
) (*grantOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	g, err := a.Service.Revoke(ctx, scope, in.Grant, in.Reason)
	if err != nil {
		return nil, err
	}
	return &grantOutput{Body: grantOf(g)}, nil
}
