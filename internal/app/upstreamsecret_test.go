package app

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/delivery/state/statetest"
	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

type prodAlone struct{}

func (prodAlone) Check(stage string) error {
	if stage == "prod" {
		return nil
	}
	return kernel.Errorf(kernel.NotFound, "there is no stage %q", stage)
}

// TestAClientSecretMayBeAReference that counts as it is at the time, and as its writer may
// read it: when it is gone nobody signs in there, and an admin is told why.
func TestAClientSecretMayBeAReference(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, append(relyingTables(), secretsql.Migrations())...)
	journal := &statetest.Journal{}
	secrets := &secret.Service{Store: secretsql.NewStore(d), Journal: journal, Tx: d, Stages: prodAlone{}}
	w := newRelyingOn(t, d, func(c *upstream.Config) { secrets.Sealer, c.Secrets = c.Sealer, secrets })
	secrets.Authorizer = w.users
	e := newElsewhere(t, ada())
	w.add("acme", e)
	ctx, scope := w.as("acme", "root")
	in := kernel.Scope{Tenant: "acme", Project: "shop", Stage: "prod"}
	put := func(value string) {
		t.Helper()
		if _, err := secrets.Put(ctx, in, "sso/client", value); err != nil {
			t.Fatal(err)
		}
	}
	refer := func(tenant, text string) error {
		ctx, scope := w.as(tenant, "root")
		_, err := w.upstreams.Change(ctx, scope, "corp", upstream.Change{Settings: func(*upstream.Settings) {}, Secret: &text})
		return err
	}
	const reference = "${secret:shop/prod/sso/client}"
	for text, kind := range map[string]kernel.Kind{reference: kernel.NotFound, "${secret:sso}": kernel.Invalid, "${secret:shop/prod/a": kernel.Invalid, "${secret:shop/none/sso/client}": kernel.Invalid} {
		if err := refer("acme", text); !kernel.Is(err, kind) {
			t.Errorf("%s: %v", text, err)
		}
	}
	put("another")
	if err := refer("acme", reference); err != nil {
		t.Fatal(err)
	}
	w.add("blue", e)
	if err := refer("blue", reference); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("another tenant's: %v", err)
	}
	if u, err := w.upstreams.Get(ctx, scope, "corp"); err != nil || u.SecretFrom == nil || u.SecretFrom.Reference != reference || len(u.Secret) != 0 || !u.HasSecret() {
		t.Errorf("%+v, %v", u, err)
	}
	client := func() upstream.Finding {
		t.Helper()
		found, err := w.upstreams.Check(ctx, scope, "corp")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			if f.Part == "client" {
				return f
			}
		}
		return upstream.Finding{}
	}
	if f := client(); f.Outcome != upstream.Broken {
		t.Errorf("with the wrong secret the client is %+v", f)
	}
	put(elsewhereSecret) // another version counts at once
	if got := w.whoami(w.person().login().AccessToken); got != "acme/ada.l" {
		t.Errorf("signed in as %q", got)
	}
	for _, f := range journal.Facts() {
		if data, ok := f.Data.(map[string]any); ok && f.Type == "secret.read" && data["from"] != "sign-in provider corp" {
			t.Errorf("it is read for %v", data["from"])
		}
	}
	if !slices.Contains(journal.Types(), "secret.read") {
		t.Error("no read is recorded")
	}
	if err := secrets.Mark(ctx, in, "sso/client", secret.Deleted); err != nil {
		t.Fatal(err)
	}
	if f := client(); f.Outcome != upstream.Broken || !strings.Contains(f.Message, reference) || !strings.Contains(f.Fix, "terrace auth upstream set corp") {
		t.Errorf("without it the client is %+v", f)
	}
	page := w.person().open(w.authorization(oauth2.GenerateVerifier())).button()
	if page.Status != http.StatusServiceUnavailable || strings.Contains(page.Page, "sso/client") {
		t.Errorf("%d: %s", page.Status, page.Page)
	}
}
