package keyring_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// backup is what a copy of the database has of keys.
type backup struct{ owners, data []map[string]any }

// copied makes a backup, and restored puts it in the place of what there is.
func (w *world) copied() (b backup) {
	w.t.Helper()
	must(w.t, w.db.Reader(w.t.Context()).NewSelect().Table("keyring_owner_keys").Scan(w.t.Context(), &b.owners))
	must(w.t, w.db.Reader(w.t.Context()).NewSelect().Table("keyring_data_keys").Scan(w.t.Context(), &b.data))
	return b
}

func (w *world) restored(b backup) {
	w.t.Helper()
	must(w.t, w.db.InTx(w.t.Context(), func(ctx context.Context) error {
		c := w.db.Conn(ctx)
		for _, table := range []string{"keyring_data_keys", "keyring_owner_keys"} {
			if _, err := c.NewRaw("DELETE FROM ?", bun.Ident(table)).Exec(ctx); err != nil {
				return err
			}
		}
		for _, of := range []struct {
			table string
			rows  []map[string]any
		}{{"keyring_owner_keys", b.owners}, {"keyring_data_keys", b.data}} {
			for _, row := range of.rows {
				if _, err := c.NewInsert().Model(&row).Table(of.table).Exec(ctx); err != nil {
					return err
				}
			}
		}
		return nil
	}))
}

func TestABackupFromBeforeADestructionOpensNothing(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a := w.begin("a", nil)
		acme, rival := a.sealed(w.t, "acme", "hush"), a.sealed(w.t, "rival", "quiet")
		w.clock.pass(time.Second)
		_, err := a.Rotate(w.admin(), "acme", "yearly") // a retired key goes, too
		must(w.t, err)
		later := a.sealed(w.t, "acme", "later")
		before := w.copied()
		w.restored(before)
		fresh := w.begin("control", nil)
		fresh.opens(w.t, "acme", acme, "hush")
		fresh.opens(w.t, "acme", later, "later")
		w.round(a)
		must(w.t, a.Destroy(w.admin(), "acme", "over"))
		w.restored(before)
		left := w.begin("restored", nil)
		for _, sealed := range [][]byte{acme, later} {
			if got, err := left.sealer.Open(w.t.Context(), sealed, []byte("acme")); !kernel.Is(err, kernel.Refused) {
				w.t.Errorf("the backup, the root key and what is left open %q, %v", got, err)
			}
		}
		left.opens(w.t, "rival", rival, "quiet")
	})
}

func TestAKeyInTheDatabaseAloneIsReplaced(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		shares := w.folder
		w.folder = ""
		acme := w.begin("former", nil).sealed(w.t, "acme", "hush")
		w.folder = shares
		w.clock.pass(time.Second)
		a := w.begin("a", nil)
		w.round(a)
		keys := w.keys(a)["acme"]
		if len(keys) != 1 || !keys[0].Shared {
			w.t.Fatalf("after the round: %+v", keys)
		}
		before := w.copied()
		later := a.sealed(w.t, "acme", "later")
		w.begin("b", nil).opens(w.t, "acme", acme, "hush")
		must(w.t, a.Destroy(w.admin(), "acme", "over"))
		w.restored(before)
		if got, err := w.begin("restored", nil).sealer.Open(w.t.Context(), acme, []byte("acme")); err == nil {
			w.t.Errorf("a backup from after the replacement opens %q", got)
		}
		if got, err := a.sealer.Open(w.t.Context(), later, []byte("acme")); err == nil {
			w.t.Errorf("it opens %q", got)
		}
	})
}

// A process may end between the database and the shares.
func TestSharesThatCouldNotBeRemovedGoInARound(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a := w.begin("a", nil)
		a.sealed(w.t, "acme", "hush")
		w.round(a)
		must(w.t, a.store.Destroy(w.t.Context(), "acme", w.clock.now())) // killed here
		left := func() int {
			files, err := os.ReadDir(filepath.Join(w.folder, "acme"))
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				w.t.Fatal(err)
			}
			return len(files)
		}
		if keys := w.keys(a)["acme"]; len(keys) != 1 || !keys[0].Shared || left() != 1 {
			w.t.Fatalf("before the round: %+v and %d shares", keys, left())
		}
		w.round(w.begin("b", nil))
		if keys := w.keys(a)["acme"]; len(keys) != 1 || keys[0].Shared || left() != 0 {
			w.t.Errorf("after the round: %+v and %d shares", keys, left())
		}
	})
}

// A share that is lost is told, and one that is restored opens again.
func TestAShareThatIsMissingIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		acme := w.begin("a", nil).sealed(w.t, "acme", "hush")
		must(w.t, os.Rename(w.folder, w.folder+".away"))
		_, err := w.begin("b", nil).sealer.Open(w.t.Context(), acme, []byte("acme"))
		known, is := errors.AsType[*kernel.Error](err)
		if !is || known.Kind != kernel.Refused || known.Fix == "" {
			w.t.Errorf("without its share: %v", err)
		}
		must(w.t, os.RemoveAll(w.folder))
		must(w.t, os.Rename(w.folder+".away", w.folder))
		w.begin("c", nil).opens(w.t, "acme", acme, "hush")
	})
}

// TestAKeyWhoseShareIsBrokenIsToldAsThat is of a share that is another's, and of one that is
// not there: what is read says so, and the status does.
func TestAKeyWhoseShareIsBrokenIsToldAsThat(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a := w.begin("a", nil)
		sealed := a.sealed(w.t, "acme", "hush")
		a.sealed(w.t, "rival", "quiet")
		shares, err := filepath.Glob(filepath.Join(w.folder, "acme", "*"))
		must(w.t, err)
		told := func(want string) {
			w.t.Helper()
			fresh := w.begin("fresh", nil)
			if _, err := fresh.sealer.Open(w.t.Context(), sealed, []byte("acme")); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), want) {
				w.t.Errorf("what is read says %v and not %q", err, want)
			}
			status, err := a.Status(w.admin(), "home", kernel.PageRequest{})
			must(w.t, err)
			for _, k := range status.Keys {
				if broken := strings.Contains(k.Problem, want); broken != (k.Owner == "acme") {
					w.t.Errorf("of %s it says %q", k.Owner, k.Problem)
				}
			}
		}
		for _, share := range shares {
			must(w.t, os.WriteFile(share, make([]byte, 32), 0o600))
		}
		told("is not the one that the key was made with")
		for _, share := range shares {
			must(w.t, os.Remove(share))
		}
		told("is not there")
	})
}
