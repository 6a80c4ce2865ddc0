// Package secretkv serves secrets as the KV engine, version 2, of Vault and OpenBao does,
// so that their clients read and write them: secret/data/PROJECT/STAGE/NAME.
//
// It owns that wire and its errors. What a secret is, and who may do what with it, the
// room says. There is one store: what is written here is seen everywhere else.
package secretkv

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// mount is where clients find secrets.
const mount = "secret"

// maxBody bounds a request: JSON takes more bytes than the values have.
const maxBody = 2*secret.MaxValue + 16<<10

// Vault's clients list with a method of their own. Chi keeps its methods for the whole
// process, in a map that every router reads: it is told before there is any.
func init() { chi.RegisterMethod("LIST") } //nolint:gochecknoinits // see above

// Handler serves the engine.
type Handler struct {
	Secrets *secret.Service
	// Tokens says whose a token is.
	Tokens httpserver.Authenticator
	Log    *slog.Logger
}

// Mount adds the paths below /v1.
func (h Handler) Mount(r chi.Router) {
	r.Get("/v1/sys/health", health)
	r.Get("/v1/sys/seal-status", sealStatus)
	for _, method := range []string{http.MethodGet, "LIST", http.MethodPut, http.MethodPost, http.MethodPatch, http.MethodDelete} {
		r.Method(method, "/v1/*", http.HandlerFunc(elsewhere))
	}
	r.Group(func(r chi.Router) {
		r.Use(h.authenticated)
		r.Get("/v1/auth/token/lookup-self", h.answer(h.self))
		r.Get("/v1/sys/internal/ui/mounts/"+mount, h.answer(h.mount))
		r.Get("/v1/sys/internal/ui/mounts/"+mount+"/*", h.answer(h.mount))
		r.Get("/v1/sys/internal/ui/mounts", h.answer(h.mountsOfUI))
		r.Get("/v1/sys/mounts", h.answer(h.mounts))
		r.Put("/v1/auth/token/renew-self", h.answer(h.renew))
		r.Post("/v1/auth/token/renew-self", h.answer(h.renew))
		r.Get("/v1/"+mount+"/subkeys/*", h.answer(h.subkeys))
		data, metadata := "/v1/"+mount+"/data/*", "/v1/"+mount+"/metadata/*"
		r.Get(data, h.answer(h.read))
		r.Put(data, h.answer(h.write))
		r.Post(data, h.answer(h.write))
		r.Patch(data, h.answer(h.patch))
		r.Delete(data, h.answer(h.deleteNewest))
		r.Get(metadata, h.answer(h.metadata))
		r.Method("LIST", metadata, h.answer(h.list))
		for _, method := range []string{http.MethodGet, "LIST"} {
			r.Method(method, strings.TrimSuffix(metadata, "/*"), h.answer(h.list))
		}
		r.Put(metadata, h.answer(h.setMetadata))
		r.Post(metadata, h.answer(h.setMetadata))
		r.Patch(metadata, h.answer(h.patchMetadata))
		r.Delete(metadata, h.answer(h.deleteAll))
		for path, how := range map[string]string{"delete": secret.Deleted, "undelete": secret.Undeleted, "destroy": secret.Destroyed} {
			r.Put("/v1/"+mount+"/"+path+"/*", h.answer(h.mark(how)))
			r.Post("/v1/"+mount+"/"+path+"/*", h.answer(h.mark(how)))
		}
	})
}

// authenticated takes tokens as Vault's clients send them, and demands one.
func (h Handler) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		actor, ok := kernel.ActorFrom(r.Context())
		if token := r.Header.Get("X-Vault-Token"); token != "" {
			var err error
			if actor, err = h.Tokens.Authenticate(r.Context(), token); err != nil {
				h.refuse(w, r, httpserver.Guessed(r, err))
				return
			}
			if err = httpserver.Admit(r.Context(), w, actor); err != nil {
				h.refuse(w, r, err)
				return
			}
			ok = true
		}
		if !ok {
			h.refuse(w, r, kernel.Errorf(kernel.Unauthenticated, "missing client token").WithFix("send a token of Terrace as X-Vault-Token"))
			return
		}
		if space := strings.Trim(r.Header.Get("X-Vault-Namespace"), "/"); space != "" && space != actor.Tenant {
			h.refuse(w, r, kernel.Errorf(kernel.Denied, "the token is not of the tenant %s", space).WithFix("leave the namespace out: the token says the tenant"))
			return
		}
		next.ServeHTTP(w, r.WithContext(kernel.WithActor(r.Context(), actor)))
	})
}

// reply is what an operation answers: nothing is 204.
type reply struct {
	status int
	data   any
}

// answer has an operation answered in the form that clients expect.
func (h Handler) answer(do func(r *http.Request) (reply, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		out, err := do(r)
		if err != nil && out.data == nil {
			h.refuse(w, r, err)
			return
		}
		if out.data == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if out.status == 0 {
			out.status = http.StatusOK
		}
		write(w, out.status, map[string]any{
			"request_id": kernel.RequestIDFrom(r.Context()), "lease_id": "", "renewable": false, "lease_duration": 0,
			"data": out.data, "wrap_info": nil, "warnings": nil, "auth": nil,
		})
	}
}

// refuse answers an error as Vault does: a list of texts, empty for what is not there.
func (h Handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, texts := statusOf(err), []string{}
	if e, ok := errors.AsType[*kernel.Error](err); ok {
		texts = append(texts, e.Error())
	}
	switch {
	case status == http.StatusInternalServerError:
		h.Log.ErrorContext(r.Context(), "secrets", "error", err)
		texts = []string{"internal error"}
	case r.Method == http.MethodGet && status == http.StatusNotFound, r.Method == "LIST" && status == http.StatusNotFound:
		texts = []string{}
	case status == http.StatusForbidden && len(texts) > 0:
		texts = append([]string{"permission denied"}, texts...)
	}
	write(w, status, map[string]any{"errors": texts})
}

// statusOf is Vault's status for an error: check-and-set that fails is a bad request there,
// and a token that is wrong is forbidden.
func statusOf(err error) int {
	switch kernel.KindOf(err) {
	case kernel.Invalid, kernel.Stale, kernel.Conflict, kernel.Refused:
		return http.StatusBadRequest
	case kernel.Unauthenticated, kernel.Denied:
		return http.StatusForbidden
	default:
		return httpserver.Status(err)
	}
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may have gone
}

// decode reads a body without repeating any of it in an error.
func decode(r *http.Request, v any) error {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return kernel.Errorf(kernel.Invalid, "the body could not be read to its end")
	case len(raw) > maxBody:
		return kernel.Errorf(kernel.TooLarge, "the body has more than %d bytes", maxBody)
	case !utf8.Valid(raw):
		return kernel.Errorf(kernel.Invalid, "the body is no UTF-8 from byte %d on, and would be kept as another text", len(raw)-len(bytes.TrimLeftFunc(raw, func(r rune) bool { return r != utf8.RuneError }))+1).
			WithFix("encode the value, such as with base64, and decode it where it is used")
	case json.Unmarshal(raw, v) != nil:
		return kernel.Errorf(kernel.Invalid, "failed to parse JSON input")
	}
	return nil
}

// place reads PROJECT/STAGE/NAME.
func place(r *http.Request) (scope kernel.Scope, name string, err error) {
	path := strings.Trim(chi.URLParam(r, "*"), "/")
	parts := strings.SplitN(path, "/", 3)
	actor, _ := kernel.ActorFrom(r.Context())
	if len(parts) < 3 || parts[2] == "" {
		return scope, "", kernel.Errorf(kernel.Invalid, "there is no secret %q", path).WithFix("name it as %s/PROJECT/STAGE/NAME", mount)
	}
	return kernel.Scope{Tenant: actor.Tenant, Project: parts[0], Stage: parts[1]}, parts[2], nil
}

// mount tells clients which version of the engine this is.
func (h Handler) mount(*http.Request) (reply, error) {
	return reply{data: engine()}, nil
}

// mounts tells clients what is where: this engine alone.
func (h Handler) mounts(*http.Request) (reply, error) {
	return reply{data: map[string]any{mount + "/": engine()}}, nil
}

// mountsOfUI tells it to interfaces.
func (h Handler) mountsOfUI(*http.Request) (reply, error) {
	return reply{data: map[string]any{"auth": map[string]any{}, mount: map[string]any{mount + "/": engine()}}}, nil
}

func engine() map[string]any {
	return map[string]any{
		"accessor": "terrace", "config": map[string]any{}, "description": "secrets of Terrace, as PROJECT/STAGE/NAME", "path": mount + "/",
		"type": "kv", "uuid": "terrace", "local": false, "seal_wrap": false, "external_entropy_access": false, "options": map[string]string{"version": "2"},
	}
}
