package httpserver

import (
	"context"
	"io"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// PageParams are the query parameters of a list; inputs embed it.
type PageParams struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" doc:"The largest number of items to return; 50 unless given."`
	Cursor string `query:"cursor" maxLength:"512" doc:"The next of the page before."`
}

// Page returns the request for a page.
func (p PageParams) Page() kernel.PageRequest {
	return kernel.PageRequest{Limit: p.Limit, Cursor: p.Cursor}
}

// ScopeParam says whose things an operation is about, a project's or the tenant's;
// inputs embed it.
type ScopeParam struct {
	Project string `query:"project" maxLength:"63" doc:"The project; the whole tenant unless given."`
}

// Scope returns the scope for the caller, whom the API requires.
func (p ScopeParam) Scope(ctx context.Context) kernel.Scope {
	actor, _ := kernel.ActorFrom(ctx)
	return kernel.Scope{Tenant: actor.Tenant, Project: p.Project}
}

// Upload gives a handler the request's body as a stream; inputs embed it. The
// operation is made by UploadOperation.
type Upload struct {
	body io.Reader
}

// Resolve takes the body; huma calls it.
func (u *Upload) Resolve(ctx huma.Context) []error {
	u.body = ctx.BodyReader()
	return nil
}

// Reader returns the body. Beyond the operation's limit it returns a TooLarge error.
func (u *Upload) Reader() io.Reader { return u.body }

// UploadOperation documents that op takes a body of the media type, of at most
// limit bytes.
func UploadOperation(op huma.Operation, mediaType string, limit int64) huma.Operation {
	op.MaxBodyBytes = limit
	op.RequestBody = &huma.RequestBody{
		Required: true,
		Content:  map[string]*huma.MediaType{mediaType: {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
	}
	return op
}
