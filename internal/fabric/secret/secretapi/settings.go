package secretapi

import (
	"context"
	"maps"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerSettings(api huma.API) {
	httpserver.Register(api, huma.Operation{
		OperationID: "configure-secret", Method: http.MethodPatch, Path: "/projects/{project}/secrets/{name}/settings",
		Summary: "Say how many versions of a secret are kept, how it is written, and what else is known of it", Tags: []string{"secrets"},
		Description: "What is not given stays as it is. Versions that are too many go at once.",
	}, a.configure)
}

type configureInput struct {
	SecretName

	Body struct {
		MaxVersions *int              `json:"maxVersions,omitempty" minimum:"0" maximum:"1000" doc:"How many versions are kept; 0 for 10."`
		CASRequired *bool             `json:"casRequired,omitempty" doc:"Whether writes have to say which version was seen."`
		DeleteAfter *string           `json:"deleteAfter,omitempty" doc:"How long after they are written versions are deleted, such as 720h; 0s for never."`
		Custom      map[string]string `json:"custom,omitempty" doc:"Words beside the secret by their names, which are no secret. An empty one is removed; those that are not named stay."`
	}
}

func (a API) configure(ctx context.Context, in *configureInput) (*historyOutput, error) {
	where, name := in.place(ctx)
	if _, _, err := a.Secrets.Metadata(ctx, where, name); err != nil && !kernel.Is(err, kernel.NotFound) {
		return nil, err // who may not see it is not told whether it was changed
	}
	if err := a.Secrets.Configure(ctx, where, name, in.change); err != nil {
		return nil, err
	}
	return a.history(ctx, &in.SecretName)
}

func (in *configureInput) change(m *secret.Metadata) error {
	if m.UpdatedAt.IsZero() {
		return kernel.Errorf(kernel.NotFound, "secret %s does not exist", m.Name).WithFix("see those there are with: terrace secret list --stage %s", in.Stage)
	}
	if in.Body.MaxVersions != nil {
		m.MaxVersions = *in.Body.MaxVersions
	}
	if in.Body.CASRequired != nil {
		m.CASRequired = *in.Body.CASRequired
	}
	if in.Body.DeleteAfter != nil {
		after, err := time.ParseDuration(*in.Body.DeleteAfter)
		if err != nil {
			return kernel.Errorf(kernel.Invalid, "deleteAfter %.40q is no time", *in.Body.DeleteAfter).WithFix("use such as 720h, and 0s for never")
		}
		m.DeleteAfter = after
	}
	words := maps.Clone(m.Custom)
	if words == nil {
		words = map[string]string{}
	}
	maps.Copy(words, in.Body.Custom)
	maps.DeleteFunc(words, func(_, word string) bool { return word == "" })
	m.Custom = words
	return nil
}
