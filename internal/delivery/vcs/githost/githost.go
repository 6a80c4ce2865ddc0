// Package githost serves the repositories that Terrace hosts to git as their
// client: clone, fetch and push over HTTP, by git's own http-backend.
//
// It owns the wire: who signs in, the bounds of a request, the CGI, and what a
// pusher is told. It decides nothing: delivery/vcs does, before git is asked.
package githost

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// The bounds of a request.
const (
	// requestTime is how long git may work on one request.
	requestTime = 15 * time.Minute
	// maxWants bounds what a fetch asks for, in bytes.
	maxWants = 10 << 20
	// atOnce is how many fetches and pushes git works on at the same time.
	atOnce = 8
	// patience is how long a request waits for its turn.
	patience = 30 * time.Second
)

// The services of git.
const (
	uploadPack  = "git-upload-pack"
	receivePack = "git-receive-pack"
)

// Handler serves hosted repositories under /git/TENANT/PROJECT/NAME.git.
type Handler struct {
	repos    *vcs.Service
	identity httpserver.Passwords
	slots    chan struct{}
}

// New returns a handler.
func New(repos *vcs.Service, identity httpserver.Passwords) *Handler {
	return &Handler{repos: repos, identity: identity, slots: make(chan struct{}, atOnce)}
}

// Mount adds the three requests of git's smart protocol to r; there are no others.
func (h *Handler) Mount(r chi.Router) {
	r.Get("/git/{tenant}/{project}/{repository}/info/refs", h.serve(h.refs))
	r.Post("/git/{tenant}/{project}/{repository}/git-upload-pack", h.serve(h.upload))
	r.Post("/git/{tenant}/{project}/{repository}/git-receive-pack", h.serve(h.receive))
}

// target is the repository that a request names.
type target struct {
	scope kernel.Scope
	name  string
}

// serve signs the caller in, before anything else is done, and tells errors in
// the words that git shows.
func (h *Handler) serve(next func(http.ResponseWriter, *http.Request, target) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t := target{scope: kernel.Scope{Tenant: chi.URLParam(r, "tenant"), Project: chi.URLParam(r, "project")}}
		name, isRepo := strings.CutSuffix(chi.URLParam(r, "repository"), ".git")
		t.name = name
		ctx, err := httpserver.SignIn(r, t.scope.Tenant, h.identity)
		if err == nil && !isRepo {
			err = kernel.Errorf(kernel.NotFound, "there is no such repository; the address ends with .git")
		}
		if err == nil {
			ctx, cancel := context.WithTimeout(ctx, requestTime)
			defer cancel()
			err = next(w, r.WithContext(ctx), t)
		}
		if err != nil {
			refuse(w, r, err)
		}
	}
}

// refuse tells an error as text, which git shows to its user.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	if kernel.KindOf(err) == kernel.Internal {
		httpserver.WriteError(w, r, err) // which keeps the cause for the log, and from the caller
		return
	}
	status := httpserver.Status(err)
	h := w.Header()
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Basic realm="Terrace", charset="UTF-8"`)
	}
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "10")
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, err.Error()+"\n") //nolint:gosec // plain text; that the client has gone is its end
}

// refs answers which refs there are, for a fetch or for a push.
func (h *Handler) refs(w http.ResponseWriter, r *http.Request, t target) error {
	service := r.URL.Query().Get("service")
	repo, err := h.find(r.Context(), service, t)
	if err != nil {
		return err
	}
	return h.backend(r.Context(), call{
		repo: h.repos.Files(repo), method: http.MethodGet, path: "info/refs", query: "service=" + service, protocol: protocol(r),
	}, w)
}

func (h *Handler) find(ctx context.Context, service string, t target) (vcs.Repository, error) {
	switch service {
	case uploadPack:
		return h.repos.ForRead(ctx, t.scope, t.name)
	case receivePack:
		return h.repos.ForPush(ctx, t.scope, t.name)
	default:
		return vcs.Repository{}, kernel.Errorf(kernel.Invalid, "only git's smart protocol is spoken here")
	}
}

// protocol returns the version that the client asks for, as git takes it.
func protocol(r *http.Request) string {
	switch v := r.Header.Get("Git-Protocol"); v {
	case "version=1", "version=2":
		return v
	default:
		return ""
	}
}

// turn waits until git may work on one more request.
func (h *Handler) turn(ctx context.Context) (done func(), err error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-timer.C:
		return nil, kernel.Errorf(kernel.Unavailable, "%d fetches and pushes are under way", atOnce).WithFix("try again")
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// upload answers a fetch.
func (h *Handler) upload(w http.ResponseWriter, r *http.Request, t target) error {
	repo, err := h.find(r.Context(), uploadPack, t)
	if err != nil {
		return err
	}
	body, err := plain(r, maxWants)
	if err != nil {
		return err
	}
	done, err := h.turn(r.Context())
	if err != nil {
		return err
	}
	defer done()
	return h.backend(r.Context(), call{
		repo: h.repos.Files(repo), method: http.MethodPost, path: uploadPack, protocol: protocol(r),
		mediaType: "application/x-git-upload-pack-request", body: body,
	}, w)
}

// plain returns the request's body, unpacked, of at most limit bytes.
func plain(r *http.Request, limit int64) (io.Reader, error) {
	httpserver.AllowBody(r, limit)
	if r.Header.Get("Content-Encoding") != "gzip" {
		return r.Body, nil
	}
	unpacked, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the body is not packed with gzip: %w", err)
	}
	return &limited{from: unpacked, left: limit}, nil
}

// limited is an error beyond its limit, where io.LimitReader is an end.
type limited struct {
	from io.Reader
	left int64
}

// Read reads on.
func (l *limited) Read(p []byte) (int, error) {
	n, err := l.from.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, kernel.Errorf(kernel.TooLarge, "the request unpacks to too much")
	}
	return n, err //nolint:wrapcheck // a reader's end is io.EOF as it is
}

// describe names a push for errors.
func describe(repo vcs.Repository) string { return fmt.Sprintf("push to %s", repo.Name) }
