package trust_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/terrace-idp/terrace/internal/access/workloadid/trust"
	"github.com/terrace-idp/terrace/internal/access/workloadid/workloadidsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

const (
	terrace  = "https://terrace.example.com"
	audience = terrace + "/tenants/acme"
)

// ci is an issuer of tokens.
type ci struct {
	*httptest.Server

	key *rsa.PrivateKey
	// asked counts how often its keys were.
	asked atomic.Int64
}

func newCI(t *testing.T) *ci {
	t.Helper()
	c := &ci{key: newKey(t)}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": c.URL, "jwks_uri": c.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		c.asked.Add(1)
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: c.key.Public(), KeyID: "ci", Algorithm: "RS256", Use: "sig"}}})
	})
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	return c
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// token is one of a job in acme/shop on main, with other claims where they are given.
func (c *ci) token(t *testing.T, other map[string]any) string {
	t.Helper()
	return sign(t, jose.RS256, c.key, "ci", c.claims(other))
}

func (c *ci) claims(other map[string]any) map[string]any {
	now := time.Now()
	claims := map[string]any{
		"iss": c.URL, "aud": audience, "sub": "repo:acme/shop:ref:refs/heads/main", "repository": "acme/shop", "ref": "refs/heads/main", "environment": "prod",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "jti": kernel.NewID("jti"),
	}
	maps.Copy(claims, other)
	return claims
}

func sign(t *testing.T, algorithm jose.SignatureAlgorithm, key any, kid string, claims map[string]any) string {
	t.Helper()
	return signHead(t, algorithm, key, map[jose.HeaderKey]any{"kid": kid}, claims)
}

func signHead(t *testing.T, algorithm jose.SignatureAlgorithm, key any, head map[jose.HeaderKey]any, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, &jose.SignerOptions{ExtraHeaders: head})
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

type fakes struct {
	mu    sync.Mutex
	facts []kernel.Fact
	gone  atomic.Bool
}

func (f *fakes) Record(_ context.Context, fact kernel.Fact) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.facts = append(f.facts, fact)
	return nil
}

func (f *fakes) last() kernel.Fact {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.facts[len(f.facts)-1]
}

func (*fakes) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	if actor, _ := kernel.ActorFrom(ctx); actor.Tenant != scope.Tenant {
		return kernel.Errorf(kernel.Denied, "you may not %s", action)
	}
	return nil
}

func (f *fakes) Acting(_ context.Context, tenant, id string) (kernel.Actor, error) {
	if f.gone.Load() {
		return kernel.Actor{}, kernel.Errorf(kernel.NotFound, "%s is gone", id)
	}
	return kernel.Actor{ID: id, Name: "ci", Kind: kernel.ActorService, Tenant: tenant}, nil
}

func (*fakes) ServiceID(_ context.Context, tenant, name string) (string, error) {
	return "svc_" + tenant + "_" + name, nil
}

type world struct {
	*trust.Service
	*fakes

	ci *ci
}

// each runs a test on both databases.
func each(t *testing.T, test func(t *testing.T, w *world), allow ...netip.Prefix) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{workloadidsql.Migrations()}, func(t *testing.T, d *db.DB) {
		t.Helper()
		test(t, newWorld(t, d, allow...))
	})
}

func newWorld(t *testing.T, d *db.DB, allow ...netip.Prefix) *world {
	t.Helper()
	w := &world{fakes: &fakes{}, ci: newCI(t)}
	w.Service = trust.New(trust.Config{
		Store: workloadidsql.NewStore(d), Accounts: w.fakes, Authorizer: w.fakes, Journal: w.fakes, Tx: d, Issuer: terrace, Guard: egress.Guard{Allow: allow},
	})
	return w
}

func here() netip.Prefix { return netip.MustParsePrefix("127.0.0.0/8") }

func as(t *testing.T, tenant string) (context.Context, kernel.Scope) {
	t.Helper()
	return kernel.WithActor(t.Context(), kernel.Actor{ID: "usr_root", Kind: kernel.ActorUser, Tenant: tenant}), kernel.Scope{Tenant: tenant}
}

func (w *world) rule(change func(*trust.Rule)) trust.Rule {
	r := trust.Rule{
		Name: "shop", Issuer: w.ci.URL, Service: "ci", Scopes: []string{"read", "deploy"}, Projects: []string{"shop"}, Stages: []string{"prod"},
		Conditions: map[string]string{"repository": "acme/shop", "ref": "refs/heads/*"},
	}
	change(&r)
	return r
}

func (w *world) create(t *testing.T, tenant string, change func(*trust.Rule)) {
	t.Helper()
	ctx, scope := as(t, tenant)
	if _, err := w.Create(ctx, scope, w.rule(change)); err != nil {
		t.Fatal(err)
	}
}

// exchange does what the token endpoint does.
func (w *world) exchange(t *testing.T, token string) (trust.Taken, error) {
	t.Helper()
	accept, ok, err := w.Verify(t.Context(), trust.TypeJWT, token)
	if err != nil {
		return trust.Taken{}, err
	}
	if !ok {
		t.Fatal("the type is not known")
	}
	return accept(t.Context())
}

func TestATokenStandsForAServiceAccount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.create(t, "acme", func(*trust.Rule) {})
		taken, err := w.exchange(t, w.ci.token(t, nil))
		if err != nil {
			t.Fatal(err)
		}
		l := taken.Actor.Limits
		if taken.Actor.ID != "svc_acme_ci" || taken.Actor.Tenant != "acme" || l == nil || strings.Join(l.Scopes, " ") != "read deploy" || l.Projects[0] != "shop" || l.Stages[0] != "prod" {
			t.Errorf("%+v %+v", taken.Actor, l)
		}
		data, _ := w.last().Data.(map[string]any)
		said, _ := data["said"].(map[string]any)
		if w.last().Type != "trust.exchanged" || said["repository"] != "acme/shop" {
			t.Errorf("%+v", w.last())
		}
	}, here())
}

// TestTokensThatAreNotTaken is the attacks.
func TestTokensThatAreNotTaken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.create(t, "acme", func(*trust.Rule) {})
		other := newCI(t)
		now := time.Now()
		public, _ := json.Marshal(w.ci.key.Public())
		parts := strings.Split(w.ci.token(t, nil), ".")
		for name, token := range map[string]string{
			"another issuer":               other.token(t, nil),
			"the key of another issuer":    sign(t, jose.RS256, other.key, "ci", w.ci.claims(nil)),
			"a key that nobody knows":      sign(t, jose.RS256, other.key, "other", w.ci.claims(nil)),
			"another audience":             w.ci.token(t, map[string]any{"aud": "https://other.example.com"}),
			"the audience of another":      w.ci.token(t, map[string]any{"aud": terrace + "/tenants/other"}),
			"another repository":           w.ci.token(t, map[string]any{"repository": "mallory/shop"}),
			"a repository that begins so":  w.ci.token(t, map[string]any{"repository": "acme/shop-2"}),
			"a branch below another":       w.ci.token(t, map[string]any{"ref": "refs/heads/a/b"}),
			"no repository":                w.ci.token(t, map[string]any{"repository": nil}),
			"a list":                       w.ci.token(t, map[string]any{"repository": []string{"acme/shop"}}),
			"expired":                      w.ci.token(t, map[string]any{"exp": now.Add(-time.Second).Unix()}),
			"no end":                       w.ci.token(t, map[string]any{"exp": nil}),
			"not yet":                      w.ci.token(t, map[string]any{"nbf": now.Add(time.Hour).Unix()}),
			"of a time that has not come":  w.ci.token(t, map[string]any{"iat": now.Add(time.Hour).Unix()}),
			"for more than a day":          w.ci.token(t, map[string]any{"exp": now.Add(48 * time.Hour).Unix()}),
			"no algorithm":                 "eyJhbGciOiJub25lIn0." + parts[1] + ".",
			"the public key as the secret": sign(t, jose.HS256, public, "ci", w.ci.claims(nil)),
			"a kid that is a path":         sign(t, jose.RS256, other.key, "../../../../dev/null", w.ci.claims(nil)),
			"a kid that is SQL":            sign(t, jose.RS256, other.key, "ci' UNION SELECT 'AA", w.ci.claims(nil)),
			"an address of keys":           signHead(t, jose.RS256, other.key, map[jose.HeaderKey]any{"kid": "ci", "jku": other.URL + "/keys"}, w.ci.claims(nil)),
			"an address of certificates":   signHead(t, jose.RS256, other.key, map[jose.HeaderKey]any{"kid": "ci", "x5u": other.URL + "/keys"}, w.ci.claims(nil)),
			"its own key":                  signHead(t, jose.RS256, other.key, map[jose.HeaderKey]any{"kid": "ci", "jwk": jose.JSONWebKey{Key: other.key.Public(), KeyID: "ci"}}, w.ci.claims(nil)),
			"an issuer that begins so":     w.ci.token(t, map[string]any{"iss": w.ci.URL + ".evil.example.com"}),
			"another signature":            parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])),
			"nothing":                      "..",
			"too long":                     w.ci.token(t, map[string]any{"x": strings.Repeat("x", 20<<10)}),
		} {
			if taken, err := w.exchange(t, token); !kernel.Is(err, kernel.Unauthenticated) {
				t.Errorf("%s: %+v, %v", name, taken, err)
			}
		}
		if n := w.ci.asked.Load(); n > 2 {
			t.Errorf("the issuer was asked %d times", n)
		}
		if n := other.asked.Load(); n > 0 {
			t.Errorf("an address in a token was asked %d times", n)
		}
		if _, err := w.exchange(t, w.ci.token(t, nil)); err != nil {
			t.Errorf("a good one after them: %v", err)
		}
	}, here())
}

func TestATokenIsExchangedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.create(t, "acme", func(*trust.Rule) {})
		for _, with := range []map[string]any{{"jti": "one"}, {"jti": nil}} {
			token := w.ci.token(t, with)
			var good atomic.Int64
			var group sync.WaitGroup
			for range 4 {
				group.Go(func() {
					if _, err := w.exchange(t, token); err == nil {
						good.Add(1)
					} else if !kernel.Is(err, kernel.Unauthenticated) {
						t.Error(err)
					}
				})
			}
			group.Wait()
			if good.Load() != 1 {
				t.Errorf("%v was exchanged %d times", with, good.Load())
			}
		}
		if again := w.ci.token(t, map[string]any{"jti": "one", "ref": "refs/heads/x"}); again != "" {
			if _, err := w.exchange(t, again); !kernel.Is(err, kernel.Unauthenticated) {
				t.Errorf("another token with its id: %v", err)
			}
		}
	}, here())
}

// TestIssuersInside has an issuer in a network that is not allowed.
func TestIssuersInside(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.create(t, "acme", func(*trust.Rule) {})
		if _, err := w.exchange(t, w.ci.token(t, nil)); !kernel.Is(err, kernel.Unavailable) || !strings.Contains(err.Error(), "address inside") {
			t.Errorf("%v", err)
		}
		if w.ci.asked.Load() > 0 {
			t.Error("the issuer was asked")
		}
	})
}

func TestTenantsAreApart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.create(t, "acme", func(*trust.Rule) {})
		w.create(t, "other", func(*trust.Rule) {})
		if taken, err := w.exchange(t, w.ci.token(t, nil)); err != nil || taken.Actor.Tenant != "acme" {
			t.Errorf("%+v, %v", taken, err)
		}
		ctx, _ := as(t, "other")
		if _, err := w.List(ctx, kernel.Scope{Tenant: "acme"}, kernel.PageRequest{}); !kernel.Is(err, kernel.Denied) {
			t.Errorf("another tenant's rules: %v", err)
		}
		w.create(t, "acme", func(r *trust.Rule) { r.Name, r.Audience = "both", "shared" })
		w.create(t, "other", func(r *trust.Rule) { r.Name, r.Audience = "both", "shared" })
		if _, err := w.exchange(t, w.ci.token(t, map[string]any{"aud": "shared"})); !kernel.Is(err, kernel.Unauthenticated) {
			t.Errorf("a token that two tenants take: %v", err)
		}
	}, here())
}

// TestARefusalIsToldOnce: a token that no rule takes, however often it comes, is one line of
// the audit log.
func TestARefusalIsToldOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.create(t, "acme", func(*trust.Rule) {})
		before := len(w.facts)
		for _, token := range []string{w.ci.token(t, map[string]any{"ref": "refs/tags/v1"}), w.ci.token(t, map[string]any{"ref": "refs/tags/v2"})} {
			for range 3 {
				if _, err := w.exchange(t, token); !kernel.Is(err, kernel.Unauthenticated) || !strings.Contains(err.Error(), "no rule fits it") {
					t.Errorf("%v", err)
				}
			}
		}
		if told := len(w.facts) - before; told != 2 || w.last().Type != "trust.refused" || !strings.Contains(w.last().Reason, "no rule fits it") {
			t.Errorf("%d facts of two tokens, the last %+v", told, w.last())
		}
	}, here())
}

func TestRulesThatAreRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, scope := as(t, "acme")
		for name, change := range map[string]func(*trust.Rule){
			"no condition":              func(r *trust.Rule) { r.Conditions = nil },
			"anything":                  func(r *trust.Rule) { r.Conditions = map[string]string{"repository": "*/*"} },
			"an end alone":              func(r *trust.Rule) { r.Conditions = map[string]string{"repository": "*/shop"} },
			"the issuer alone":          func(r *trust.Rule) { r.Conditions = map[string]string{"iss": w.ci.URL} },
			"a pattern that is broken":  func(r *trust.Rule) { r.Conditions["ref"] = "[" },
			"in the clear":              func(r *trust.Rule) { r.Issuer = "http://ci.example.com" },
			"no address":                func(r *trust.Rule) { r.Issuer = "ci" },
			"an address with a name":    func(r *trust.Rule) { r.Issuer = "https://a:b@ci.example.com" },
			"the audience of another":   func(r *trust.Rule) { r.Audience = terrace + "/tenants/other" },
			"no scope":                  func(r *trust.Rule) { r.Scopes = nil },
			"a scope that there is not": func(r *trust.Rule) { r.Scopes = []string{"everything"} },
			"a name":                    func(r *trust.Rule) { r.Name = "A B" },
		} {
			if _, err := w.Create(ctx, scope, w.rule(change)); !kernel.Is(err, kernel.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}, here())
}

func TestARuleSaysWhyItDoesNotFit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.create(t, "acme", func(*trust.Rule) {})
		ctx, scope := as(t, "acme")
		token := w.ci.token(t, map[string]any{"ref": "refs/tags/v1"})
		verdicts, err := w.Test(ctx, scope, token)
		if err != nil || len(verdicts) != 1 || verdicts[0].Fits || verdicts[0].Why != `its ref is "refs/tags/v1", not "refs/heads/*"` {
			t.Errorf("%+v, %v", verdicts, err)
		}
		good := w.ci.token(t, nil)
		if verdicts, err = w.Test(ctx, scope, good); err != nil || !verdicts[0].Fits {
			t.Errorf("%+v, %v", verdicts, err)
		}
		if _, err := w.exchange(t, good); err != nil {
			t.Errorf("a token that was tried out: %v", err)
		}
		w.gone.Store(true)
		if _, err := w.exchange(t, w.ci.token(t, nil)); !kernel.Is(err, kernel.Unauthenticated) || w.last().Type != "trust.refused" {
			t.Errorf("an account that is gone: %v", err)
		}
		if err := w.Delete(ctx, scope, "shop"); err != nil {
			t.Error(err)
		}
		if _, err := w.exchange(t, w.ci.token(t, nil)); !kernel.Is(err, kernel.Unauthenticated) {
			t.Errorf("without a rule: %v", err)
		}
	}, here())
}
