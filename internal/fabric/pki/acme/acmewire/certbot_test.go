package acmewire_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/pki/acme"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// hooked is DNS that a hook of certbot writes, a file for each record.
type hooked struct {
	*world

	folder string
}

func (h hooked) TXT(_ context.Context, _ kernel.Scope, name string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(h.folder, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return []string{string(text)}, err
}

// TestCertbot has certbot register with an external account key, order over http-01 and
// dns-01, renew, revoke, and end its account.
func TestCertbot(t *testing.T) {
	if testing.Short() {
		t.Skip("certbot takes seconds")
	}
	t.Parallel()
	program, err := exec.LookPath("certbot")
	if err != nil {
		t.Skip("certbot is not installed: .ci/services installs it")
	}
	port, records, folder := freePort(t), t.TempDir(), t.TempDir()
	f := sqlite(t, func(c *acme.Config) {
		p := c.Prober.(acme.Probe) //nolint:forcetypeassert // what the fixture has
		p.HTTPPort, p.Resolver, c.Prober, c.Open = port, hooked{p.Resolver.(*world), records}, p, nil
		c.Prober = p
	})
	k, hmac, err := f.CreateKey(t.Context(), shop, "certbot", 0)
	if err != nil {
		t.Fatal(err)
	}
	hook := filepath.Join(folder, "hook")
	if err := os.WriteFile(hook, fmt.Appendf(nil, "#!/bin/sh\nprintf %%s \"$CERTBOT_VALIDATION\" > '%s/_acme-challenge.'\"$CERTBOT_DOMAIN\"\n", records), 0o700); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		args = append(args, "--config-dir", folder+"/config", "--work-dir", folder+"/work", "--logs-dir", folder+"/logs", "--server", f.directory(), "-n")
		if out, err := exec.CommandContext(ctx, program, args...).CombinedOutput(); err != nil {
			log, _ := os.ReadFile(folder + "/logs/letsencrypt.log")
			t.Fatalf("certbot %v: %v\n%s\n%s", args, err, out, log)
		}
	}
	run("certonly", "--standalone", "--http-01-port", itoa(port), "--http-01-address", "127.0.0.1", "--agree-tos", "-m", "ada@example.com",
		"--eab-kid", k.ID, "--eab-hmac-key", hmac, "-d", "a.dev.shop.test,b.dev.shop.test")
	serial := func(name string) string {
		t.Helper()
		chain, err := os.ReadFile(filepath.Join(folder, "config", "live", name, "cert.pem"))
		if err != nil {
			t.Fatal(err)
		}
		return leafOf(t, chain).SerialNumber.Text(16)
	}
	first := serial("a.dev.shop.test")
	run("renew", "--force-renewal", "--no-random-sleep-on-renew")
	if second := serial("a.dev.shop.test"); second == first {
		t.Error("nothing was renewed")
	}
	run("certonly", "--manual", "--preferred-challenges", "dns", "--manual-auth-hook", hook, "-d", "*.dev.shop.test")
	wild := serial("dev.shop.test")
	run("revoke", "--cert-name", "dev.shop.test", "--reason", "superseded", "--no-delete-after-revoke")
	run("unregister")
	f.issuer.mu.Lock()
	defer f.issuer.mu.Unlock()
	if reason, ok := f.issuer.revoked[wild]; !ok || reason != 4 {
		t.Errorf("revoked: %v", f.issuer.revoked)
	}
	if !f.facts.has("acme-account.deactivated") {
		t.Error("the account was not ended")
	}
}
