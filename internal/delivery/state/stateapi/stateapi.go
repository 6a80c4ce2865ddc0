// Package stateapi serves delivery/state over HTTP: Terraform's `http` backend
// for the tool, and the list of versions for people.
//
// It owns the wire: methods, statuses, basic authentication with a run token.
// It decides nothing about states.
package stateapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// Path is where the backend's addresses begin; a stack's id follows.
const Path = "/state/v1/"

const maxLockInfo = 64 << 10

// Tokens verifies run tokens.
type Tokens interface {
	Verify(token string) (tokens.Run, error)
}

// API serves a state service.
type API struct {
	State  *state.Service
	Tokens Tokens
}

// Chi keeps its methods for the whole process, in a map that every router reads: those of
// Terraform's backend are told before there is any.
func init() { //nolint:gochecknoinits // see above
	chi.RegisterMethod("LOCK")
	chi.RegisterMethod("UNLOCK")
}

// Mount adds the backend's handlers. A stack is locked by LOCK and UNLOCK at its
// own address, or by POST and DELETE at its /lock.
func (a API) Mount(r chi.Router) {
	const stack = Path + "{tenant}/{project}/{workload}/{stage}"
	for _, route := range []struct {
		method, path string
		handle       func(http.ResponseWriter, *http.Request, call) error
	}{
		{http.MethodGet, stack, a.get},
		{http.MethodPost, stack, a.post},
		{http.MethodDelete, stack, a.delete},
		{"LOCK", stack, a.lock},
		{"UNLOCK", stack, a.unlock},
		{http.MethodPost, stack + "/lock", a.lock},
		{http.MethodDelete, stack + "/lock", a.unlock},
	} {
		r.MethodFunc(route.method, route.path, a.serve(route.handle))
	}
}

// call is who asks for which stack.
type call struct {
	caller state.Caller
	stack  string
}

func (a API) serve(handle func(http.ResponseWriter, *http.Request, call) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !byRun(r) {
			refusePerson(w, r)
			return
		}
		run, err := a.authenticate(r)
		if err = httpserver.Guessed(r, err); err == nil {
			r = r.WithContext(run.In(r.Context()))
			err = handle(w, r, call{
				caller: state.Caller{Run: run.Run, Stack: run.Stack, Fence: run.Fence, MayWrite: run.MayWrite()},
				stack:  stackOf(r),
			})
		}
		if err != nil {
			writeError(w, r, err)
		}
	}
}

// byRun reports whether a run asks, which is whose tokens the backend takes.
func byRun(r *http.Request) bool {
	_, password, ok := r.BasicAuth()
	return ok && strings.HasPrefix(password, tokens.Prefix)
}

// refusePerson tells whoever is no run what to do instead. Of an answer that refuses
// the tool shows its status and the ID of a lock, so a lock it is, where one is asked for.
func refusePerson(w http.ResponseWriter, r *http.Request) {
	const (
		says    = "the backend of states is for runs, and takes their tokens alone"
		instead = "people look at a state with terrace state list and terrace state show, change it with terrace state mv, rm and rollback, and bring one here with terrace state import; what applies is terrace deploy"
	)
	if locks(r) {
		writeJSON(w, http.StatusLocked, state.Lock{ID: "none, as " + says + "; " + instead, Created: time.Time{}.Format(time.RFC3339)})
		return
	}
	kind := kernel.Unauthenticated // the tool says "requires auth"
	if _, _, ok := r.BasicAuth(); ok {
		kind = kernel.Denied // and "invalid auth"
	}
	writeError(w, r, kernel.Errorf(kind, "%s", says).WithFix("%s", instead))
}

// locks reports whether the request asks for a lock.
func locks(r *http.Request) bool {
	return r.Method == "LOCK" || r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/lock")
}

// authenticate takes the run token from the password; the user is the run's id.
func (a API) authenticate(r *http.Request) (tokens.Run, error) {
	user, password, _ := r.BasicAuth() // it has one
	run, err := a.Tokens.Verify(password)
	if err != nil {
		return tokens.Run{}, err
	}
	if run.Run != user {
		return tokens.Run{}, kernel.Errorf(kernel.Unauthenticated, "the token is not that of run %s", user)
	}
	return run, nil
}

func stackOf(r *http.Request) string {
	scope := kernel.Scope{Tenant: chi.URLParam(r, "tenant"), Project: chi.URLParam(r, "project"), Stage: chi.URLParam(r, "stage")}
	return kernel.StackID(scope, chi.URLParam(r, "workload"))
}

// get answers with the state. Where it turns out on the way that it is not what was
// written, the answer stays shorter than it said: the tool does not take it.
func (a API) get(w http.ResponseWriter, r *http.Request, c call) error {
	raw, err := a.State.Read(r.Context(), c.caller, c.stack)
	if err != nil {
		return err
	}
	defer func() { _ = raw.Close() }() // it was only read
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.FormatInt(raw.Version.Size, 10))
	if _, err := io.Copy(w, raw); err != nil {
		httpserver.Abort(r, err)
	}
	return nil
}

func (a API) post(w http.ResponseWriter, r *http.Request, c call) error {
	httpserver.AllowBody(r, state.MaxSize)
	v, err := a.State.Write(r.Context(), c.caller, c.stack, r.URL.Query().Get("ID"), r.Body)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, v)
	return nil
}

func (a API) delete(_ http.ResponseWriter, r *http.Request, c call) error {
	return a.State.Delete(r.Context(), c.caller, c.stack)
}

func (a API) lock(w http.ResponseWriter, r *http.Request, c call) error {
	l, err := readLock(w, r)
	if err != nil {
		return err
	}
	return a.State.Lock(r.Context(), c.caller, c.stack, l)
}

func (a API) unlock(w http.ResponseWriter, r *http.Request, c call) error {
	l, err := readLock(w, r)
	if err != nil {
		return err
	}
	return a.State.Unlock(r.Context(), c.caller, c.stack, l.ID)
}

func readLock(w http.ResponseWriter, r *http.Request) (state.Lock, error) {
	raw, err := readBody(w, r, maxLockInfo)
	if err != nil {
		return state.Lock{}, err
	}
	var l state.Lock
	if len(raw) == 0 {
		return l, nil
	}
	if err := json.Unmarshal(raw, &l); err != nil {
		return state.Lock{}, kernel.Errorf(kernel.Invalid, "the lock info is not JSON: %w", err)
	}
	return l, nil
}

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	httpserver.AllowBody(r, limit)
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, kernel.Errorf(kernel.TooLarge, "the body is larger than %d bytes", limit)
	}
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	return raw, nil
}

// writeError answers a held lock the way the tool expects it, with the holder's
// lock info, and everything else as a problem.
func writeError(w http.ResponseWriter, r *http.Request, err error) {
	if held, ok := errors.AsType[*state.HeldError](err); ok {
		writeJSON(w, http.StatusLocked, holder(held.Held))
		return
	}
	if kernel.Is(err, kernel.Unauthenticated) {
		w.Header().Set("WWW-Authenticate", `Basic realm="terrace state"`)
	}
	httpserver.WriteError(w, r, err)
}

// holder is the lock info of the holder. Of all that the tool prints the ID
// alone, so that says whose it is, too.
func holder(h state.Held) state.Lock {
	l := h.Lock
	l.ID = fmt.Sprintf("%s (held by run %s: %s by %s since %s)", h.ID, h.Run, h.Operation, h.Who, h.Created)
	l.Info = "run " + h.Run
	return l
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the tool may have left
}
