package secretapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerEnd(api huma.API) {
	httpserver.Register(api, huma.Operation{
		OperationID: "delete-secret", Method: http.MethodDelete, Path: "/projects/{project}/secrets/{name}",
		Summary: "Delete a version of a secret so that it can be taken back", Tags: []string{"secrets"},
	}, a.delete)
	httpserver.Register(api, huma.Operation{
		OperationID: "restore-secret", Method: http.MethodPost, Path: "/projects/{project}/secrets/{name}/restoration",
		Summary: "Take back that a version of a secret was deleted", Tags: []string{"secrets"},
	}, a.restore)
	httpserver.Register(api, huma.Operation{
		OperationID: "destroy-secret", Method: http.MethodPost, Path: "/projects/{project}/secrets/{name}/destruction",
		Summary: "Remove values of a secret for ever", Tags: []string{"secrets"},
		Description: "Of the versions that are named it stays known that they were there. Without any the whole secret goes.",
	}, a.destroy)
}

type deleteInput struct {
	SecretName

	Version int `query:"version" minimum:"0" doc:"The version; the newest unless given."`
}

func (a API) delete(ctx context.Context, in *deleteInput) (*historyOutput, error) {
	var versions []int
	if in.Version > 0 {
		versions = []int{in.Version}
	}
	return a.mark(ctx, in.SecretName, secret.Deleted, versions)
}

type restoreInput struct {
	SecretName

	Body struct {
		Version int `json:"version" minimum:"1" doc:"The version that was deleted."`
	}
}

func (a API) restore(ctx context.Context, in *restoreInput) (*historyOutput, error) {
	return a.mark(ctx, in.SecretName, secret.Undeleted, []int{in.Body.Version})
}

type destroyInput struct {
	SecretName

	Body struct {
		Versions []int `json:"versions,omitempty" minItems:"1" maxItems:"1000" doc:"The versions; the whole secret with all that is said of it unless given."`
	}
}

func (a API) destroy(ctx context.Context, in *destroyInput) (*struct{}, error) {
	if len(in.Body.Versions) > 0 {
		_, err := a.mark(ctx, in.SecretName, secret.Destroyed, in.Body.Versions)
		return nil, err
	}
	where, name := in.place(ctx)
	if _, _, err := a.Secrets.Metadata(ctx, where, name); err != nil {
		return nil, err
	}
	return nil, a.Secrets.Remove(ctx, where, name)
}

// mark marks versions that there are, and tells how all of them stand then.
func (a API) mark(ctx context.Context, in SecretName, how string, versions []int) (*historyOutput, error) {
	where, name := in.place(ctx)
	if _, _, err := a.Secrets.Metadata(ctx, where, name); err != nil {
		return nil, err // who may not see it is not told whether it was marked
	}
	if err := a.Secrets.MarkEach(ctx, where, name, how, versions...); err != nil {
		return nil, err
	}
	return a.history(ctx, &in)
}
