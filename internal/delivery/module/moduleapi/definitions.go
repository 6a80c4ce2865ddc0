package moduleapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerDefinitions(api huma.API) {
	tags := []string{"definitions"}
	httpserver.Register(api, huma.Operation{
		OperationID: "apply-definition", Method: http.MethodPut, Path: "/definitions/{name}",
		Summary: "Create or change a definition", Tags: tags,
	}, a.applyDefinition)
	httpserver.Register(api, huma.Operation{
		OperationID: "list-definitions", Method: http.MethodGet, Path: "/definitions", Summary: "List the definitions", Tags: tags,
	}, a.listDefinitions)
	httpserver.Register(api, huma.Operation{
		OperationID: "get-definition", Method: http.MethodGet, Path: "/definitions/{name}", Summary: "Get a definition", Tags: tags,
	}, a.getDefinition)
	httpserver.Register(api, huma.Operation{
		OperationID: "delete-definition", Method: http.MethodDelete, Path: "/definitions/{name}", Summary: "Delete a definition", Tags: tags,
		Description: "A conflict lists the deployments that it still serves.", DefaultStatus: http.StatusNoContent,
	}, a.deleteDefinition)
}

// Definition is a stored definition with its newest content.
type Definition struct {
	Name      string            `json:"name"`
	Type      string            `json:"type"`
	Criteria  []graph.Criterion `json:"criteria"`
	Module    graph.ModuleRef   `json:"module"`
	Revision  int               `json:"revision" doc:"Counts the changes from 1."`
	Digest    kernel.Digest     `json:"digest"`
	Source    string            `json:"source" doc:"The YAML that was applied."`
	UpdatedBy string            `json:"updatedBy"`
	UpdatedAt time.Time         `json:"updatedAt"`
}

type definitionOutput struct {
	Body Definition
}

func definitionOf(s module.Stored) (Definition, error) {
	d, err := s.Definition()
	if err != nil {
		return Definition{}, err
	}
	criteria := d.Criteria
	if criteria == nil {
		criteria = []graph.Criterion{}
	}
	return Definition{
		Name: s.Name, Type: s.Type, Criteria: criteria, Module: d.Module, Revision: s.Revision,
		Digest: s.Digest, Source: s.Source, UpdatedBy: s.UpdatedBy, UpdatedAt: s.UpdatedAt,
	}, nil
}

type applyDefinitionInput struct {
	Name string `path:"name" maxLength:"63" doc:"The definition's name."`
	Body struct {
		Source string `json:"source" minLength:"1" doc:"The definition in YAML."`
	}
}

func (a API) applyDefinition(ctx context.Context, in *applyDefinitionInput) (*definitionOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	stored, err := a.Modules.ApplyDefinition(ctx, scope, in.Name, []byte(in.Body.Source))
	if err != nil {
		return nil, err
	}
	return answer(stored)
}

func answer(s module.Stored) (*definitionOutput, error) {
	body, err := definitionOf(s)
	if err != nil {
		return nil, err
	}
	return &definitionOutput{Body: body}, nil
}

type definitionNameInput struct {
	Name string `path:"name" maxLength:"63" doc:"The definition's name."`
}

func (a API) getDefinition(ctx context.Context, in *definitionNameInput) (*definitionOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	stored, err := a.Modules.Definition(ctx, scope, in.Name)
	if err != nil {
		return nil, err
	}
	return answer(stored)
}

type listDefinitionsOutput struct {
	Body kernel.Page[Definition]
}

func (a API) listDefinitions(ctx context.Context, in *struct{ httpserver.PageParams }) (*listDefinitionsOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	page, err := a.Modules.ListDefinitions(ctx, scope, in.Page())
	if err != nil {
		return nil, err
	}
	items := make([]Definition, 0, len(page.Items))
	for _, stored := range page.Items {
		body, err := definitionOf(stored)
		if err != nil {
			return nil, err
		}
		items = append(items, body)
	}
	return &listDefinitionsOutput{Body: kernel.Page[Definition]{Items: items, Next: page.Next}}, nil
}

func (a API) deleteDefinition(ctx context.Context, in *definitionNameInput) (*struct{}, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return nil, a.Modules.DeleteDefinition(ctx, scope, in.Name)
}
