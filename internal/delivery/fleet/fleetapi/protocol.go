package fleetapi

import (
	"net/http"
	"runtime"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/delivery/fleet"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// Path is where the runners' protocol begins.
const Path = "/fleet/v1"

// Session is the header with a runner's session.
const Session = "Terrace-Session"

// Receipt is the header with the receipt of an assignment, for a state that is handed in.
const Receipt = "Terrace-Receipt"

// Welcome answers a runner that starts.
type Welcome struct {
	Name            string            `json:"name"`
	Session         string            `json:"session"`
	Labels          map[string]string `json:"labels"`
	Patience        int64             `json:"patienceSeconds"`
	ProviderVersion string            `json:"providerVersion"`
	// Provider is the SHA-256 of the provider's program, in hex.
	Provider string `json:"provider"`
	Platform string `json:"platform"`
	Protocol int    `json:"protocol"`
}

// Work is an assignment with its job.
type Work struct {
	ID  string    `json:"id"`
	Job fleet.Job `json:"job"`
}

// Beat is a sign of life, or its answer.
type Beat struct {
	Command fleet.Command `json:"command"`
}

// Mount adds the protocol. A runner authenticates with basic authentication, its
// token as the password.
func (a API) Mount(r chi.Router) {
	for _, route := range []struct {
		method, path string
		handle       func(http.ResponseWriter, *http.Request, fleet.Runner) error
	}{
		{http.MethodPost, "/session", a.connect},
		{http.MethodDelete, "/session", a.leave},
		{http.MethodGet, "/provider", a.provider},
		{http.MethodPost, "/work", a.work},
		{http.MethodPost, "/states", a.handIn},
		{http.MethodPost, "/assignments/{id}/beat", a.beat},
		{http.MethodPost, "/assignments/{id}/events", a.events},
		{http.MethodGet, "/assignments/{id}/plan", a.plan},
		{http.MethodPut, "/assignments/{id}/parts/{part}", a.upload},
		{http.MethodPost, "/assignments/{id}/outcome", a.finish},
	} {
		r.MethodFunc(route.method, Path+route.path, a.serve(route.handle))
	}
}

func (a API) serve(handle func(http.ResponseWriter, *http.Request, fleet.Runner) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, token, ok := r.BasicAuth()
		if !ok {
			httpserver.WriteError(w, r, kernel.Errorf(kernel.Unauthenticated, "a runner signs in with basic authentication: its token is the password"))
			return
		}
		runner, err := a.Fleet.Authenticate(r.Context(), token)
		if err = httpserver.Guessed(r, err); err == nil {
			r = r.WithContext(kernel.WithActor(r.Context(), kernel.System("runner "+runner.Name, runner.Tenant)))
			err = handle(w, r, runner)
		}
		if err != nil {
			httpserver.WriteError(w, r, err)
		}
	}
}

func (a API) connect(w http.ResponseWriter, r *http.Request, runner fleet.Runner) error {
	var h fleet.Hello
	if err := readJSON(w, r, 64<<10, &h); err != nil {
		return err
	}
	if err := h.Speaks(fleet.Protocol); err != nil {
		return err
	}
	runner, err := a.Fleet.Connect(r.Context(), runner, h)
	if err != nil {
		return err
	}
	digest, err := digestOf(a.Provider)
	if err != nil {
		return err
	}
	writeJSON(w, Welcome{
		Name: runner.Name, Session: runner.Session, Labels: runner.Active, Patience: int64(fleet.Patience.Seconds()),
		ProviderVersion: a.ProviderVersion, Provider: digest, Platform: runtime.GOOS + "_" + runtime.GOARCH,
		Protocol: fleet.Protocol,
	})
	return nil
}

func (a API) leave(w http.ResponseWriter, r *http.Request, runner fleet.Runner) error {
	if err := a.Fleet.Leave(r.Context(), runner, r.Header.Get(Session)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
