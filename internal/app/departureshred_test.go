package app

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/access/keyring/keyringsql"
	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/access/tenant/export"
	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/keyshare"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// TestWhatATenantThatLeftHadSealedIsUnreadable follows a tenant to its end, and then comes with
// a copy of the database from before, the root key and what is left of the shares.
func TestWhatATenantThatLeftHadSealedIsUnreadable(t *testing.T) {
	t.Parallel()
	a := benchApp(t)
	for _, name := range []string{"acme", "rival"} {
		if _, _, err := a.access.tenants.CreateTenant(a.owner(t), tenant.NewTenant{Name: name, Project: "shop", CostCenter: "1", Owner: "me"}); err != nil {
			t.Fatal(err)
		}
		if _, err := a.fabric.secrets.Put(kernel.WithActor(t.Context(), kernel.System("test", name)), sealedOf(name).Scope, "database", inTheClear+name); err != nil {
			t.Fatal(err)
		}
	}
	before := a.copied(t)
	for _, name := range []string{"acme", "rival"} {
		if plain, err := a.opened(t, before, name); err != nil || plain != inTheClear+name {
			t.Fatalf("the copy does not open before: %q, %v", plain, err)
		}
		if a.shares(t, name) == 0 {
			t.Fatalf("%s has no share of its key", name)
		}
	}
	a.leaves(t, "acme", tenant.NewDeparture{WithoutExport: true})
	if _, err := a.departures.Open(a.owner(t), "acme"); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("an archive that was not wanted: %v", err)
	}
	if plain, err := a.opened(t, before, "acme"); !kernel.Is(err, kernel.Refused) {
		t.Errorf("a copy of the database from before opens %q, %v", plain, err)
	}
	if n := a.shares(t, "acme"); n != 0 {
		t.Errorf("%d shares of its key are left", n)
	}
	if n := a.keysInForce(t, "acme"); n != 0 {
		t.Errorf("%d of its keys are said to be in force", n)
	}
	if plain, err := a.opened(t, before, "rival"); err != nil || a.shares(t, "rival") == 0 || a.keysInForce(t, "rival") == 0 {
		t.Errorf("of the tenant that stays: %q, %v", plain, err)
	}
}

// TestWhoRunsThePlatformKeepsAnArchiveThatTheyCannotRead has a tenant leave with an archive
// for the recipient that it has named itself.
func TestWhoRunsThePlatformKeepsAnArchiveThatTheyCannotRead(t *testing.T) {
	t.Parallel()
	a := benchApp(t)
	if _, _, err := a.access.tenants.CreateTenant(a.owner(t), tenant.NewTenant{Name: "acme", Project: "shop", CostCenter: "1", Owner: "me"}); err != nil {
		t.Fatal(err)
	}
	its := kernel.WithActor(t.Context(), kernel.System("test", "acme"))
	if _, err := a.fabric.secrets.Put(its, sealedOf("acme").Scope, "database", inTheClear); err != nil {
		t.Fatal(err)
	}
	mine, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{mine.Recipient().String()}
	if _, err := a.access.tenants.Leave(a.owner(t), "acme", tenant.NewDeparture{Confirm: "acme", Reason: "over"}); !kernel.Is(err, kernel.Refused) {
		t.Fatalf("it leaves though its admins have named nobody: %v", err)
	}
	if _, err := a.access.tenants.SetRecipients(a.owner(t), "acme", keys, nil); !kernel.Is(err, kernel.NotFound) {
		t.Fatalf("who runs the platform names who may read it: %v", err)
	}
	if _, err := a.access.tenants.SetRecipients(its, "acme", []string{mine.String()}, nil); !kernel.Is(err, kernel.Invalid) || strings.Contains(err.Error(), mine.String()) {
		t.Errorf("a secret key as a recipient: %v", err)
	}
	if _, err := a.access.tenants.SetRecipients(its, "acme", keys, []string{export.Artifacts}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.access.tenants.Leave(a.owner(t), "acme", tenant.NewDeparture{Confirm: "acme", Reason: "over", WithoutExport: true}); !kernel.Is(err, kernel.Refused) {
		t.Fatalf("it leaves without the archive that its admins have asked for: %v", err)
	}
	a.leaves(t, "acme", tenant.NewDeparture{})
	kept, err := a.departures.Open(a.owner(t), "acme")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = kept.Close() }()
	raw, err := io.ReadAll(kept)
	if err != nil {
		t.Fatal(err)
	}
	m, files := unpacked(t, raw)
	for _, f := range m.Files {
		if !f.Sealed || !strings.HasPrefix(files[f.Name], "age-encryption.org/v1\n") {
			t.Errorf("%s can be read by everybody", f.Name)
		}
	}
	if d := cmp.Diff(keys, m.Recipients); d != "" {
		t.Error(d)
	}
	if left := strings.Join(m.Omitted, "\n"); !strings.Contains(left, "artifacts: they were not wanted") {
		t.Errorf("left out is %s", left)
	}
	if values := decrypted(t, files, "secrets/values.jsonl.age", mine); !strings.Contains(values, inTheClear) {
		t.Errorf("the secrets for the recipient: %s", values)
	}
	if log := decrypted(t, files, "audit/log.jsonl.age", mine); !strings.Contains(log, "tenant.recipients_set") || !strings.Contains(log, "tenant.leaving") {
		t.Errorf("the audit log for the recipient: %s", log)
	}
}

// leaves has a tenant leave to its end.
func (a *App) leaves(t *testing.T, name string, n tenant.NewDeparture) {
	t.Helper()
	for done := false; !done; { // nothing is under the root key itself then
		var err error
		if done, err = a.keys.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	n.Confirm, n.Reason = name, "over"
	if _, err := a.access.tenants.Leave(a.owner(t), name, n); err != nil {
		t.Fatal(err)
	}
	if err := a.departures.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, err := a.access.tenants.Tenant(a.owner(t), name); err != nil || left.State != tenant.Gone {
		t.Fatalf("it has not left: %+v, %v", left.Departure, err)
	}
}

func sealedOf(name string) secret.Info {
	return secret.Info{Scope: kernel.Scope{Tenant: name, Project: "shop", Stage: "dev"}, Name: "database", Version: 1}
}

// copied makes a copy of the database, and returns its address.
func (a *App) copied(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "before.db")
	if _, err := a.platform.db.SQL().ExecContext(t.Context(), "VACUUM INTO ?", file); err != nil {
		t.Fatal(err)
	}
	return "sqlite://" + file
}

// opened opens the secret of a tenant from a copy of the database, as a process that begins anew.
func (a *App) opened(t *testing.T, database, name string) (string, error) {
	t.Helper()
	d, err := db.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	ring, err := seal.Open(t.Context(), seal.Config{
		URL: a.platform.config.KeyURL(), Former: a.platform.config.FormerKeys, Store: keyringsql.NewStore(d), Shares: keyshare.Store{Blobs: a.platform.shares},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ring.Close() }()
	of := sealedOf(name)
	v, err := secretsql.NewStore(d).Version(t.Context(), of.Scope, of.Name, of.Version)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := ring.Open(t.Context(), v.Sealed, secret.Associated(v.Info))
	return string(plain), err
}

// shares counts those of a tenant's keys.
func (a *App) shares(t *testing.T, name string) (n int) {
	t.Helper()
	for _, err := range a.platform.shares.List(context.WithoutCancel(t.Context()), name+"/") {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// keysInForce counts the keys of a tenant that are said not to be destroyed.
func (a *App) keysInForce(t *testing.T, name string) (n int) {
	t.Helper()
	said, err := a.keys.Status(a.owner(t), a.platform.config.Tenant, kernel.PageRequest{Limit: kernel.MaxPageSize})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range said.Keys {
		if k.Owner == name && (k.DestroyedAt.IsZero() || k.Shared || k.DataKeys > 0) {
			n++
		}
	}
	return n
}
