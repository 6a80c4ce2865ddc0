package runplan_test

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"strings"
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
	digest, later := kernel.DigestOf([]byte("password")), kernel.DigestOf([]byte("later"))
	must(t, p.Save(ctx, "acme", "run_1", digest, strings.NewReader("password")))
	must(t, p.Save(ctx, "acme", "run_1", later, strings.NewReader("later")))
	got, err := read(p.Load(ctx, "run_1", digest))
	if err != nil || string(got) != "password" {
		t.Fatalf("%q, %v: a later plan is beside it, not over it", got, err)
	}
	key := "." + digest.Hex()
	stored, err := blobs.Get(ctx, "plans/run_1"+key)
	must(t, err)
	sealed, err := io.ReadAll(stored)
	must(t, err)
	must(t, stored.Close())
	if bytes.Contains(sealed, []byte("password")) {
		t.Error("the plan lies there in the clear")
	}
	must(t, blobs.Put(ctx, "plans/run_2"+key, bytes.NewReader(sealed)))
	if _, err := read(p.Load(ctx, "run_2", digest)); err == nil {
		t.Error("the plan of a run opened as that of another")
	}
	must(t, p.Delete(ctx, "run_1"))
	must(t, p.Delete(ctx, "run_1"))
	for _, of := range []kernel.Digest{digest, later} {
		if _, err := p.Load(ctx, "run_1", of); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("after their removal: %v", err)
		}
	}
	if _, err := blobs.Get(ctx, "plans/run_2"+key); err != nil {
		t.Errorf("another run's plan went with them: %v", err)
	}
}

func read(plan io.ReadCloser, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(plan)
	return raw, errors.Join(err, plan.Close())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
