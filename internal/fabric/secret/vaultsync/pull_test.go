package vaultsync_test

import (
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
)

// TestPull is what becomes of a vault's secrets in Terrace.
func TestPull(t *testing.T) {
	t.Parallel()
	hold(t, vaultsync.Settings{Direction: vaultsync.Pull}, []behaviour{
		{"each value is a version", eachValue},
		{"several secrets are the keys of one", severalAreOne},
		{"what is nothing to Terrace is passed by", passedBy},
		{"what a person wrote here is a conflict", writtenHere},
		{"what was removed here is a conflict", removedHere},
		{"the same value here is no version", theSameHere},
		{"what the vault has no more stays", goneThere},
		{"what cannot be taken says so", whatCannotBeTaken},
		{"nothing is written there", nothingIsWritten},
	})
}

func eachValue(b *bench) {
	b.write("from--2fvault", "one", nil)
	b.round()
	got, info := b.read("from/vault")
	if got != "one" || info.Origin != b.address+"/secrets/from--2fvault/1" || info.CreatedBy != "system:vault-sync" {
		b.t.Errorf("%q, %+v", got, info)
	}
	b.write("from--2fvault", "two", nil)
	b.compare()
	b.compare() // in the second in which it was written it is read again, and told once
	b.round()
	b.vault.count("")
	b.round()
	if n := b.vault.count("get"); n != 0 {
		b.t.Errorf("what a list shows to be the same was read %d times", n)
	}
	if got, info := b.read("from/vault"); got != "two" || info.Version != 2 {
		b.t.Errorf("%q is version %d", got, info.Version)
	}
	b.says("asked pulled asked pulled asked asked asked")
	b.stands("from/vault", vaultsync.InStep, "")
}

func severalAreOne(b *bench) {
	b.write("db--23user", "shop", nil)
	b.write("db--23password", "x", nil)
	b.round()
	info, data, err := b.secrets.Read(b.ctx(), b.scope, "db", 0)
	b.must(err)
	if user, _ := data.Text("user"); user != "shop" || len(data) != 2 || info.Origin != b.address+"/secrets/db--23*" {
		b.t.Errorf("%d keys, user %q, %+v", len(data), user, info)
	}
	b.write("db", "as one value", nil)
	b.round()
	b.stands("db", vaultsync.Failed, "as one value and as several keys")
}

func passedBy(b *bench) {
	b.write("of-a-certificate", "x", nil)
	b.vault.change("of-a-certificate", func(e *vaultsync.Entry) { e.Managed = true })
	b.write("disabled", "x", nil)
	b.vault.change("disabled", func(e *vaultsync.Entry) { e.Enabled = false })
	b.write("no--name", "x", nil)
	b.round()
	b.says("asked")
	if y, counts, err := b.Get(b.ctx(), b.scope); err != nil || y.State != vaultsync.InStep || len(counts) > 0 {
		b.t.Errorf("%s %v %v", y.State, counts, err)
	}
}

func writtenHere(b *bench) {
	b.write("key", "of the vault", nil)
	b.round()
	b.put("key", "of a person")
	b.sweep()
	b.stands("key", vaultsync.Conflict, "Terrace has version 2 of user_1")
	if got, _ := b.read("key"); got != "of a person" {
		b.t.Errorf("what a person wrote is %q", got)
	}
	b.adopt("key")
	if got, info := b.read("key"); got != "of the vault" || info.Version != 3 {
		b.t.Errorf("%q is version %d", got, info.Version)
	}
	b.says("asked pulled conflicted adopted pulled")
}

func removedHere(b *bench) {
	b.write("key", "of the vault", nil)
	b.round()
	b.must(b.secrets.Delete(b.ctx(), b.scope, "key"))
	b.sweep()
	b.stands("key", vaultsync.Conflict, "has removed what was taken from the vault")
	b.adopt("key")
	if got, info := b.read("key"); got != "of the vault" || info.Version != 1 {
		b.t.Errorf("%q is version %d", got, info.Version)
	}
}

func theSameHere(b *bench) {
	b.put("key", "the same")
	b.write("key", "the same", nil)
	b.round()
	if _, info := b.read("key"); info.Version != 1 || info.Origin != "" {
		b.t.Errorf("%+v", info)
	}
	b.stands("key", vaultsync.InStep, "")
	b.says("asked")
}

func goneThere(b *bench) {
	b.write("key", "x", nil)
	b.round()
	b.must(b.vault.Delete(b.t.Context(), "key"))
	b.round()
	b.round()
	b.stands("key", vaultsync.Drifted, "the vault has it no more; Terrace keeps version 1")
	if got, _ := b.read("key"); got != "x" {
		b.t.Errorf("it is %q here", got)
	}
	b.says("asked pulled asked drifted asked")
	b.must(b.vault.Recover(b.t.Context(), "key"))
	b.round()
	b.stands("key", vaultsync.InStep, "")
}

func whatCannotBeTaken(b *bench) {
	b.write("empty", "", nil)
	b.round()
	b.stands("empty", vaultsync.Failed, "is empty in the vault")
	b.write("empty", "not any more", nil)
	b.round()
	b.stands("empty", vaultsync.InStep, "")
}

func nothingIsWritten(b *bench) {
	b.put("here", "x")
	b.sweep()
	b.write("there", "y", nil)
	b.vault.count("")
	b.round()
	b.pass(time.Hour)
	b.sweep()
	if n := b.vault.count("set") + b.vault.count("delete"); n != 0 || b.vault.value("here") != "" {
		b.t.Errorf("the vault was written %d times", n)
	}
}
