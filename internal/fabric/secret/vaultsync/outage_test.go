package vaultsync_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// outage is what a vault's adapter makes of an answer that is about the whole vault.
func outage(after time.Duration, kind kernel.Kind, message string) func(context.Context, string) error {
	return func(context.Context, string) error {
		told := kernel.Errorf(kind, "%s", message).WithFix("see to it")
		told.After = after
		return &vaultsync.Outage{Err: told}
	}
}

// TestOutages is what becomes of a sync whose vault cannot be used.
func TestOutages(t *testing.T) {
	t.Parallel()
	hold(t, vaultsync.Settings{}, []behaviour{
		{"429 with Retry-After", func(b *bench) {
			b.vault.answers(outage(90*time.Second, kernel.Limited, "the vault answers 429"))
			b.put("busy", "x")
			b.sweep()
			b.blocked(90*time.Second, "429")
			b.vault.answers(nil)
			b.vault.count("")
			b.round() // also who asks for it does not get it asked before
			if n := b.vault.count(""); n != 0 {
				b.t.Errorf("the vault was asked %d times before", n)
			}
			b.pass(30 * time.Second)
			b.sweep()
			b.has("busy", "x", 1)
			b.says("failed asked written resumed")
		}},
		{"503 is tried again later and later", func(b *bench) {
			b.vault.answers(outage(0, kernel.Limited, "the vault answers 503"))
			b.put("busy", "x")
			for _, pause := range []time.Duration{5, 10, 20, 40, 80, 160, 300, 300} {
				b.sweep()
				b.blocked(pause*time.Second, "503")
				b.pass(pause * time.Second)
			}
			b.vault.answers(nil)
			b.sweep()
			b.has("busy", "x", 1)
			if y := b.sync(); y.State != vaultsync.InStep || y.Failures != 0 || y.Reason != "" {
				b.t.Errorf("%+v", y)
			}
			b.says("failed written resumed") // once, however often it was tried
		}},
		{"who asks need not wait for a 503", func(b *bench) {
			b.vault.answers(outage(0, kernel.Limited, "the vault answers 503"))
			b.put("busy", "x")
			b.sweep()
			b.vault.answers(nil)
			_, err := b.Now(b.ctx(), b.scope)
			b.must(err)
			b.sweep()
			b.has("busy", "x", 1)
		}},
		{"401 and 403", func(b *bench) {
			for _, message := range []string{"Azure does not take the token (AADSTS700213)", "the client may not do this (ForbiddenByRbac)"} {
				b.vault.answers(outage(0, kernel.Denied, message))
				b.put("refused", message)
				b.round()
				if y := b.sync(); y.State != vaultsync.Failed || y.Reason != message || y.Fix != "see to it" {
					b.t.Errorf("%+v", y)
				}
				b.vault.answers(nil)
				b.round()
				b.stands("refused", vaultsync.InStep, "")
			}
			b.says("asked failed asked written resumed asked failed asked written resumed")
		}},
		{"the vault is gone", func(b *bench) {
			b.put("kept", "x")
			b.sweep()
			b.set(vaultsync.Settings{Vault: "https://gone.vault.azure.net"})
			b.sweep()
			b.blocked(5*time.Second, "cannot be reached")
			b.pass(time.Hour)
			b.set(vaultsync.Settings{})
			b.sweep()
			b.has("kept", "x", 1)
			b.stands("kept", vaultsync.InStep, "")
		}},
		{"an outage in the middle loses nothing", func(b *bench) {
			b.vault.answers(func(ctx context.Context, call string) error {
				if call == "set b" {
					return outage(0, kernel.Limited, "the vault answers 500")(ctx, call)
				}
				return nil
			})
			for _, name := range []string{"a", "b", "c"} {
				b.put(name, "x")
			}
			b.sweep()
			b.has("a", "x", 1)
			b.stands("b", vaultsync.Waiting, "")
			b.stands("c", vaultsync.Waiting, "")
			b.vault.answers(nil)
			b.pass(5 * time.Second)
			b.sweep()
			for _, name := range []string{"a", "b", "c"} {
				b.has(name, "x", 1)
			}
		}},
		{"one secret that is refused keeps no other", func(b *bench) {
			b.vault.answers(func(_ context.Context, call string) error {
				if call == "set a" {
					return kernel.Errorf(kernel.Invalid, "the vault does not take this (BadParameter)")
				}
				return nil
			})
			b.put("a", "x")
			b.put("b", "x")
			b.sweep()
			b.stands("a", vaultsync.Failed, "BadParameter")
			b.has("b", "x", 1)
			b.says("failed written")
		}},
		{"one that is underway is tried again soon", func(b *bench) {
			b.vault.late["a"] = 2
			b.put("a", "x")
			b.sweep()
			b.stands("a", vaultsync.Waiting, "busy with this secret")
			b.pass(5 * time.Second)
			b.sweep()
			b.has("a", "x", 1)
			b.says("written")
		}},
	})
}

// blocked checks that the vault is left alone for a while, and why.
func (b *bench) blocked(pause time.Duration, reason string) {
	b.t.Helper()
	if y := b.sync(); y.State != vaultsync.Failed || !strings.Contains(y.Reason, reason) || !y.BlockedUntil.Equal(b.now().Add(pause)) {
		b.t.Errorf("%s (%s) until %s, want %s from now", y.State, y.Reason, y.BlockedUntil.Sub(b.now()), pause)
	}
}

// TestWhoMaySetASync needs the right to it, and to what it uses.
func TestWhoMaySetASync(t *testing.T) {
	t.Parallel()
	hold(t, vaultsync.Settings{}, []behaviour{{"rights and settings", func(b *bench) {
		as := func(id string) context.Context {
			return kernel.WithActor(b.t.Context(), kernel.Actor{ID: id, Kind: kernel.ActorUser, Tenant: "acme"})
		}
		good := vaultsync.Settings{Vault: b.address, AzureTenant: directory, Client: identity}
		for name, c := range map[string]struct {
			id     string
			stage  string
			change func(s *vaultsync.Settings)
			want   kernel.Kind
		}{
			"not the sync":           {id: "user_without_secret.sync", want: kernel.Denied},
			"not what goes out":      {id: "user_without_secret.read", want: kernel.Denied},
			"not what comes in":      {id: "user_without_secret.write", change: func(s *vaultsync.Settings) { s.Direction = vaultsync.Pull }, want: kernel.Denied},
			"no stage":               {stage: "nowhere", want: kernel.NotFound},
			"no vault":               {change: func(s *vaultsync.Settings) { s.Vault = "" }, want: kernel.Invalid},
			"no vault's address":     {change: func(s *vaultsync.Settings) { s.Vault = "https://example.com" }, want: kernel.Invalid},
			"no direction":           {change: func(s *vaultsync.Settings) { s.Direction = "both" }, want: kernel.Invalid},
			"no way with drift":      {change: func(s *vaultsync.Settings) { s.OnDrift = "ignore" }, want: kernel.Invalid},
			"no directory":           {change: func(s *vaultsync.Settings) { s.AzureTenant = "contoso" }, want: kernel.Invalid},
			"no client":              {change: func(s *vaultsync.Settings) { s.Client = "" }, want: kernel.Invalid},
			"too often":              {change: func(s *vaultsync.Settings) { s.Every = time.Second }, want: kernel.Invalid},
			"not what only goes out": {id: "user_without_secret.write"},
		} {
			settings, scope := good, b.scope
			if c.change != nil {
				c.change(&settings)
			}
			if c.stage != "" {
				scope.Stage = c.stage
			}
			if _, err := b.Set(as(c.id), scope, settings); err != nil != (c.want != "") || err != nil && !kernel.Is(err, c.want) {
				b.t.Errorf("%s: %v", name, err)
			}
		}
		if err := b.Remove(as("user_without_secret.sync"), b.scope); !kernel.Is(err, kernel.Denied) {
			b.t.Errorf("who may not set it ends it: %v", err)
		}
		if _, err := b.Now(as("user_without_secret.write"), b.scope); !kernel.Is(err, kernel.Denied) {
			b.t.Errorf("who may not write has it compared: %v", err)
		}
	}}})
}
