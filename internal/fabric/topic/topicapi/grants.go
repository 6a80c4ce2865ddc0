package topicapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerGrants(api huma.API) {
	httpserver.Register(api, operation("list-topic-grants", http.MethodGet, "/{topic}/grants", "List who may use a topic with the broker's own protocol"), a.grants)
	create := operation("create-topic-grant", http.MethodPost, "/{topic}/grants", "Let a program use a topic with the broker's own protocol; its password is shown this once")
	create.DefaultStatus = http.StatusCreated
	httpserver.Register(api, create, a.createGrant)
	httpserver.Register(api, operation("rotate-topic-grant", http.MethodPost, "/{topic}/grants/{name}/credentials", "Give a grant another credential; those before end with the overlap"), a.rotateGrant)
	httpserver.Register(api, operation("revoke-topic-grant", http.MethodDelete, "/{topic}/grants/{name}", "Revoke a grant, and cut off who is connected by it"), a.revokeGrant)
}

type grantsOutput struct{ Body kernel.Page[topic.Grant] }

func (a API) grants(ctx context.Context, in *Path) (*grantsOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	all, err := a.Topics.ListGrants(ctx, scope, in.Topic)
	return &grantsOutput{kernel.Page[topic.Grant]{Items: append([]topic.Grant{}, all...)}}, err
}

type createGrantInput struct {
	Path
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"63"`
		Project  string `json:"project,omitempty" maxLength:"63" doc:"The project of who gets it; the topic's unless given."`
		Workload string `json:"workload,omitempty" maxLength:"63" doc:"The workload that gets it."`
		Publish  bool   `json:"publish,omitempty" doc:"Whether it may publish."`
		Consume  bool   `json:"consume,omitempty" doc:"Whether it may consume."`
	}
}

type createdGrantOutput struct{ Body topic.CreatedGrant }

func (a API) createGrant(ctx context.Context, in *createGrantInput) (*createdGrantOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	b := in.Body
	g, err := a.Topics.CreateGrant(ctx, scope, in.Topic, topic.GrantSpec{Name: b.Name, Project: b.Project, Workload: b.Workload, Publish: b.Publish, Consume: b.Consume})
	return &createdGrantOutput{g}, err
}

// GrantPath names a grant.
type GrantPath struct {
	Path
	Grant string `path:"name" maxLength:"63" doc:"The grant's name."`
}

type rotateGrantInput struct {
	GrantPath
	Body struct {
		OverlapSeconds int64 `json:"overlapSeconds,omitempty" minimum:"0" maximum:"2592000" doc:"How long the credentials before open the topic still; they end at once unless given."`
	}
}

func (a API) rotateGrant(ctx context.Context, in *rotateGrantInput) (*createdGrantOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	g, err := a.Topics.RotateGrant(ctx, scope, in.Topic, in.Grant, time.Duration(in.Body.OverlapSeconds)*time.Second)
	return &createdGrantOutput{g}, err
}

func (a API) revokeGrant(ctx context.Context, in *GrantPath) (*struct{}, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	return nil, a.Topics.RevokeGrant(ctx, scope, in.Topic, in.Grant)
}
