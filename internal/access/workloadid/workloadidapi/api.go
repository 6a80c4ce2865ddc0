// Package workloadidapi answers runs that ask for their identity: a protocol between
// the parts of Terrace, for runners here and elsewhere.
//
// It owns the path and how a run proves itself. What a token says workloadid decides.
package workloadidapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/access/workloadid"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// Path is where a run asks for its identity; delivery/runner knows it too.
const Path = "/workload-identity/v1/token"

// Tokens verifies run tokens; tokens.Issuer implements it.
type Tokens interface {
	Verify(token string) (tokens.Run, error)
}

// Identities gives tokens to runs; workloadid.Service implements it.
type Identities interface {
	Issue(ctx context.Context, run tokens.Run) (workloadid.Token, error)
}

// API serves the path.
type API struct {
	Identities Identities
	Tokens     Tokens
}

// Mount mounts the path, which verifies run tokens itself.
func (a API) Mount(r chi.Router) { r.Post(Path, a.issue) }

// answer has a span in the place of a time: clocks of runners differ.
type answer struct {
	Token   string `json:"token"`
	Seconds int64  `json:"expiresIn"`
}

func (a API) issue(w http.ResponseWriter, r *http.Request) {
	token, err := a.token(r)
	if err != nil {
		httpserver.WriteError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(answer{token.Token, int64(workloadid.Life.Seconds())}) // the run may have left
}

func (a API) token(r *http.Request) (workloadid.Token, error) {
	bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return workloadid.Token{}, kernel.Errorf(kernel.Unauthenticated, "an identity is given to runs, which have a token").
			WithFix("it is for runs of Terrace; deploy with terrace deploy")
	}
	run, err := a.Tokens.Verify(strings.TrimSpace(bearer))
	if err != nil {
		return workloadid.Token{}, err
	}
	return a.Identities.Issue(run.In(r.Context()), run)
}
