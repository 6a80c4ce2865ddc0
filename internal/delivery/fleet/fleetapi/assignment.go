package fleetapi

import (
	"errors"
	"io"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/delivery/fleet"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// maxState bounds a state that is handed in, in bytes.
const maxState = 256 << 20

func (a API) work(w http.ResponseWriter, r *http.Request, runner fleet.Runner) error {
	assignment, job, err := a.Fleet.Take(r.Context(), runner, r.Header.Get(Session))
	if err != nil {
		return err
	}
	if assignment == nil {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	writeJSON(w, Work{ID: assignment.ID, Job: *job})
	return nil
}

func (a API) handIn(w http.ResponseWriter, r *http.Request, runner fleet.Runner) error {
	httpserver.AllowBody(r, maxState)
	if err := a.Fleet.HandIn(r.Context(), runner, r.URL.Query().Get("assignment"), r.Header.Get(Receipt), http.MaxBytesReader(w, r.Body, maxState)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a API) beat(w http.ResponseWriter, r *http.Request, runner fleet.Runner) error {
	var b Beat
	if err := readJSON(w, r, 4<<10, &b); err != nil {
		return err
	}
	command, err := a.Fleet.Beat(r.Context(), runner, r.Header.Get(Session), chi.URLParam(r, "id"), b.Command)
	if err != nil {
		return err
	}
	writeJSON(w, Beat{Command: command})
	return nil
}

func (a API) events(w http.ResponseWriter, r *http.Request, runner fleet.Runner) error {
	var d fleet.Delivery
	if err := readJSON(w, r, fleet.MaxEvents, &d); err != nil {
		return err
	}
	if err := a.Fleet.Tell(r.Context(), runner, r.Header.Get(Session), chi.URLParam(r, "id"), d); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a API) plan(w http.ResponseWriter, r *http.Request, runner fleet.Runner) error {
	plan, err := a.Fleet.Plan(r.Context(), runner, r.Header.Get(Session), chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	defer func() { _ = plan.Close() }() // it was only read
	w.Header().Set("Content-Type", "application/octet-stream")
	if _, err := io.Copy(w, plan); err != nil {
		panic(http.ErrAbortHandler) // so that the runner does not take a part for the whole
	}
	return nil
}

func (a API) upload(w http.ResponseWriter, r *http.Request, runner fleet.Runner) error {
	httpserver.AllowBody(r, fleet.MaxPlan+1) // so that the room tells what is too large
	if err := a.Fleet.Upload(r.Context(), runner, r.Header.Get(Session), chi.URLParam(r, "id"), chi.URLParam(r, "part"), arriving{r.Body}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// arriving is a body whose sender may be cut off: it is to be sent again then.
type arriving struct{ from io.Reader }

func (a arriving) Read(p []byte) (int, error) {
	n, err := a.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && kernel.Is(err, kernel.Internal) {
		err = kernel.Errorf(kernel.Unavailable, "the request's body did not arrive whole: %w", err)
	}
	return n, err
}

func (a API) finish(w http.ResponseWriter, r *http.Request, runner fleet.Runner) error {
	var o fleet.Outcome
	if err := readJSON(w, r, 16<<20, &o); err != nil {
		return err
	}
	if err := a.Fleet.Finish(r.Context(), runner, r.Header.Get(Session), chi.URLParam(r, "id"), o); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
