package fleetapi

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strconv"

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

// maxState bounds a state that is handed in, in bytes.
const maxState = 256 << 20

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
		if err == nil {
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

// digestOf reads the program anew: it may have been replaced.
func digestOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read the provider: %w", err)
	}
	hash := sha256.New()
	_, err = io.Copy(hash, f)
	return hex.EncodeToString(hash.Sum(nil)), errors.Join(err, f.Close())
}

func (a API) provider(w http.ResponseWriter, _ *http.Request, _ fleet.Runner) error {
	f, err := os.Open(a.Provider)
	if err != nil {
		return fmt.Errorf("read the provider: %w", err)
	}
	defer func() { _ = f.Close() }()
	w.Header().Set("Content-Type", "application/octet-stream")
	if info, err := f.Stat(); err == nil {
		w.Header().Set("Content-Length", strconv.FormatInt(info.Size(), 10))
	}
	_, _ = io.Copy(w, f) // the runner may have left, and checks the digest
	return nil
}

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

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	httpserver.AllowBody(r, limit)
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, kernel.Errorf(kernel.TooLarge, "the body is larger than %d bytes", limit)
	}
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the request's body did not arrive whole: %w", err)
	}
	return raw, nil
}

func readJSON(w http.ResponseWriter, r *http.Request, limit int64, into any) error {
	raw, err := readBody(w, r, limit)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return kernel.Errorf(kernel.Invalid, "the body is not the JSON that is wanted: %w", err)
	}
	return nil
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the runner may have left
}
