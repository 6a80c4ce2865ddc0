package vaultsync_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestPush is what becomes of Terrace's secrets in a vault.
func TestPush(t *testing.T) {
	t.Parallel()
	hold(t, vaultsync.Settings{}, []behaviour{
		{"each version is written once", eachVersion},
		{"each key is a secret", eachKey},
		{"what cannot be there says so", whatCannotBeThere},
		{"names that differ in case alone", caseAlone},
		{"what expires is deleted when it does", whatExpires},
		{"what is deleted can be taken back", deletedAndBack},
		{"a recovery takes a while", slowRecovery},
		{"a rename is a delete and a write", renamed},
		{"drift is written over", driftIsWrittenOver},
		{"what others made is left until somebody decides", foreignIsLeft},
		{"what others deleted is left until somebody decides", foreignDeleted},
		{"copied tags say nothing", copiedTags},
		{"a kill between the vault and the record", killed},
		{"what is evident is not read again", whatIsEvident},
		{"another vault begins anew", anotherVault},
		{"the end of a sync leaves both as they are", theEnd},
	})
}

func eachVersion(b *bench) {
	b.put("db/key", "one")
	b.sweep()
	b.has("db--2fkey", "one", 1)
	b.put("db/key", "two")
	b.sweep()
	b.put("db/key", "two") // is no new version
	b.round()
	b.has("db--2fkey", "two", 2)
	b.stands("db/key", vaultsync.InStep, "")
	b.says("written written asked")
	for name, want := range map[string]string{
		"managed-by": "terrace", "terrace-tenant": "acme", "terrace-project": b.scope.Project, "terrace-stage": "dev", "terrace-name": "db/key", "terrace-version": "2",
	} {
		if got := b.vault.tags("db--2fkey")[name]; got != want {
			b.t.Errorf("the tag %s is %q, want %q", name, got, want)
		}
	}
}

func (b *bench) keys(name string, d secret.Data) {
	b.t.Helper()
	_, err := b.secrets.Write(b.ctx(), b.scope, name, d, nil)
	b.must(err)
	b.sweep()
}

func eachKey(b *bench) {
	b.keys("db", secret.Data{"user": []byte(`"shop"`), "port": []byte(`3306`)})
	b.has("db--23user", "shop", 1)
	b.has("db--23port", "3306", 1)
	b.keys("db", secret.Data{"user": []byte(`"shop2"`)})
	b.has("db--23user", "shop2", 2)
	b.has("db--23port", "", 1)
	b.says("written written deleted")
	b.put("db", "one value now")
	b.sweep()
	b.has("db", "one value now", 1)
	b.has("db--23user", "", 2)
}

func whatCannotBeThere(b *bench) {
	b.put("large", strings.Repeat("ä", vaultsync.MaxValue/2)) // counts as characters, not as bytes
	b.put(strings.Repeat("n", 128), "x")
	b.keys("empty", secret.Data{"a": []byte(`""`)})
	b.keys("odd", secret.Data{"a b": []byte(`"x"`)})
	b.stands("large", vaultsync.InStep, "")
	b.put("large", strings.Repeat("x", vaultsync.MaxValue+1))
	b.sweep()
	b.stands("large", vaultsync.Failed, "more than the 25600 characters")
	b.stands(strings.Repeat("n", 128), vaultsync.Failed, "127")
	b.stands("empty", vaultsync.Failed, "is empty")
	b.stands("odd", vaultsync.Failed, "a key that no reference can name")
	if y := b.sync(); y.State != vaultsync.InStep {
		b.t.Errorf("one that cannot be there keeps the whole sync: %+v", y)
	}
	b.journal.told(b.scope)
	b.round()
	b.says("asked") // what is told once is not told again
}

func caseAlone(b *bench) {
	b.put("api-key", "x")
	b.sweep()
	b.put("API-KEY", "y")
	b.sweep()
	b.stands("API-KEY", vaultsync.Conflict, "secret api-key of "+b.scope.Project+" on dev")
	b.must(b.secrets.Delete(b.ctx(), b.scope, "API-KEY"))
	b.sweep()
	b.has("api-key", "x", 1)
	b.stands("API-KEY", "", "")
}

func whatExpires(b *bench) {
	b.must(b.secrets.Configure(b.ctx(), b.scope, "lease", func(m *secret.Metadata) error { m.DeleteAfter = time.Hour; return nil }))
	b.put("lease", "x")
	b.sweep()
	e, err := b.vault.Get(b.t.Context(), "lease")
	if want := b.now().Add(time.Hour); err != nil || !e.Expires.Equal(want) {
		b.t.Errorf("it expires at %v, want %v", e.Expires, want)
	}
	b.pass(59 * time.Minute)
	b.sweep()
	b.has("lease", "x", 1)
	b.pass(time.Minute)
	b.sweep()
	b.has("lease", "", 1)
	b.says("written deleted")
}

func deletedAndBack(b *bench) {
	b.put("short", "first")
	b.sweep()
	b.must(b.secrets.Mark(b.ctx(), b.scope, "short", secret.Deleted))
	b.sweep()
	b.has("short", "", 1)
	b.must(b.secrets.Mark(b.ctx(), b.scope, "short", secret.Undeleted))
	b.sweep()
	b.has("short", "first", 1) // it is taken back, and not written
	b.says("written deleted recovered written")
	b.must(b.secrets.Delete(b.ctx(), b.scope, "short"))
	b.sweep()
	b.has("short", "", 1)
	b.stands("short", "", "")
	b.put("short", "second")
	b.sweep()
	b.has("short", "second", 2)
	b.stands("short", vaultsync.InStep, "")
}

func slowRecovery(b *bench) {
	b.put("slow", "x")
	b.sweep()
	b.must(b.secrets.Delete(b.ctx(), b.scope, "slow"))
	b.sweep()
	b.vault.recovers = 3
	b.put("slow", "y")
	b.says("written deleted")
	b.sweep()
	b.stands("slow", vaultsync.Waiting, "still recovering")
	if n := b.vault.count("get"); n > 5 {
		b.t.Errorf("the vault was asked %d times while somebody waits", n)
	}
	b.sweep() // not yet: it is not asked all the time
	if n := b.vault.count(""); n != 0 {
		b.t.Errorf("the vault was asked %d times at once", n)
	}
	for range 3 {
		b.pass(5 * time.Second)
		b.sweep()
	}
	b.has("slow", "y", 2)
	b.stands("slow", vaultsync.InStep, "")
	b.says("recovered written")
}

func renamed(b *bench) {
	b.put("old-name", "x")
	b.sweep()
	b.put("new-name", "x")
	b.must(b.secrets.Delete(b.ctx(), b.scope, "old-name"))
	b.sweep()
	b.has("old-name", "", 1)
	b.has("new-name", "x", 1)
	b.stands("old-name", "", "")
}

func driftIsWrittenOver(b *bench) {
	b.put("watched", "of Terrace")
	b.sweep()
	b.says("written")
	b.write("watched", "of a person", nil) // without tags, as the portal does
	b.round()
	b.has("watched", "of Terrace", 3)
	b.says("asked drifted written")
	b.must(b.vault.Delete(b.t.Context(), "watched"))
	b.round()
	b.has("watched", "of Terrace", 3) // it is taken back, as it was
	b.says("asked drifted recovered")
	b.vault.change("watched", func(e *vaultsync.Entry) { e.Enabled = false })
	b.round()
	b.has("watched", "of Terrace", 4)
	b.says("asked drifted written")
}

// TestDriftIsReported is what becomes of drift that is only told.
func TestDriftIsReported(t *testing.T) {
	t.Parallel()
	hold(t, vaultsync.Settings{OnDrift: vaultsync.Report}, []behaviour{
		{"it is told once and left", func(b *bench) {
			b.put("watched", "of Terrace")
			b.sweep()
			b.write("watched", "of a person", nil)
			b.round()
			b.round()
			b.stands("watched", vaultsync.Drifted, "changed in the vault")
			b.says("written asked drifted asked")
			b.adopt("watched")
			b.has("watched", "of Terrace", 3)
			b.stands("watched", vaultsync.InStep, "")
			b.says("adopted written")
		}},
		{"another version is written", func(b *bench) {
			b.put("watched", "of Terrace")
			b.sweep()
			b.must(b.vault.Delete(b.t.Context(), "watched"))
			b.round()
			b.stands("watched", vaultsync.Drifted, "deleted in the vault")
			b.put("watched", "the next")
			b.sweep()
			b.has("watched", "the next", 2)
			b.stands("watched", vaultsync.InStep, "")
		}},
	})
}

func foreignIsLeft(b *bench) {
	b.write("foreign", "of other people", map[string]string{"owner": "eve"})
	b.put("foreign", "of Terrace")
	b.sweep()
	b.has("foreign", "of other people", 1)
	b.stands("foreign", vaultsync.Conflict, "which Terrace has not made")
	b.says("conflicted")
	b.must(b.secrets.Delete(b.ctx(), b.scope, "foreign"))
	b.sweep()
	b.has("foreign", "of other people", 1)
	b.put("foreign", "of Terrace")
	b.sweep()
	b.adopt("foreign")
	b.has("foreign", "of Terrace", 2)
	b.stands("foreign", vaultsync.InStep, "")
	if err := b.Adopt(b.ctx(), b.scope, "foreign", "x"); !kernel.Is(err, kernel.Refused) {
		b.t.Errorf("what is in step is decided: %v", err)
	}
	if err := b.Adopt(b.ctx(), b.scope, "unknown", "x"); !kernel.Is(err, kernel.NotFound) {
		b.t.Errorf("what nobody knows is decided: %v", err)
	}
}

func foreignDeleted(b *bench) {
	b.write("foreign", "of other people", nil)
	b.must(b.vault.Delete(b.t.Context(), "foreign"))
	b.put("foreign", "of Terrace")
	b.sweep()
	b.stands("foreign", vaultsync.Conflict, "the vault has a deleted secret foreign")
	b.adopt("foreign")
	b.has("foreign", "of Terrace", 2)
	b.says("conflicted adopted recovered written")
}

func copiedTags(b *bench) {
	b.put("mine", "x")
	b.sweep()
	b.write("copy", "of other people", b.vault.tags("mine"))
	b.must(b.secrets.Delete(b.ctx(), b.scope, "mine"))
	b.round()
	b.has("mine", "", 1)
	b.has("copy", "of other people", 1)
}

func killed(b *bench) {
	b.store.kill(true)
	b.put("once", "x")
	b.sweep()
	b.has("once", "x", 1)
	b.says("failed")
	if y := b.sync(); y.State != vaultsync.Failed || y.Reason != "Terrace itself could not do it" {
		b.t.Errorf("%s: %s", y.State, y.Reason)
	}
	b.store.kill(false)
	b.pass(5 * time.Second)
	b.sweep()
	b.has("once", "x", 1)
	b.stands("once", vaultsync.InStep, "")
	b.says("written resumed")
}

func whatIsEvident(b *bench) {
	b.put("calm", "x")
	b.sweep()
	b.round() // the second in which it was written is over
	b.vault.count("")
	b.round()
	if n := b.vault.count("get"); n != 0 {
		b.t.Errorf("it was read %d times again", n)
	}
	b.vault.change("calm", func(e *vaultsync.Entry) { e.Value = "y" })
	b.round()
	b.has("calm", "x", 2)
}

func anotherVault(b *bench) {
	b.put("moves", "x")
	b.sweep()
	next, address := b.vaults.add(b.scope.Project + "-next")
	b.set(vaultsync.Settings{Vault: address})
	b.sweep()
	b.has("moves", "x", 1) // the vault before is left as it is
	if got := next.value("moves"); got != "x" {
		b.t.Errorf("the next vault has %q", got)
	}
	b.says("written set written")
}

func theEnd(b *bench) {
	b.put("stays", "x")
	b.sweep()
	b.must(b.Remove(b.ctx(), b.scope))
	b.put("stays", "y")
	b.sweep()
	b.has("stays", "x", 1)
	if got, _ := b.read("stays"); got != "y" {
		b.t.Errorf("Terrace has %q", got)
	}
	b.says("written removed")
	if _, _, err := b.Get(b.ctx(), b.scope); !kernel.Is(err, kernel.NotFound) {
		b.t.Errorf("the sync is still there: %v", err)
	}
	if err := b.Remove(b.ctx(), b.scope); !kernel.Is(err, kernel.NotFound) {
		b.t.Errorf("it ends twice: %v", err)
	}
	// One that is set anew while the former is worked on takes the place of it.
	b.set(vaultsync.Settings{})
	b.sweep()
	b.vault.answers(func(_ context.Context, call string) error {
		if call == "set late" {
			b.vault.answers(nil)
			b.set(vaultsync.Settings{OnDrift: vaultsync.Report})
		}
		return nil
	})
	b.put("late", "z")
	b.sweep()
	b.sweep()
	if y := b.sync(); y.OnDrift != vaultsync.Report || y.State != vaultsync.InStep {
		b.t.Errorf("the sync: %+v", y)
	}
	b.has("late", "z", 1)
	b.stands("late", vaultsync.InStep, "")
}
