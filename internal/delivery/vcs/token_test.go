package vcs_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// listening is GitHub without its API; it remembers the tokens that it was given.
type listening struct {
	quiet

	mu    *sync.Mutex
	given *[]string
}

func (l listening) hear(a vcs.Access) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*l.given = append(*l.given, a.Credentials.Token)
}

func (l listening) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(*l.given) == 0 {
		return ""
	}
	return (*l.given)[len(*l.given)-1]
}

func (l listening) Find(ctx context.Context, a vcs.Access) (vcs.Found, error) {
	l.hear(a)
	return l.quiet.Find(ctx, a)
}

func (l listening) Remote(a vcs.Access) gitexec.Remote {
	if a.Credentials.Hook != "" { // else it is asked for the address alone
		l.hear(a)
	}
	return l.quiet.Remote(a)
}

const tokenReference = "${secret:dev/hook/token}"

func connecting(name, token string) vcs.Connection {
	return vcs.Connection{Name: name, Provider: vcs.GitHub, Owner: "a", Repository: "b", Token: token}
}

// TestATokenMayBeAReference connects with a reference, and gives the provider what it
// means at the time; only webhooks go on when nobody may read it any more.
func TestATokenMayBeAReference(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{vcssql.Migrations()}, func(t *testing.T, d *db.DB) {
		host := listening{mu: &sync.Mutex{}, given: &[]string{}}
		b := vcstest.On(t, d, map[vcs.Provider]vcs.Host{vcs.GitHub: host})
		admin := vcstest.As(context.Background(), "admin")
		b.Secrets.Put("first")
		made, err := b.Connect(admin, vcstest.Shop(), connecting("orders", tokenReference))
		if err != nil || host.last() != "first" {
			t.Fatalf("connected with %q: %v", host.last(), err)
		}
		asks := func(want string) {
			t.Helper()
			_, _ = b.Head(context.Background(), made.Repository, "main") // nothing answers there
			if host.last() != want {
				t.Errorf("the provider got %q, want %q", host.last(), want)
			}
		}
		asks("first")
		asks("first")
		if n, origin := b.Secrets.Reads(), b.Secrets.Origin(); n != 1 || origin != "repository orders" {
			t.Errorf("one version was read %d times, for %q", n, origin)
		}
		b.Secrets.Put("second")
		asks("second")
		if shown, err := b.Get(admin, vcstest.Shop(), "orders"); err != nil || shown.References == nil || shown.References.Token == nil || shown.References.Token.Reference != tokenReference {
			t.Errorf("it is shown as %+v, %v", shown.References, err)
		}
		// Another webhook secret keeps the reference, not what it means.
		renewed, err := b.Renew(admin, vcstest.Shop(), "orders", "", "")
		if err != nil {
			t.Fatal(err)
		}
		b.Secrets.Put("third")
		if made.Repository, err = b.Find(admin, vcstest.Shop(), "orders"); err != nil {
			t.Fatal(err)
		}
		asks("third")
		b.Secrets.Shut()
		if _, err := b.Head(context.Background(), made.Repository, "main"); !kernel.Is(err, kernel.Denied) || !strings.Contains(err.Error(), "token of repository orders") {
			t.Errorf("without the right to read it: %v", err)
		}
		header, body := webhook(1, renewed.Secret)
		if taken, err := b.Accept(context.Background(), vcs.GitHub, made.Repository.ID, header, body); err != nil || !taken {
			t.Errorf("a webhook, which needs no token: %v, %v", taken, err)
		}
		if _, err := b.Renew(admin, vcstest.Shop(), "orders", "plain", ""); err != nil || host.last() != "plain" {
			t.Errorf("a token instead: %q, %v", host.last(), err)
		}
	})
}

// TestNoTokenIsCarriedAwayByReference asks with references that are not for who asks:
// the provider, whose address they choose, hears nothing.
func TestNoTokenIsCarriedAwayByReference(t *testing.T) {
	t.Parallel()
	host := listening{mu: &sync.Mutex{}, given: &[]string{}}
	b := vcstest.New(t, map[vcs.Provider]vcs.Host{vcs.GitHub: host})
	b.Secrets.Put("canary")
	for name, c := range map[string]struct {
		as, token string
		kind      kernel.Kind
	}{
		"a developer":       {"developer", tokenReference, kernel.Denied},
		"no stage":          {"admin", "${secret:token}", kernel.Invalid},
		"another project's": {"admin", "${secret:other/dev/hook/token}", kernel.NotFound},
		"out by dots":       {"admin", "${secret:dev/../../x}", kernel.Invalid},
		"nested":            {"admin", "${secret:${secret:dev/hook/token}}", kernel.Invalid},
		"with text":         {"admin", tokenReference + "x", kernel.Invalid},
	} {
		if _, err := b.Connect(vcstest.As(context.Background(), c.as), vcstest.Shop(), connecting("orders", c.token)); !kernel.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if host.last() != "" {
		t.Errorf("the provider heard %q", host.last())
	}
	b.Secrets.Shut()
	if _, err := b.Connect(vcstest.As(context.Background(), "admin"), vcstest.Shop(), connecting("orders", tokenReference)); !kernel.Is(err, kernel.Denied) {
		t.Errorf("an admin who may read no secrets: %v", err)
	}
}

// TestWebhooksMayBeSignedByReference takes webhooks that are signed with what the reference
// means at the time, and none when nobody may read it any more.
func TestWebhooksMayBeSignedByReference(t *testing.T) {
	t.Parallel()
	host := listening{mu: &sync.Mutex{}, given: &[]string{}}
	b := vcstest.New(t, map[vcs.Provider]vcs.Host{vcs.GitHub: host})
	admin := vcstest.As(context.Background(), "admin")
	c := connecting("orders", "plain")
	for given, kind := range map[string]kernel.Kind{"a value": kernel.Invalid, "${secret:hook}": kernel.Invalid, tokenReference: kernel.NotFound} {
		c.WebhookSecret = given
		if _, err := b.Connect(admin, vcstest.Shop(), c); !kernel.Is(err, kind) {
			t.Errorf("%s: %v", given, err)
		}
	}
	b.Secrets.Put("short")
	if _, err := b.Connect(admin, vcstest.Shop(), c); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("a secret that can be guessed: %v", err)
	}
	first, second := strings.Repeat("first", 4), strings.Repeat("second", 4)
	b.Secrets.Put(first)
	c.WebhookSecret = tokenReference
	made, err := b.Connect(admin, vcstest.Shop(), c)
	if err != nil || made.Secret != "" {
		t.Fatalf("%+v, %v", made, err)
	}
	shown, err := b.Get(admin, vcstest.Shop(), "orders")
	if err != nil || shown.References == nil || shown.References.Webhook == nil || *shown.References.Webhook != (vcs.Reference{Reference: tokenReference, By: "admin"}) || shown.References.Token != nil {
		t.Errorf("it is shown as %+v, %v", shown.References, err)
	}
	sent := 0
	accept := func(signedWith string) error {
		sent++
		header, body := webhook(sent, signedWith)
		_, err := b.Accept(context.Background(), vcs.GitHub, made.Repository.ID, header, body)
		return err
	}
	if err := accept(first); err != nil {
		t.Error(err)
	}
	b.Secrets.Put(second)
	for secret, ok := range map[string]bool{second: true, first: false, tokenReference: false, "": false} {
		if err := accept(secret); ok != (err == nil) || !ok && !kernel.Is(err, kernel.Unauthenticated) {
			t.Errorf("signed with %q: %v", secret, err)
		}
	}
	b.Secrets.Shut()
	if err := accept(second); !kernel.Is(err, kernel.Unavailable) || strings.Contains(err.Error(), "hook/token") {
		t.Errorf("when nobody may read it: %v", err)
	}
	renewed, err := b.Renew(admin, vcstest.Shop(), "orders", "", "")
	if err != nil || renewed.Secret == "" {
		t.Fatalf("%+v, %v", renewed, err)
	}
	if err := accept(renewed.Secret); err != nil {
		t.Error(err)
	}
}
