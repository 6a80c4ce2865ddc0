package runplan_test

import (
	"bytes"
	"io"
	"path/filepath"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run/runplan"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

func TestPlansAreSealedForTheirRun(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir := t.TempDir()
	sealer, err := seal.Open(ctx, seal.Config{URL: "file://" + filepath.Join(dir, "kek.key")})
	must(t, err)
	blobs, err := blob.Open(ctx, "file://"+filepath.Join(dir, "blobs"), nil)
	must(t, err)
	p := runplan.New(sealer, blobs)
	must(t, p.Save(ctx, "run_1", []byte("password")))
	got, err := p.Load(ctx, "run_1")
	if err != nil || string(got) != "password" {
		t.Fatalf("%q, %v", got, err)
	}
	stored, err := blobs.Get(ctx, "plans/run_1")
	must(t, err)
	sealed, err := io.ReadAll(stored)
	must(t, err)
	must(t, stored.Close())
	if bytes.Contains(sealed, []byte("password")) {
		t.Error("the plan lies there in the clear")
	}
	must(t, blobs.Put(ctx, "plans/run_2", bytes.NewReader(sealed)))
	if _, err := p.Load(ctx, "run_2"); err == nil {
		t.Error("the plan of a run opened as that of another")
	}
	must(t, p.Delete(ctx, "run_1"))
	must(t, p.Delete(ctx, "run_1"))
	if _, err := p.Load(ctx, "run_1"); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("after its removal: %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
