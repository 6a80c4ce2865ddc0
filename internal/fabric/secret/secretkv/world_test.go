package secretkv_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/openbao/openbao/api/v2"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretkv"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// people know tokens: TENANT, TENANT-reader for who may not write, or TENANT-brief, which ends
// an hour after the tests begin.
type people struct{}

func (people) Authenticate(_ context.Context, token string) (kernel.Actor, error) {
	tenant, _, _ := strings.Cut(token, "-")
	if tenant != "acme" && tenant != "rival" {
		return kernel.Actor{}, kernel.Errorf(kernel.Unauthenticated, "the token is not known")
	}
	a := kernel.Actor{ID: "usr_" + token, Kind: kernel.ActorUser, Tenant: tenant}
	if strings.HasSuffix(token, "-brief") {
		a.Until = time.Date(2026, 3, 1, 13, 0, 0, 0, time.UTC)
	}
	return a, nil
}

func (people) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}

func (people) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	actor, _ := kernel.ActorFrom(ctx)
	if actor.Tenant != scope.Tenant || strings.HasSuffix(actor.ID, "-reader") && action == "secret.write" || scope.Project == "closed" {
		return kernel.Errorf(kernel.Denied, "you may not %s", action)
	}
	return nil
}

type stages struct{}

func (stages) Check(stage string) error {
	if stage != "dev" && stage != "prod" {
		return kernel.Errorf(kernel.NotFound, "there is no stage %q", stage)
	}
	return nil
}

type journal struct {
	mu    sync.Mutex
	facts []kernel.Fact
}

func (j *journal) Record(_ context.Context, f kernel.Fact) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.facts = append(j.facts, f)
	return nil
}

func (j *journal) of(typ string) (found []kernel.Fact) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, f := range j.facts {
		if f.Type == typ {
			found = append(found, f)
		}
	}
	return found
}

type world struct {
	*testing.T

	url     string
	secrets *secret.Service
	journal *journal
	now     *time.Time
}

func each(t *testing.T, test func(w world)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{secretsql.Migrations()}, func(t *testing.T, d *db.DB) {
		sealer, err := seal.Open(t.Context(), seal.Config{URL: "file://" + filepath.Join(t.TempDir(), "key")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = sealer.Close() })
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		w := world{T: t, journal: &journal{}, now: &now}
		w.secrets = &secret.Service{
			Store: secretsql.NewStore(d), Sealer: sealer, Authorizer: people{}, Stages: stages{}, Journal: w.journal, Tx: d,
			Clock: func() time.Time { return *w.now },
		}
		r := chi.NewRouter()
		r.Use(func(next http.Handler) http.Handler { // as the platform's server does
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(w, r.WithContext(kernel.WithAddress(r.Context(), "127.0.0.1")))
			})
		})
		secretkv.Handler{Secrets: w.secrets, Tokens: people{}, Log: slog.New(slog.DiscardHandler)}.Mount(r)
		s := httptest.NewServer(r)
		t.Cleanup(s.Close)
		w.url = s.URL
		test(w)
	})
}

// client is OpenBao's own.
func (w world) client(token string) *api.Client {
	w.Helper()
	config := api.DefaultConfig()
	config.Address, config.MaxRetries = w.url, 0
	c, err := api.NewClient(config)
	w.must(err)
	c.ClearNamespace()
	c.SetToken(token)
	return c
}

func (w world) kv(token string) *api.KVv2 { return w.client(token).KVv2("secret") }

func (w world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w world) same(what string, want, got any) {
	w.Helper()
	if d := cmp.Diff(want, got); d != "" {
		w.Errorf("%s: %s", what, d)
	}
}

// refused demands an error with a status and a text.
func (w world) refused(what string, err error, status int, text string) {
	w.Helper()
	said, ok := errors.AsType[*api.ResponseError](err)
	if !ok || said.StatusCode != status || !strings.Contains(strings.Join(said.Errors, "; "), text) {
		w.Errorf("%s: %v, want %d with %q", what, err, status, text)
	}
}

const path = "shop/dev/db/credentials"
