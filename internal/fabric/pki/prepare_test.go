package pki_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestAuthoritiesOutliveAStart has several processes start at once on an empty database.
func TestAuthoritiesOutliveAStart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, i *installation) {
		var all sync.WaitGroup
		controls := make([]*pki.Service, 6)
		for n := range controls {
			controls[n] = i.process(t, nil)
			all.Go(func() {
				if err := controls[n].Prepare(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		gateway := i.gateway(t)
		root := controls[0].Authority().RootPEM()
		for _, c := range append(controls, gateway) {
			if string(c.Authority().RootPEM()) != string(root) {
				t.Fatal("two processes have two roots")
			}
			must(t, server(shown(t, c.Authority(), host), pool(root), time.Now()))
		}
		one, err := controls[0].Authority().Under("example.com")
		must(t, err)
		two, err := gateway.Authority().Under("example.com")
		must(t, err)
		if string(one.RootPEM()) != string(two.RootPEM()) {
			t.Error("two processes have two roots for a domain")
		}
	})
}

// TestAnInstallationWithAFileAdoptsItsRoot has clients go on trusting what they trust.
func TestAnInstallationWithAFileAdoptsItsRoot(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, i *installation) {
		folder := t.TempDir()
		root := legacy(t, folder)
		s := i.control(t, folder)
		entries, err := os.ReadDir(folder)
		must(t, err)
		if len(entries) != 1 || entries[0].Name() != "root.pem" {
			t.Errorf("the folder has %v", entries)
		}
		published, err := os.ReadFile(s.RootPath())
		must(t, err)
		if certs := parsed(t, published); len(certs) != 1 || !certs[0].Equal(root) {
			t.Fatal("another root is trusted")
		}
		for _, process := range []*pki.Service{s, i.gateway(t), i.control(t, folder)} {
			must(t, server(shown(t, process.Authority(), host), pool(published), time.Now()))
			u, err := process.Authority().Under("example.com")
			must(t, err)
			block, _ := pem.Decode(u.RootPEM())
			// What the version before made of the same file.
			if sum := sha256.Sum256(block.Bytes); hex.EncodeToString(sum[:]) != "1336e0ee3cd1657071f87c7589a004a7eda9030533ec8961d9e4354cfd72dd27" {
				t.Errorf("another root for a domain: %x", sum)
			}
			must(t, server(shown(t, u, "api.example.com"), u.Pool(), time.Now()))
		}
		if len(i.facts.of("certificate-authority.adopted")) != 1 {
			t.Error("it is not told once")
		}
		// A copy of the file comes back, as from a backup of the folder; another one is left.
		legacy(t, folder)
		i.control(t, folder)
		if _, err := os.Stat(filepath.Join(folder, "root-key.pem")); !os.IsNotExist(err) {
			t.Errorf("the key is in the clear again: %v", err)
		}
	})
}

func TestZonesThatTheRootDoesNotCover(t *testing.T) {
	t.Parallel()
	i := sqlite(t)
	i.control(t, "")
	other := i.process(t, func(c *pki.Config) { c.Zones = []string{"terrace.example"} })
	if err := other.Prepare(t.Context()); !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "terrace.example") {
		t.Errorf("another zone: %v", err)
	}
	folder := t.TempDir()
	legacy(t, folder)
	adopting := sqlite(t).process(t, func(c *pki.Config) { c.Zones, c.Folder = []string{"terrace.example"}, folder })
	if err := adopting.Prepare(t.Context()); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("a file for another zone: %v", err)
	}
	if _, err := os.Stat(filepath.Join(folder, "root-key.pem")); err != nil {
		t.Errorf("the file of an authority that was not adopted is gone: %v", err)
	}
	must(t, os.WriteFile(filepath.Join(folder, "root-key.pem"), []byte("damaged"), 0o600))
	if err := sqlite(t).process(t, func(c *pki.Config) { c.Folder = folder }).Prepare(t.Context()); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("a damaged file: %v", err)
	}
}

// TestKeysAreSealed looks for keys in the rows.
func TestKeysAreSealed(t *testing.T) {
	t.Parallel()
	i := sqlite(t)
	s := i.control(t, "")
	all, err := s.All(operator(t))
	must(t, err)
	if len(all) != 4 {
		t.Errorf("%d authorities", len(all))
	}
	for _, c := range all {
		if len(c.Sealed) < 32 || !slices.Equal(c.Sealed[:3], []byte("TSE")) {
			t.Errorf("%s %s is not sealed", c.Kind, c.ID)
		}
	}
	// Without the key that seals nothing can be served.
	stranger := newInstallation(t, i.db)
	if err := stranger.process(t, nil).Load(t.Context()); err == nil {
		t.Error("the keys open without the key that seals them")
	}
}
