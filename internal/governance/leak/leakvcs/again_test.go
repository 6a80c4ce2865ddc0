package leakvcs_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/governance/leak/leakvcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// ring has the watcher look at once.
func (b *bench) ring() {
	b.t.Helper()
	if err := b.Bound(as(b.t, "admin"), b.repo, "main"); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) keep(name, value string) {
	b.t.Helper()
	if err := b.leaks.Keep(b.t.Context(), b.repo.Scope.InStage("dev"), name, 1, []string{value}); err != nil {
		b.t.Fatal(err)
	}
}

// TestASecretThatIsSetLaterIsLookedForInWhatWasThere: at once, and those that come after it
// an hour later, together.
func TestASecretThatIsSetLaterIsLookedForInWhatWasThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.push("main", map[string]string{"a.txt": "it is c0rrect-H0rse-Battery here\n", "0.txt": "and Staple-9-Tapir-77 there\n", "k.env": "k: " + key + "\n"})
	b.found(leak.Open, 1)
	b.keep("first", "c0rrect-H0rse-Battery")
	b.clock.put(2 * time.Minute)
	b.ring()
	if f := b.found(leak.Open, 2)[0]; f.Secret != "shop/dev/first@1" || f.Place.Path != "a.txt" {
		t.Errorf("%+v", f)
	}
	b.keep("second", "Staple-9-Tapir-77")
	b.clock.put(2 * time.Minute)
	b.push("main", map[string]string{"c.env": "k: AK" + "IAZ7TLWPZCQ3EGXK5H\n"})
	if f := b.found(leak.Open, 3)[0]; f.Place.Path != "c.env" {
		t.Errorf("before an hour has gone by: %+v", f)
	}
	b.clock.put(time.Hour)
	b.ring()
	if f := b.found(leak.Open, 4)[0]; f.Secret != "shop/dev/second@1" || f.Place.Path != "0.txt" {
		t.Errorf("%+v", f)
	}
}

// TestRulesThatChangeAreForWhatWasThere: those of the repository, and those of a new process.
func TestRulesThatChangeAreForWhatWasThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.push("main", map[string]string{"a.txt": "our-number-4711\n", "b.txt": "their-number-4712\n", "k.env": "k: " + key + "\n"})
	b.found(leak.Open, 1)
	b.push("main", map[string]string{leakscan.ConfigFile: "[extend]\nuseDefault=true\n[[rules]]\nid='ours'\nregex='our-number-[0-9]+'\n"})
	if f := b.found(leak.Open, 2)[0]; f.Rule != "ours" || f.Place.Path != "a.txt" {
		t.Errorf("%+v", f)
	}
	b.push("main", map[string]string{leakscan.ConfigFile: ""})
	b.found(leak.Open, 1)
	b.stop()
	shipped, err := leakscan.WithConfig("[extend]\nuseDefault=true\n[[rules]]\nid='theirs'\nregex='their-number-[0-9]+'\n", "new")
	if err != nil {
		t.Fatal(err)
	}
	b.watch(b.watcher(b.leaks, shipped, stored{b.Service}))
	if f := b.found(leak.Open, 2)[0]; f.Rule != "theirs" || f.Place.Path != "b.txt" {
		t.Errorf("%+v", f)
	}
}

// counted notes what is looked through, and calls each before it.
type counted struct {
	*leak.Service

	each func(ctx context.Context, scope kernel.Scope, path string) error

	mu  sync.Mutex
	all []string
}

func (c *counted) InspectWith(ctx context.Context, rules leakscan.Rules, scope kernel.Scope, at leak.Place, text string) (leak.Report, error) {
	if err := c.each(ctx, scope, at.Path); err != nil {
		return leak.Report{}, err
	}
	r, err := c.Service.InspectWith(ctx, rules, scope, at, text)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, at.Path)
	return r, err
}

func (c *counted) seen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.all)
}

// TestALookThatIsCutOffGoesOnWhereItWas: when its turn is over, and after a restart; what was
// pushed meanwhile is looked at again, with what was there before it, and nothing else.
func TestALookThatIsCutOffGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.stop()
	files := map[string]string{}
	for i := range 9 {
		files[fmt.Sprintf("f%d.txt", i)] = "nothing\n"
	}
	b.push("main", files)
	reached, cut := make(chan bool, 1), true
	c := &counted{Service: b.leaks}
	c.each = func(ctx context.Context, _ kernel.Scope, path string) error {
		switch {
		case path == "f2.txt" && cut:
			b.clock.put(6 * time.Minute) // its turn is over behind this file
		case path == "f5.txt" && cut:
			cut = false
			reached <- true
			<-ctx.Done() // the process ends
			return ctx.Err()
		}
		return nil
	}
	b.watch(b.watcher(c, b.leaks.Scanner, stored{b.Service}))
	<-reached
	b.stop()
	if diff := cmp.Diff([]string{"f0.txt", "f1.txt", "f2.txt", "f3.txt", "f4.txt"}, c.seen()); diff != "" {
		t.Fatal(diff)
	}
	commit := b.push("main", map[string]string{"f1.txt": "k: " + key + "\n"})
	vcstest.Eventually(t, "it is known that it was pushed", func() bool {
		due, _, err := b.store.Next(t.Context(), b.clock.now().Add(time.Hour), nil)
		return err == nil && due.Wanted == commit
	})
	b.watch(b.watcher(c, b.leaks.Scanner, stored{b.Service}))
	b.found(leak.Open, 1)
	vcstest.Eventually(t, "the rest is looked at", func() bool { return len(c.seen()) >= 11 })
	if diff := cmp.Diff([]string{"f1.txt", "f5.txt", "f6.txt", "f7.txt", "f8.txt", "f1.txt"}, c.seen()[5:]); diff != "" {
		t.Error(diff)
	}
}

// shared has the files of one repository for the same of another tenant.
type shared struct {
	stored

	rival vcs.Repository
}

func (s shared) RepositoryByID(ctx context.Context, id string) (vcs.Repository, error) {
	if id == "rivals" {
		return s.rival, nil
	}
	return s.stored.RepositoryByID(ctx, id)
}

// TestALookHoldsUpNoOtherTenant: as long as it takes.
func TestALookHoldsUpNoOtherTenant(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.stop()
	commit := b.push("main", map[string]string{"a.env": "k: " + key + "\n"})
	b.push("work", map[string]string{"b.env": "k: " + key + "\n"})
	if err := b.Bound(as(t, "admin"), b.repo, "work"); err != nil {
		t.Fatal(err)
	}
	rival := b.repo
	rival.Scope.Tenant = "rival"
	if err := b.store.Want(t.Context(), leakvcs.Branch{Scope: rival.Scope, Repository: "rivals", Name: "main", Wanted: commit}, b.clock.now()); err != nil {
		t.Fatal(err)
	}
	free := make(chan bool)
	var both sync.WaitGroup
	both.Add(1)
	once := sync.OnceFunc(both.Done)
	c := &counted{Service: b.leaks, each: func(ctx context.Context, scope kernel.Scope, _ string) error {
		if scope.Tenant == "rival" {
			return nil
		}
		once()
		select {
		case <-free:
		case <-ctx.Done():
		}
		return ctx.Err()
	}}
	b.watch(b.watcher(c, b.leaks.Scanner, shared{stored{b.Service}, rival}))
	both.Wait()
	vcstest.Eventually(t, "the other tenant's is looked at", func() bool { return len(c.seen()) == 1 })
	close(free)
	b.found(leak.Open, 3)
}
