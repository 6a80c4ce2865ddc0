package httpserver

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Prefix is where the API's operations are.
const Prefix = "/api/v1"

// Public is the Security of an operation that anyone may call.
var Public = []map[string][]string{{}} //nolint:gochecknoglobals // a constant

// NewAPI returns the API on r. Operations are registered with paths below
// Prefix; the OpenAPI 3.1 document is served at /api/openapi.json and .yaml,
// and its page at /api/docs.
func NewAPI(r chi.Router, version string) huma.API {
	useProblems()
	config := huma.DefaultConfig("Terrace", version)
	config.Info.Description = "Terrace carries a change from a workload's description through every stage."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", "" // huma makes its document without a lock
	config.CreateHooks = nil                                             // no $schema members in bodies
	config.Formats = formats()
	known := newNames()
	config.Components.Schemas = huma.NewMapRegistry(schemaPrefix, known.of)
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "A personal token (terr_…), an access token of the OpenID provider, or a run's token (trun_…)."},
	}
	config.Security = []map[string][]string{{"bearer": {}}}
	root := humachi.New(r, config)
	defineKernel(root)
	mountOpenAPI(r, root.OpenAPI())
	r.Get("/api/docs", docsPage(root.OpenAPI()))
	group := huma.NewGroup(root)
	group.UseModifier(func(op *huma.Operation, next func(*huma.Operation)) {
		if !strings.HasPrefix(op.Path, Prefix+"/") {
			op.Path = Prefix + op.Path
		}
		next(op)
	})
	group.UseMiddleware(requireActor(group), allowBody)
	return named{group, known}
}

// named is an API that names the bodies of its operations.
type named struct {
	*huma.Group
	names *names
}

// Register adds an operation. Errors of the handler become problems.
func Register[I, O any](api huma.API, op huma.Operation, handler func(context.Context, *I) (*O, error)) {
	if n, ok := api.(named); ok {
		n.names.operation(op.OperationID, reflect.TypeFor[I](), reflect.TypeFor[O]())
	}
	huma.Register(api, op, handler)
	if n, ok := api.(named); ok {
		n.plain(reflect.TypeFor[I]())
	}
}

func requireActor(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if _, ok := kernel.ActorFrom(ctx.Context()); !ok && !isPublic(ctx.Operation()) {
			_ = huma.WriteErr(api, ctx, http.StatusUnauthorized, "", signIn()) // huma reports it itself
			return
		}
		next(ctx)
	}
}

func isPublic(op *huma.Operation) bool {
	for _, alternative := range op.Security {
		if len(alternative) == 0 {
			return true
		}
	}
	return false
}

// allowBody raises the body's limit to the operation's; huma answers 413 when
// it is reached.
func allowBody(ctx huma.Context, next func(huma.Context)) {
	if limit := ctx.Operation().MaxBodyBytes; limit != 0 {
		if rec := recordOf(ctx.Context()); rec != nil {
			rec.body.limit = limit
		}
	}
	next(ctx)
}

// useProblems makes huma answer with ProblemDetails. The hooks are huma's own and
// belong to the process; they are set once, before the first API exists.
//
//nolint:gochecknoglobals // see above
var useProblems = sync.OnceFunc(func() {
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return problemOfStatus(context.Background(), status, message, errs)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		p := problemOfStatus(ctx.Context(), status, message, errs)
		for name, value := range p.headers() {
			ctx.SetHeader(name, value)
		}
		return p
	}
})

// problemOfStatus makes the problem for an error that huma found, or for one
// that a handler returned, which huma hands over as the only one of errs.
func problemOfStatus(ctx context.Context, status int, message string, errs []error) *ProblemDetails {
	if len(errs) == 1 && (status >= http.StatusInternalServerError || message == "") {
		if _, ok := errors.AsType[*kernel.Error](errs[0]); ok {
			return ProblemOf(ctx, errs[0])
		}
	}
	if status >= http.StatusInternalServerError {
		return problemOfFailure(ctx, message, errs)
	}
	p := newProblem(ctx, kindOf(status), status, message)
	for _, err := range errs[:min(len(errs), maxProblems)] {
		p.Problems = append(p.Problems, problemAt(err))
	}
	return p
}

func problemOfFailure(ctx context.Context, message string, errs []error) *ProblemDetails {
	err := errors.Join(errs...)
	if message == "cannot read request body" {
		note(ctx, err)
		return newProblem(ctx, kernel.Invalid, http.StatusBadRequest, "the request's body did not arrive whole")
	}
	if err == nil {
		err = errors.New(message)
	}
	return ProblemOf(ctx, err)
}

// The bounds of what is told of a request: how many problems, and how long the text of one,
// which can name what was sent.
const (
	maxProblems = 100
	maxText     = 1000
)

// problemAt leaves the value out: it may be a password.
func problemAt(err error) kernel.Problem {
	var d huma.ErrorDetailer
	if errors.As(err, &d) {
		return kernel.Problem{Path: shortened(d.ErrorDetail().Location), Message: shortened(d.ErrorDetail().Message)}
	}
	return kernel.Problem{Message: shortened(err.Error())}
}

func shortened(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "…"
}
