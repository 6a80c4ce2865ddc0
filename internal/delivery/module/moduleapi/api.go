package moduleapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/delivery/module/archive"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// Register adds the room's operations.
func (a API) Register(api huma.API) {
	httpserver.Register(api, httpserver.UploadOperation(huma.Operation{
		OperationID: "publish-module", Method: http.MethodPut, Path: "/modules/{namespace}/{name}/{system}/{version}",
		Summary: "Publish a version of a module", Tags: []string{"modules"},
		Description: "The body is a gzipped tar of the module's folder. A version never changes: the same content again is accepted, other content is a conflict.",
	}, "application/gzip", archive.MaxPacked), a.publish)
	httpserver.Register(api, huma.Operation{
		OperationID: "list-modules", Method: http.MethodGet, Path: "/modules",
		Summary: "List the published versions of modules", Tags: []string{"modules"},
	}, a.listModules)
	a.registerDefinitions(api)
}

type moduleVersion struct {
	Namespace   string         `json:"namespace"`
	Name        string         `json:"name"`
	System      string         `json:"system"`
	Version     string         `json:"version"`
	Digest      kernel.Digest  `json:"digest" doc:"SHA-256 of the files, whatever archive they came in."`
	Size        int64          `json:"size" doc:"Length of the archive in bytes."`
	Inputs      []moduleInput  `json:"inputs"`
	Outputs     []moduleOutput `json:"outputs"`
	PublishedBy string         `json:"publishedBy"`
	PublishedAt time.Time      `json:"publishedAt"`
}

type moduleInput struct {
	Name        string `json:"name"`
	Type        string `json:"type,omitempty" doc:"The type constraint, empty for any."`
	Description string `json:"description,omitempty"`
	Required    bool   `json:"required"`
	Sensitive   bool   `json:"sensitive,omitempty"`
	Ephemeral   bool   `json:"ephemeral,omitempty" doc:"Whether terraform keeps its value neither in plans nor in states."`
}

type moduleOutput struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Sensitive   bool   `json:"sensitive,omitempty"`
}

func bodyOf(v module.Version) moduleVersion {
	body := moduleVersion{
		Namespace: v.Namespace, Name: v.Name, System: v.System, Version: v.Version, Digest: v.Digest, Size: v.Size,
		Inputs: []moduleInput{}, Outputs: []moduleOutput{}, PublishedBy: v.PublishedBy, PublishedAt: v.PublishedAt,
	}
	for _, in := range v.Inputs {
		body.Inputs = append(body.Inputs, moduleInput(in))
	}
	for _, out := range v.Outputs {
		body.Outputs = append(body.Outputs, moduleOutput(out))
	}
	return body
}

type publishModuleInput struct {
	httpserver.Upload
	Namespace string `path:"namespace" maxLength:"64" doc:"The module's namespace."`
	Name      string `path:"name" maxLength:"64" doc:"The module's name: what it makes."`
	System    string `path:"system" maxLength:"64" doc:"The target that the module is for, such as local."`
	Version   string `path:"version" maxLength:"128" doc:"A semantic version (semver.org), without a v."`
}

type publishModuleOutput struct {
	Body moduleVersion
}

func (a API) publish(ctx context.Context, in *publishModuleInput) (*publishModuleOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	address := module.Address{Namespace: in.Namespace, Name: in.Name, System: in.System}
	v, err := a.Modules.Publish(ctx, scope, address, in.Version, in.Reader())
	if err != nil {
		return nil, err
	}
	return &publishModuleOutput{Body: bodyOf(v)}, nil
}

type listModulesOutput struct {
	Body kernel.Page[moduleVersion]
}

func (a API) listModules(ctx context.Context, in *struct{ httpserver.PageParams }) (*listModulesOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	page, err := a.Modules.List(ctx, scope, in.Page())
	if err != nil {
		return nil, err
	}
	return &listModulesOutput{Body: pageOf(page, bodyOf)}, nil
}

func pageOf[T, U any](page kernel.Page[T], convert func(T) U) kernel.Page[U] {
	items := make([]U, 0, len(page.Items))
	for _, item := range page.Items {
		items = append(items, convert(item))
	}
	return kernel.Page[U]{Items: items, Next: page.Next}
}
