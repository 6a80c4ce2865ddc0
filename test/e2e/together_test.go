package e2e_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/test/harness"
)

// TestTogether has workloads and people who are in each other's way.
func TestTogether(t *testing.T) {
	t.Parallel()
	d := harness.Start(t)
	for name, test := range map[string]func(*testing.T, harness.Person){
		"two-deploys": twoDeploys, "shared-cache": sharedCache, "database": database, "canceled": canceled, "identity": whoAmI,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, d.Project(t.Context(), t, name))
		})
	}
}

// twoDeploys brings three releases at once: what is under way ends, what waited
// is superseded, the newest wins.
func twoDeploys(t *testing.T, p harness.Person) {
	ctx := t.Context()
	var runs []harness.Run
	for _, version := range []string{"1.0.0", "2.0.0", "3.0.0"} {
		w := workload{Name: "racer", Version: version}
		r, result := p.Start(ctx, "deploy", w.file(t, filepath.Join(t.TempDir(), version)), "--stage", "dev", "--no-wait")
		if result.Code != 0 || r.ID == "" {
			t.Fatal(result)
		}
		runs = append(runs, r)
	}
	p.Must(ctx, "run", "logs", "-f", runs[2].ID)
	all := map[string]harness.Run{}
	for _, r := range p.Runs(ctx, "racer") {
		all[r.ID] = r
	}
	for i, r := range runs[:2] {
		if s := all[r.ID].Status; s != "superseded" && s != "succeeded" {
			t.Errorf("run %d is %s (%s)", i+1, s, all[r.ID].StatusReason)
		}
	}
	visits(t, p, "racer.dev.two-deploys.localhost", func(a harness.Answer) bool { return a.Version == "3.0.0" })
}

// sharedCache has two workloads that name the same cache. It lives as long as
// one of them.
func sharedCache(t *testing.T, p harness.Person) {
	ctx := t.Context()
	addresses := map[string]bool{}
	for _, name := range []string{"left", "right"} {
		w := workload{
			Name: name, Variables: map[string]string{"CACHE": "${resources.cache.host}:${resources.cache.port}"},
			Resources: map[string]any{"cache": map[string]any{"type": "redis", "id": "sessions"}},
		}
		p.Succeed(ctx, "deploy", w.file(t, t.TempDir()), "--stage", "dev")
		addresses[tells(t, p, name).Address] = true
	}
	if len(addresses) != 1 {
		t.Errorf("they have the caches %v", addresses)
	}
	p.Succeed(ctx, "destroy", "left", "--stage", "dev", "--yes")
	if a := tells(t, p, "right"); !a.Cache.OK {
		t.Errorf("the cache went with the first of its owners: %+v", a)
	}
	p.Succeed(ctx, "destroy", "right", "--stage", "dev", "--yes")
}

// tinyAnswer is what testdata/tiny tells beyond what every service does.
type tinyAnswer struct {
	Address string
	Cache   struct{ OK bool }
	Visits  int
	MySQL   string
}

func tells(t *testing.T, p harness.Person, name string) (out tinyAnswer) {
	t.Helper()
	a := visits(t, p, name+".dev."+p.Project+".localhost", nil)
	if err := json.Unmarshal([]byte(a.Body), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// database writes to a real one, which keeps its rows over a new version.
func database(t *testing.T, p harness.Person) {
	ctx := t.Context()
	w := workload{
		Name: "ledger", Resources: map[string]any{"db": map[string]any{"type": "mysql"}},
		Variables: map[string]string{
			"MYSQL_ADDRESS": "${resources.db.host}:${resources.db.port}", "MYSQL_DATABASE": "${resources.db.name}",
			"MYSQL_USER": "${resources.db.username}", "MYSQL_SECRET": "${resources.db.password}",
		},
	}
	dir := t.TempDir()
	p.Succeed(ctx, "deploy", w.file(t, dir), "--stage", "dev")
	if a := tells(t, p, "ledger"); a.MySQL != "" || a.Visits != 1 {
		t.Fatalf("the database: %+v", a)
	}
	w.Version = "1.1.0"
	p.Succeed(ctx, "deploy", w.file(t, dir), "--stage", "dev")
	if a := tells(t, p, "ledger"); a.MySQL != "" || a.Visits != 2 {
		t.Errorf("after a new version: %+v", a)
	}
	p.Succeed(ctx, "destroy", "ledger", "--stage", "dev", "--yes")
}

// canceled stops a deploy that hangs, in order and by force: each ends as
// canceled by itself, and the stage is free again.
func canceled(t *testing.T, p harness.Person) {
	ctx := t.Context()
	hangs := workload{Name: "sleeper", Variables: map[string]string{"TINY_SICK": "asleep"}, Annotations: map[string]string{"terrace.dev/start-timeout": "20m"}}
	dir := t.TempDir()
	for _, flags := range [][]string{nil, {"--force"}} {
		r, result := p.Start(ctx, "deploy", hangs.file(t, dir), "--stage", "dev", "--no-wait")
		if result.Code != 0 {
			t.Fatal(result)
		}
		harness.Eventually(t, "it is applied", func() (string, bool) {
			text := p.Must(ctx, "run", "logs", r.ID).Stdout
			return text, strings.Contains(text, "module.workload.terrace_service.this: Creating") || strings.Contains(text, "module.workload.terrace_service.this: Modifying")
		})
		p.Must(ctx, append([]string{"run", "cancel", r.ID, "--reason", "it hangs"}, flags...)...)
		harness.Eventually(t, "it is canceled", func() (string, bool) {
			now := p.Runs(ctx, "sleeper")[0]
			return now.Status + " " + now.StatusReason, now.ID == r.ID && now.Status == "canceled"
		})
	}
	p.Succeed(ctx, "deploy", workload{Name: "sleeper", Version: "2.0.0"}.file(t, dir), "--stage", "dev")
	visits(t, p, "sleeper.dev.canceled.localhost", func(a harness.Answer) bool { return a.Version == "2.0.0" })
}
