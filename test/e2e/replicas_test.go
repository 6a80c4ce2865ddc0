package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/test/harness"
)

// TestTheLogOfARunIsReadAtAnotherDaemon: of two on one database, one plans a run. Its log is
// read and followed at the other, and it and what was found in the plan stay when the one that
// planned is killed.
func TestTheLogOfARunIsReadAtAnotherDaemon(t *testing.T) {
	t.Parallel()
	ctx, shared := t.Context(), t.TempDir()
	config := filepath.Join(shared, "terrace.yaml")
	if err := os.WriteFile(config, []byte("stages: [{name: dev, order: 1, target: local, runtime: process, approvals: {count: 1, role: approver}}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	arguments := []string{"--config", config, "--database", dbtest.NewPostgres(t), "--blobs", "file://" + filepath.Join(shared, "blobs"), "--key", "file://" + filepath.Join(shared, "kek"), "--node"}
	first := harness.Start(t, append(arguments, "first")...)
	p := first.Project(ctx, t, "shop")
	leaks := workload{Name: "leaky", Variables: map[string]string{"KEY": "AK" + "IAQ3EGXK5HN7TLWPZC"}}
	r, result := p.Start(ctx, "deploy", leaks.file(t, t.TempDir()), "--stage", "dev", "--no-wait")
	if result.Code != 0 {
		t.Fatal(result)
	}
	harness.Eventually(t, "it waits for an approval", func() (string, bool) {
		status := p.Runs(ctx, "leaky")[0].Status
		return status, status == "awaiting_approval"
	})
	q := p.With(first.SignIn().Token)
	q.Daemon = harness.Start(t, append(arguments, "second")...)
	read := func() string { return q.Must(ctx, "run", "logs", r.ID).Stdout }
	planned := p.Must(ctx, "run", "logs", r.ID).Stdout
	harness.Eventually(t, "the other daemon has the log", func() (string, bool) { now := read(); return now, now == planned })
	followed := make(chan harness.Result, 1)
	go func() { followed <- q.Terrace(context.WithoutCancel(ctx), "run", "logs", "-f", r.ID) }()
	p.Must(ctx, "run", "cancel", r.ID, "--reason", "it was looked at")
	if got := <-followed; !strings.HasPrefix(got.Stdout, planned) || !strings.Contains(got.Stdout, "it was looked at") {
		t.Errorf("followed there: %s", got)
	}
	ended := p.Must(ctx, "run", "logs", r.ID).Stdout
	found := p.Must(ctx, "secret", "findings", "-o", "json").Stdout
	first.Kill()
	if !strings.Contains(ended, "it was looked at") || read() != ended {
		t.Errorf("after the daemon was killed the log is\n%s\nand not\n%s", read(), ended)
	}
	if now := q.Must(ctx, "secret", "findings", "-o", "json").Stdout; now != found || !strings.Contains(found, r.ID) {
		t.Errorf("after the daemon was killed the findings are\n%s\nand not\n%s", now, found)
	}
}
