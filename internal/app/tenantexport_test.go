package app

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/access/tenant/export"
	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/release/releasesql"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

const inTheClear = "canary-4be1d0c7"

const exportedState = `{"version":4,"terraform_version":"1.11.4","serial":3,"lineage":"11111111-2222-3333-4444-555555555555","outputs":{"password":{"value":"` + inTheClear + `-state","type":"string","sensitive":true}},"resources":[],"check_results":null}`

// exportApp is a platform whose tenant has a secret, a state, a release, a repository, an
// artifact and a run with a log.
func exportApp(t *testing.T) *App {
	t.Helper()
	a := benchApp(t)

	ctx := kernel.WithActor(t.Context(), kernel.System("test", "default"))
	demo := kernel.Scope{Tenant: "default", Project: "demo"}
	if _, err := a.fabric.secrets.Put(ctx, demo.InStage("dev"), "database", inTheClear); err != nil {
		t.Fatal(err)
	}
	if _, err := a.delivery.states.Import(ctx, "default/demo/web/dev", strings.NewReader(exportedState), state.Replacing{}, "for the test"); err != nil {
		t.Fatal(err)
	}
	err := releasesql.NewStore(a.platform.db).Insert(ctx, release.Release{
		ID: "rel_1", Scope: demo, Workload: "web", Number: 7, Spec: json.RawMessage(`{"apiVersion":"score.dev/v1b1"}`), Lock: []byte("# locked\n"), CreatedAt: time.Now().UTC(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.delivery.releases.PutArtifact(ctx, demo, strings.NewReader(packed(t, "app", inTheClear))); err != nil {
		t.Fatal(err)
	}
	redis := module.Address{Namespace: "acme", Name: "redis", System: "local"}
	if _, err := a.delivery.modules.Publish(ctx, demo, redis, "1.0.0", strings.NewReader(packed(t, "main.tf", "# "+inTheClear))); err != nil {
		t.Fatal(err)
	}
	a.logged(t, "run_1")
	return a
}

// logged makes a run that has told something.
func (a *App) logged(t *testing.T, id string) {
	t.Helper()
	dev := kernel.Scope{Tenant: "default", Project: "demo", Stage: "dev"}
	err := runsql.NewStore(a.platform.db).Insert(t.Context(), run.Run{
		ID: id, Scope: dev, Workload: "web", Stack: kernel.StackID(dev, "web"), Operation: run.Deploy, Status: run.Succeeded, CreatedAt: time.Now().UTC(),
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := a.delivery.logs.Append(t.Context(), "default", id, run.Event{Run: id, Level: "info", Type: "run.planning", Message: inTheClear + "-log"}); err != nil {
			t.Fatal(err)
		}
	}
}

// committed makes a hosted repository with a commit, and returns the commit.
func (a *App) committed(t *testing.T, name string) string {
	t.Helper()
	ctx := kernel.WithActor(t.Context(), kernel.System("test", "default"))
	r, err := a.delivery.repositories.Create(ctx, kernel.Scope{Tenant: "default", Project: "demo"}, vcs.NewRepository{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	work := vcstest.NewRemote(t, "work.git", "")
	commit := work.Commit("main", map[string]string{"config.yaml": inTheClear + "-file"})
	work.Git("push", "-q", a.delivery.repositories.Files(r).Dir, "main", "main:refs/heads/wip")
	return commit
}

// archive asks for one as the first admin.
func (a *App) archive(t *testing.T, token, body string) (int, []byte) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/tenants/default/export", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	a.handler().ServeHTTP(w, r)
	return w.Code, w.Body.Bytes()
}

// unpacked returns the files of an archive, each as the manifest says.
func unpacked(t *testing.T, raw []byte) (export.Manifest, map[string]string) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(content)
	}
	var m export.Manifest
	if err := json.Unmarshal([]byte(files[export.ManifestFile]), &m); err != nil {
		t.Fatal(err)
	}
	if m.Format != export.Format || m.Version != export.Version || len(m.Files)+1 != len(files) {
		t.Errorf("%d files, and the manifest has %+v", len(files), m)
	}
	for _, f := range m.Files {
		sum := sha256.Sum256([]byte(files[f.Name]))
		if hex.EncodeToString(sum[:]) != f.SHA256 || int(f.Size) != len(files[f.Name]) {
			t.Errorf("%s is not what the manifest says", f.Name)
		}
	}
	return m, files
}

func TestAnArchiveHasWhatATenantHasAndNothingThatIsSecret(t *testing.T) {
	t.Parallel()
	a := exportApp(t)
	status, raw := a.archive(t, a.first.Token, `{}`)
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, raw)
	}
	m, files := unpacked(t, raw)
	if d := cmp.Diff([]string{
		"states: they have passwords, and there was no recipient to encrypt them for", "values of secrets: there was no recipient to encrypt them for",
		"artifacts: there was no recipient to encrypt them for", "logs: there was no recipient to encrypt them for",
	}, m.Omitted); d != "" {
		t.Error(d)
	}
	for name, want := range map[string]string{
		"score/demo/web/7.yaml": `{"apiVersion":"score.dev/v1b1"}`, "locks/demo/web/7.terraform.lock.hcl": "# locked\n",
	} {
		if files[name] != want {
			t.Errorf("%s: %q", name, files[name])
		}
	}
	for name, want := range map[string]string{
		"tenant/identity_users.jsonl": `"name":"admin"`, "tenant/projects.jsonl": `"name":"demo"`, "secrets/secrets.jsonl": `"name":"database"`,
		"delivery/state_versions.jsonl": `"stack":"default/demo/web/dev"`, "audit/log.jsonl": `"tenant.exported"`,
	} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s has no %s: %.300s", name, want, files[name])
		}
	}
	hidden := a.secretTexts(t)
	for name, content := range files {
		for _, text := range append(hidden, inTheClear) {
			if strings.Contains(content, text) {
				t.Errorf("%s has what is secret: %s", name, text)
			}
		}
	}
	verified, err := chain.Verify(strings.NewReader(files["audit/log.jsonl"]), chain.Options{})
	if err != nil || verified.Tenant != "default" {
		t.Errorf("the audit log: %+v, %v", verified, err)
	}
}

// secretTexts are those of the database that must not leave it.
func (a *App) secretTexts(t *testing.T) (texts []string) {
	t.Helper()
	for _, query := range []string{"SELECT password FROM identity_users", "SELECT hash FROM identity_subject_tokens"} {
		var some []string
		if err := a.platform.db.Reader(t.Context()).NewRaw(query).Scan(t.Context(), &some); err != nil || len(some) == 0 {
			t.Fatalf("%s: %d, %v", query, len(some), err)
		}
		texts = append(texts, some...)
	}
	return texts
}

func TestWhatIsSecretInAnArchiveIsForItsRecipient(t *testing.T) {
	t.Parallel()
	a := exportApp(t)
	commit := a.committed(t, "truth")
	if _, err := a.delivery.repositories.Create(kernel.WithActor(t.Context(), kernel.System("test", "default")), kernel.Scope{Tenant: "default", Project: "demo"}, vcs.NewRepository{Name: "empty"}); err != nil {
		t.Fatal(err)
	}
	mine, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	status, raw := a.archive(t, a.first.Token, `{"recipients":["`+mine.Recipient().String()+`"]}`)
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, raw)
	}
	m, files := unpacked(t, raw)
	if d := cmp.Diff([]string{"the repository demo/empty: it has no commit"}, m.Omitted); d != "" {
		t.Error(d)
	}
	for name, content := range files {
		if strings.Contains(content, inTheClear) {
			t.Errorf("%s has it in the clear", name)
		}
	}
	for name, want := range map[string]string{"states/default/demo/web/dev.tfstate.age": inTheClear + "-state", "secrets/values.jsonl.age": `"` + inTheClear + `"`} {
		plain := decrypted(t, files, name, mine)
		if !strings.Contains(plain, want) {
			t.Errorf("%s: %s", name, plain)
		}
		if strings.HasSuffix(name, ".tfstate.age") && !json.Valid([]byte(plain)) {
			t.Errorf("%s is no state: %s", name, plain)
		}
	}
	if log := decrypted(t, files, "logs/run_1.jsonl.age", mine); strings.Count(log, inTheClear+"-log") != 3 {
		t.Errorf("the log of the run: %q", log)
	}
	if n := blobsIn(t, files, "artifacts/", mine); n != 1 {
		t.Errorf("%d artifacts", n)
	}
	if n := strings.Count(files["delivery/module_versions.jsonl"], "\n"); n == 0 || blobsIn(t, files, "modules/", mine) != n {
		t.Errorf("%d archives for %d versions of modules", blobsIn(t, files, "modules/", mine), n)
	}
	if got := cloned(t, decrypted(t, files, "repositories/demo/truth.bundle.age", mine)); got != commit+" "+inTheClear+"-file" {
		t.Errorf("the clone of the bundle has %s, want %s", got, commit)
	}
	if log := files["audit/log.jsonl"]; !strings.Contains(log, `"secret.read"`) || !strings.Contains(log, `\"from\":\"export of the tenant\"`) {
		t.Error("the audit log does not tell that the secret was read for the export")
	}
	secretKey := mine.String()
	if status, raw := a.archive(t, a.first.Token, `{"recipients":["`+secretKey+`"]}`); status != http.StatusUnprocessableEntity || bytes.Contains(raw, []byte(secretKey)) {
		t.Errorf("a secret key as a recipient: %d %s", status, raw)
	}
}

// decrypted is a file of an archive as its recipient has it.
func decrypted(t *testing.T, files map[string]string, name string, with age.Identity) string {
	t.Helper()
	r, err := age.Decrypt(strings.NewReader(files[name]), with)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(plain)
}

// blobsIn counts the files of a folder, each of which is named by what is in it.
func blobsIn(t *testing.T, files map[string]string, folder string, with age.Identity) (n int) {
	t.Helper()
	for name := range files {
		if !strings.HasPrefix(name, folder) {
			continue
		}
		n++
		sum := sha256.Sum256([]byte(decrypted(t, files, name, with)))
		if want := folder + hex.EncodeToString(sum[:]) + ".tar.gz.age"; name != want {
			t.Errorf("%s has the content of %s", name, want)
		}
	}
	return n
}

// cloned clones a bundle, and returns its commit and its one file.
func cloned(t *testing.T, bundle string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "x.bundle")
	if err := os.WriteFile(file, []byte(bundle), 0o600); err != nil {
		t.Fatal(err)
	}
	git := func(args ...string) string {
		out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	clone := filepath.Join(dir, "clone")
	git("clone", "-q", file, clone)
	if wip := git("-C", clone, "rev-parse", "origin/wip"); wip != git("-C", clone, "rev-parse", "HEAD") {
		t.Errorf("the other branch is at %s", wip)
	}
	content, err := os.ReadFile(filepath.Join(clone, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return git("-C", clone, "rev-parse", "HEAD") + " " + string(content)
}

func TestAnArchiveIsWithoutWhatIsNotWanted(t *testing.T) {
	t.Parallel()
	a := exportApp(t)
	mine, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	status, raw := a.archive(t, a.first.Token, `{"recipients":["`+mine.Recipient().String()+`"],"without":["artifacts","logs"]}`)
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, raw)
	}
	m, files := unpacked(t, raw)
	if d := cmp.Diff([]string{"artifacts: they were not wanted", "logs: they were not wanted"}, m.Omitted); d != "" {
		t.Error(d)
	}
	for name := range files {
		if strings.HasPrefix(name, "artifacts/") || strings.HasPrefix(name, "modules/") || strings.HasPrefix(name, "logs/") {
			t.Errorf("it has %s", name)
		}
	}
	if decrypted(t, files, "secrets/values.jsonl.age", mine) == "" {
		t.Error("it is without the secrets")
	}
}

// TestEveryTableIsExportedOrSaidNotToBe catches tables of new rooms.
func TestEveryTableIsExportedOrSaidNotToBe(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrations(), func(t *testing.T, d *db.DB) {
		query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
		if d.Dialect() == db.Postgres {
			query = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
		}
		var tables []string
		if err := d.Reader(t.Context()).NewRaw(query).Scan(t.Context(), &tables); err != nil {
			t.Fatal(err)
		}
		said := notExported()
		for _, of := range exportedRows() {
			for _, table := range of.Tables {
				if said[table.Name] != "" {
					t.Errorf("%s is exported, and said not to be", table.Name)
				}
				said[table.Name] = "exported"
			}
		}
		for _, table := range tables {
			if said[table] == "" && !strings.HasPrefix(table, "schema_") {
				t.Errorf("the table %s is neither exported nor said not to be: put it into exportedRows, without what is secret, or into notExported", table)
			}
			delete(said, table)
		}
		for table := range said {
			t.Errorf("there is no table %s", table)
		}
	})
}

// TestRowsAreExportedFromBothDatabases has each query run, with and without rows.
func TestRowsAreExportedFromBothDatabases(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, migrations(), func(t *testing.T, d *db.DB) {
		ctx := kernel.WithActor(t.Context(), kernel.System("test", "acme"))
		for _, tenant := range []string{"acme", "rival"} {
			err := releasesql.NewStore(d).Insert(ctx, release.Release{
				ID: "rel_1", Scope: kernel.Scope{Tenant: tenant, Project: "shop"}, Workload: "web", Number: 1, Spec: json.RawMessage(`{"of":"` + tenant + `"}`), Lock: []byte("#"), CreatedAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		sources := []export.Source{exportedScores(d), exportedLocks(d), exportedRepositories{db: d}, exportedArtifacts{db: d}, exportedLogs{db: d}}
		for _, of := range exportedRows() {
			of.DB, of.Spool = d, t.TempDir()
			sources = append(sources, of)
		}
		s := export.New(export.Config{Sources: sources, Authorizer: anybody{}, Journal: unheard{}, Tx: d})
		x, err := s.Begin(ctx, kernel.Scope{Tenant: "acme"}, export.Wanted{})
		if err != nil {
			t.Fatal(err)
		}
		var raw bytes.Buffer
		if _, err := x.Write(ctx, &raw); err != nil {
			t.Fatal(err)
		}
		_, files := unpacked(t, raw.Bytes())
		if files["score/shop/web/1.yaml"] != `{"of":"acme"}` || !strings.Contains(files["delivery/releases.jsonl"], `"created_at":"2026-03-01T12:00:00Z"`) {
			t.Errorf("%q, %q", files["score/shop/web/1.yaml"], files["delivery/releases.jsonl"])
		}
		for name, content := range files {
			if strings.Contains(content, "rival") {
				t.Errorf("%s has what is of another tenant", name)
			}
		}
	})
}

type unheard struct{}

func (unheard) Record(context.Context, kernel.Fact) error { return nil }
