package vcsapi

import (
	"io"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

const (
	// maxHook bounds a webhook, in bytes. A signature is of the whole body, so it is
	// read before anybody is known.
	maxHook = 8 << 20
	// hooksAtOnce bounds how many bodies are in memory.
	hooksAtOnce = 16
	// hookTime is how long a body may take, and hookWait how long it waits to begin.
	hookTime = 20 * time.Second
	hookWait = 10 * time.Second
)

// Hooks takes the webhooks of providers at /hooks/v1/PROVIDER/REPOSITORY-ID.
type Hooks struct {
	repositories *vcs.Service
	slots        chan struct{}
}

// NewHooks returns what takes webhooks.
func NewHooks(repositories *vcs.Service) *Hooks {
	return &Hooks{repositories: repositories, slots: make(chan struct{}, hooksAtOnce)}
}

// Mount adds the address to r.
func (h *Hooks) Mount(r chi.Router) { r.Post("/hooks/v1/{provider}/{id}", h.take) }

// take answers 202 when the webhook is kept, and for one that was kept before.
func (h *Hooks) take(w http.ResponseWriter, r *http.Request) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-time.After(hookWait):
		w.Header().Set("Retry-After", "10")
		httpserver.WriteError(w, r, kernel.Errorf(kernel.Unavailable, "too many webhooks come at once").WithFix("send it again later"))
		return
	case <-r.Context().Done():
		return
	}
	httpserver.AllowBody(r, maxHook)
	body, err := io.ReadAll(&hurried{from: r.Body, until: time.Now().Add(hookTime)})
	if err != nil {
		if !kernel.Is(err, kernel.TooLarge) {
			err = kernel.Errorf(kernel.Invalid, "the webhook did not come whole: %w", err)
		}
		httpserver.WriteError(w, r, err)
		return
	}
	isNew, err := h.repositories.Accept(r.Context(), vcs.Provider(chi.URLParam(r, "provider")), chi.URLParam(r, "id"), r.Header, body)
	if err != nil {
		httpserver.WriteError(w, r, err)
		return
	}
	answer := `{"accepted":true}`
	if !isNew {
		answer = `{"accepted":false,"reason":"it was taken before"}`
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, answer+"\n") // the provider's end
}

// hurried is a body that has to be there in time: nobody is known yet.
type hurried struct {
	from  io.Reader
	until time.Time
}

// Read reads on.
func (h *hurried) Read(p []byte) (int, error) {
	if time.Now().After(h.until) {
		return 0, kernel.Errorf(kernel.Invalid, "it took longer than %s", hookTime)
	}
	return h.from.Read(p) //nolint:wrapcheck // a reader's end is io.EOF as it is
}
