package httpserver

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const schemaPrefix = "#/components/schemas/"

// Enum documents T, wherever it is in a body or a parameter, as one named
// schema with the values; huma refuses others in requests.
func Enum[T ~string](api huma.API, description string, values ...T) {
	enum := make([]any, 0, len(values))
	for _, v := range values {
		enum = append(enum, string(v))
	}
	define[T](api.OpenAPI().Components.Schemas, &huma.Schema{Type: huma.TypeString, Description: description, Enum: enum})
}

// plainText is text without control characters but line breaks and tabs: others would move the
// terminal of whoever reads it, or forge a row of what is listed.
const plainText = `^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$`

// plain has huma refuse control characters in what an operation is given as a reason, which
// people read elsewhere: in the audit log, in lists and in messages.
func (n named) plain(in reflect.Type) {
	f, ok := in.FieldByName("Body")
	if !ok || f.Type.Kind() != reflect.Struct {
		return
	}
	body := n.OpenAPI().Components.Schemas.Map()[n.names.of(f.Type, "")]
	if body == nil {
		return
	}
	for _, name := range []string{"reason", "note"} {
		if s := body.Properties[name]; s != nil && s.Type == huma.TypeString && s.Pattern == "" && len(s.Enum) == 0 {
			s.Pattern, s.PatternDescription = plainText, "text without control characters but line breaks and tabs"
			s.PrecomputeMessages()
		}
	}
}

// define makes every T refer to one schema, which has T's name.
func define[T any](r huma.Registry, s *huma.Schema) {
	s.PrecomputeMessages()
	r.Map()[nameOf(reflect.TypeFor[T]())] = s
	r.RegisterTypeAlias(reflect.TypeFor[T](), reflect.TypeFor[reference[T]]())
}

// reference stands for T in bodies: huma asks it for its schema.
type reference[T any] struct{}

// Schema implements huma.SchemaProvider.
func (reference[T]) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Ref: schemaPrefix + nameOf(reflect.TypeFor[T]())}
}

// defineKernel documents the words that all rooms share.
func defineKernel(api huma.API) {
	Enum(api, "The class of a problem, for programs.", kernel.Invalid, kernel.Unauthenticated, kernel.Denied, kernel.NotFound,
		kernel.Conflict, kernel.Locked, kernel.Stale, kernel.Refused, kernel.Limited, kernel.TooLarge, kernel.Unavailable, kernel.Internal)
	Enum(api, "Tells a person from a program.", kernel.ActorUser, kernel.ActorService, kernel.ActorRun, kernel.ActorSystem)
	define[kernel.Digest](api.OpenAPI().Components.Schemas, &huma.Schema{
		Type: huma.TypeString, Description: "The SHA-256 of some content: sha256: and 64 hexadecimal digits.",
		Examples: []any{string(kernel.DigestOf(nil))},
	})
}
