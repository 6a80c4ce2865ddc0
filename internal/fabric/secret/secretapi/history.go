package secretapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerHistory(api huma.API) {
	httpserver.Register(api, huma.Operation{
		OperationID: "get-secret-history", Method: http.MethodGet, Path: "/projects/{project}/secrets/{name}/versions",
		Summary: "Show the versions of a secret, and when it was read last, without values", Tags: []string{"secrets"},
	}, a.history)
	httpserver.Register(api, huma.Operation{
		OperationID: "compare-secret", Method: http.MethodGet, Path: "/projects/{project}/secrets/{name}/difference",
		Summary: "Tell which keys differ between two versions of a secret, without values", Tags: []string{"secrets"},
	}, a.compare)
	httpserver.Register(api, huma.Operation{
		OperationID: "roll-back-secret", Method: http.MethodPost, Path: "/projects/{project}/secrets/{name}/rollback",
		Summary: "Make the value of an earlier version the newest", Tags: []string{"secrets"},
	}, a.rollBack)
	httpserver.Register(api, huma.Operation{
		OperationID: "copy-secret", Method: http.MethodPost, Path: "/projects/{project}/secrets/{name}/copies",
		Summary: "Make the value of a secret that of another stage", Tags: []string{"secrets"},
	}, a.copy)
}

// SecretHistory is what is known of a secret but its values.
type SecretHistory struct {
	secret.Metadata

	DeleteAfter string        `json:"deleteAfter,omitempty" doc:"How long after they are written versions are deleted; absent for never."`
	Versions    []secret.Info `json:"versions"`
}

type historyOutput struct{ Body SecretHistory }

func (a API) history(ctx context.Context, in *SecretName) (*historyOutput, error) {
	where, name := in.place(ctx)
	m, versions, err := a.Secrets.Metadata(ctx, where, name)
	if versions == nil {
		versions = []secret.Info{}
	}
	out := &historyOutput{Body: SecretHistory{Metadata: m, Versions: versions}}
	if m.DeleteAfter > 0 {
		out.Body.DeleteAfter = m.DeleteAfter.String()
	}
	return out, err
}

type compareInput struct {
	SecretName

	From int `query:"from" minimum:"0" doc:"The version that is compared; the one before the other unless given."`
	To   int `query:"to" minimum:"0" doc:"The version that it is compared with; the newest unless given."`
}

type compareOutput struct{ Body secret.Difference }

func (a API) compare(ctx context.Context, in *compareInput) (*compareOutput, error) {
	where, name := in.place(ctx)
	d, err := a.Secrets.Compare(ctx, where, name, in.From, in.To)
	return &compareOutput{Body: d}, err
}

type rollBackInput struct {
	SecretName

	Body struct {
		Version int    `json:"version" minimum:"1" doc:"The version whose value becomes the newest."`
		Reason  string `json:"reason" minLength:"1" maxLength:"500" doc:"Why, for the audit log."`
	}
}

func (a API) rollBack(ctx context.Context, in *rollBackInput) (*putOutput, error) {
	where, name := in.place(ctx)
	info, err := a.Secrets.Rollback(ctx, where, name, in.Body.Version, in.Body.Reason)
	return &putOutput{Body: info}, err
}

type copyInput struct {
	SecretName

	Body struct {
		To     string `json:"to" minLength:"1" maxLength:"63" doc:"The stage that gets the value."`
		Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Why, for the audit log."`
	}
}

func (a API) copy(ctx context.Context, in *copyInput) (*putOutput, error) {
	from, name := in.place(ctx)
	info, err := a.Secrets.Copy(ctx, from, from.InStage(in.Body.To), name, in.Body.Reason)
	return &putOutput{Body: info}, err
}
