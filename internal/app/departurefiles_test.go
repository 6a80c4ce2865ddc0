package app

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	mdns "github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/fabric/cache/cachetest"
	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestNothingOfATenantThatLeftIsInAnyFile looks through all files of the data directory, the
// free pages of the database among them.
func TestNothingOfATenantThatLeftIsInAnyFile(t *testing.T) {
	t.Parallel()
	a := benchApp(t)
	if _, _, err := a.access.tenants.CreateTenant(a.owner(t), tenant.NewTenant{Name: "acme", Project: "shop", CostCenter: "1", Owner: "me"}); err != nil {
		t.Fatal(err)
	}
	its := kernel.WithActor(t.Context(), kernel.System("test", "acme"))
	const marker = "zaphod-"
	for i := range 40 { // more than a page has
		if _, err := a.access.identity.CreateGroup(its, kernel.Scope{Tenant: "acme"}, fmt.Sprintf("%s%02d", marker, i), strings.Repeat(marker, 20)); err != nil {
			t.Fatal(err)
		}
	}
	dir := a.platform.config.DataDir
	for _, folder := range []string{"init/acme.1234", "init/1234", "local/services/acme/shop/dev", "local/volumes/acme/shop/dev"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, folder, "main.tf"), []byte(marker), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stays := filepath.Join(dir, "init", "acme-too.1234")
	if err := os.MkdirAll(stays, 0o700); err != nil {
		t.Fatal(err)
	}
	if len(filesWith(t, dir, marker)) < 5 {
		t.Fatal("the test finds nothing even before")
	}
	a.leaves(t, "acme", tenant.NewDeparture{WithoutExport: true})
	for _, file := range filesWith(t, dir, marker) {
		t.Errorf("%s still has what was its", file)
	}
	if _, err := os.Stat(stays); err != nil {
		t.Errorf("of the tenant that stays: %v", err)
	}
}

// TestNothingOfATenantThatLeftIsServed has what watches for changes take no part in the
// departure: it looks at the counts, as another process does.
func TestNothingOfATenantThatLeftIsServed(t *testing.T) {
	t.Parallel()
	a := benchApp(t)
	if _, _, err := a.access.tenants.CreateTenant(a.owner(t), tenant.NewTenant{Name: "acme", Project: "shop", CostCenter: "1", Owner: "me"}); err != nil {
		t.Fatal(err)
	}
	its := kernel.WithActor(t.Context(), kernel.System("test", "acme"))
	dev, name := kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, "shop.dev.shop.localhost"
	if _, err := a.fabric.gateway.PutRoute(its, dev, gateway.ToService("shop", name, "", "shop", "")); err != nil {
		t.Fatal(err)
	}
	if err := a.fabric.dns.ReplaceName(its, dev, name, []dns.Record{{Name: name, Type: dns.A, Values: []string{"127.0.0.1"}}}); err != nil {
		t.Fatal(err)
	}
	answers := func() int {
		q := new(mdns.Msg).SetQuestion(name+".", mdns.TypeA)
		return len(a.fabric.dns.Answer(q).Answer)
	}
	if !a.fabric.gateway.Serves(dev, "shop") || answers() != 1 {
		t.Fatal("the test finds nothing even before")
	}
	running(t, a.fabric.gateway.Watch)
	running(t, a.fabric.dns.Watch)
	a.leaves(t, "acme", tenant.NewDeparture{WithoutExport: true})
	cachetest.Until(t, "its route to go", func() bool { return !a.fabric.gateway.Serves(dev, "shop") })
	cachetest.Until(t, "its name to go", func() bool { return answers() == 0 })
}

// filesWith returns the files beneath dir that have the text.
func filesWith(t *testing.T, dir, text string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte(text)) {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
