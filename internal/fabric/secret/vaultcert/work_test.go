package vaultcert_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"log/slog"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultcert"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultcert/vaultcertsql"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// world is a vault, and a domain with a certificate that is copied there.
type world struct {
	vaultcert.Vault
	vaultcert.Authority

	*vaultcert.Service

	at     time.Time
	vault  string
	leaf   []byte
	refuse error
	held   *vaultcert.Held
	opened int
	told   []string
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	w := &world{vault: "https://kv.example", at: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	about := &x509.Certificate{SerialNumber: big.NewInt(7), DNSNames: []string{"shop.example"}, NotBefore: w.at, NotAfter: w.at.Add(time.Hour)}
	w.leaf, err = x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	must(t, err)
	w.Service = vaultcert.New(vaultcert.Config{
		Store: vaultcertsql.NewStore(d), Syncs: w, Vaults: w, Domains: w, Authorizer: w, Places: places{}, Tenants: w, Journal: w, Tx: d,
		Log: slog.New(slog.DiscardHandler), Clock: func() time.Time { return w.at },
	})
	return w
}

func (w *world) Get(context.Context, kernel.Scope) (vaultsync.Sync, error) {
	y := vaultsync.Sync{}
	y.Vault, y.Every = w.vault, time.Hour
	return y, nil
}

func (w *world) Certificates(context.Context, vaultsync.Sync) (vaultcert.Vault, error) {
	return w, nil
}
func (*world) Authorize(context.Context, string, kernel.Scope) error { return nil }
func (*world) Resting(context.Context) (map[string]bool, error) {
	closed := map[string]bool{}
	for i := range 100 {
		closed["closed-"+strconv.Itoa(i)] = true
	}
	return closed, nil
}

type places struct{}

func (places) Check(context.Context, kernel.Scope) error { return nil }

func (w *world) Own(context.Context, kernel.Scope, string) (claim, fingerprint string, err error) {
	sum := sha256.Sum256(w.leaf)
	return "claim", hex.EncodeToString(sum[:]), nil
}

func (w *world) Pair(context.Context, kernel.Scope, string) (vaultcert.Pair, error) {
	w.opened++
	return vaultcert.Pair{Chain: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.leaf})}, nil
}

func (w *world) Copied(context.Context, kernel.Scope, string, *x509.Certificate, string) error {
	w.told = append(w.told, "copied")
	return nil
}
func (*world) Show(context.Context, kernel.Scope, string, vaultcert.Pair) error { return nil }

func (w *world) Record(_ context.Context, f kernel.Fact) error {
	w.told = append(w.told, f.Type)
	return nil
}

func (w *world) Newest(context.Context, string) (vaultcert.Held, error) {
	if w.held == nil {
		return vaultcert.Held{}, kernel.Errorf(kernel.NotFound, "nothing")
	}
	return *w.held, nil
}

// Import takes what it is given unless it refuses; of an outage it takes it, and does not answer.
func (w *world) Import(_ context.Context, _ string, _ vaultcert.Pair, tags map[string]string) (vaultcert.Held, error) {
	if kernel.Is(w.refuse, kernel.Invalid) {
		return vaultcert.Held{}, w.refuse
	}
	w.held = &vaultcert.Held{Version: "1", Enabled: true, Tags: tags, DER: w.leaf}
	return *w.held, w.refuse
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{vaultcertsql.Migrations()}, func(t *testing.T, d *db.DB) {
		t.Helper()
		test(t, newWorld(t, d))
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) set(t *testing.T, tenant, name string) {
	t.Helper()
	_, err := w.Set(t.Context(), kernel.Scope{Tenant: tenant, Project: "shop", Stage: "dev"}, name, vaultcert.Settings{Way: vaultcert.Copy, Domain: "shop.example"})
	must(t, err)
}

// rounds has work be done every five minutes.
func (w *world) rounds(t *testing.T, n int) {
	t.Helper()
	for range n {
		must(t, w.Sweep(t.Context()))
		w.at = w.at.Add(5 * time.Minute)
	}
}

func TestACopyIsToldOnceItIsThere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		w.refuse = kernel.Errorf(kernel.Invalid, "the vault does not take this")
		w.set(t, "acme", "shop")
		w.rounds(t, 13)
		if w.opened != 2 {
			t.Errorf("within an hour the key was opened %d times, want 2", w.opened)
		}
		w.at = w.at.Add(time.Hour)
		w.refuse = kernel.Errorf(kernel.Unavailable, "no answer") // but it has taken it
		w.rounds(t, 1)
		w.refuse = nil
		w.rounds(t, 14)
		want := []string{"vault-certificate.set", "vault-certificate.failed", "copied", "vault-certificate.imported", "vault-certificate.resumed"}
		if !slices.Equal(w.told, want) {
			t.Errorf("what is told: %v", w.told)
		}
	})
}

func TestClosedTenantsAreNotInTheWay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		for i := range 100 {
			w.set(t, "closed-"+strconv.Itoa(i), "shop")
		}
		w.at = w.at.Add(time.Second)
		w.set(t, "open", "shop")
		w.rounds(t, 2)
		if w.opened != 1 {
			t.Errorf("%d certificates were copied, want that of the open tenant", w.opened)
		}
	})
}

func TestCertificatesMoveWithTheVaultOfTheirStage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		t.Helper()
		scope := kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}
		listed := func() vaultcert.Certificate {
			t.Helper()
			page, err := w.List(t.Context(), scope, kernel.PageRequest{})
			must(t, err)
			return page.Items[0]
		}
		w.set(t, "acme", "shop")
		w.rounds(t, 1)
		if c := listed(); c.State != vaultcert.InStep || c.Vault != w.vault || !c.Tried.Equal(w.at.Add(-5*time.Minute)) {
			t.Fatalf("%+v", c)
		}
		w.vault, w.held = "https://new.example", nil
		if c := listed(); c.State != vaultcert.Waiting || !strings.Contains(c.Reason, "https://new.example") || !strings.Contains(c.Fix, "delete it in https://kv.example") {
			t.Errorf("before it has moved: %+v", c)
		}
		w.rounds(t, 1)
		if w.held != nil {
			t.Fatal("the other vault has it before the comparison is due: the test shows nothing")
		}
		must(t, w.Moved(t.Context(), scope, w.vault))
		w.rounds(t, 1)
		if c := listed(); c.State != vaultcert.InStep || c.Vault != w.vault || w.held == nil {
			t.Errorf("after it has moved: %+v", c)
		}
		if !slices.Contains(w.told, "vault-certificate.moved") {
			t.Errorf("what is told: %v", w.told)
		}
	})
}

func TestAStageHasABoundedNumberOfCertificates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t, vaultcertsql.Migrations()))
	for i := range vaultcert.MaxOfStage {
		w.set(t, "acme", "c"+strconv.Itoa(i))
	}
	w.set(t, "acme", "c7") // again
	_, err := w.Set(t.Context(), kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, "one-more", vaultcert.Settings{Way: vaultcert.Copy, Domain: "shop.example"})
	if !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "200 certificates") {
		t.Errorf("one too many: %v", err)
	}
	w.set(t, "other", "c0")
}
