package state_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/terrace-idp/terrace/internal/access/keyring/keyringsql"
	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/delivery/state/statesql"
	"github.com/terrace-idp/terrace/internal/delivery/state/statetest"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

func TestContentsMoveToTheKeyOfTheirTenant(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{statesql.Migrations(), keyringsql.Migrations()}, func(t *testing.T, d *db.DB) {
		ctx, r := t.Context(), statetest.New(t, d)
		run(t, r, []step{{"lock", lock(apply(1), "a"), ""}, {"small", write(apply(1), "a", content(1, "l", "x")), ""}})
		if _, err := r.Service.Write(ctx, apply(1), stack, "a", large(2, 40, "y")); err != nil {
			t.Fatal(err)
		}
		sealer, err := seal.Open(ctx, seal.Config{URL: "file://" + filepath.Join(filepath.Dir(r.Dir), "kek.key"), Store: keyringsql.NewStore(d)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = sealer.Close() })
		r.Service.Sealer = sealer
		files := r.Contents(t)
		damaged, err := os.ReadFile(files[0])
		if err != nil || len(files) != 2 {
			t.Fatal(len(files), err)
		}
		orphan := filepath.Join(filepath.Dir(files[0]), "sv_gone")
		if err := os.WriteFile(orphan, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		var looked, moved int
		move := func(after string) (last string, err error) {
			err = state.Sealed{Service: r.Service}.Move(ctx, after, func(at string, l, m int) error {
				last, looked, moved = at, looked+l, moved+m
				return nil
			})
			return last, err
		}
		last, err := move("")
		if err == nil || looked != 3 || moved != 2 {
			t.Errorf("looked at %d, moved %d, %v: one is damaged", looked, moved, err)
		}
		if _, err := move(last); err != nil || looked != 3 {
			t.Errorf("once more: looked at %d, %v", looked, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil || seal.IsOld(text) {
				t.Errorf("%s is sealed as before, %v", file, err)
			}
		}
		raw, err := read(context.WithoutCancel(ctx), r.Service, apply(1))
		if err != nil || !bytes.Contains(raw, []byte(`"serial": 2`)) {
			t.Errorf("%d bytes, %v", len(raw), err)
		}
	})
}
