package github_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestAPushIsTold as one to a hosted repository is, once, with who pushed.
func TestAPushIsTold(t *testing.T) {
	t.Parallel()
	heard := &listener{told: make(chan string, 2)}
	c := connect(t, "", heard)
	h := hook{event: "push", id: "44444444-dddd", body: fmt.Sprintf(`{"ref":"refs/heads/main","before":"%040d","after":"%040d","repository":{"full_name":"acme/orders","pushed_at":%d},"sender":{"login":"octocat"}}`,
		1, 2, c.clock.Unix())}
	c.accepted(h)
	c.send(h)
	if told := <-heard.told; told != "octocat (github) "+c.Facts.Of("vcs.pushed")[0].ID {
		t.Errorf("heard is %q", told)
	}
	if facts := c.Facts.Of("vcs.pushed"); len(facts) != 1 || facts[0].Scope != vcstest.Shop() {
		t.Errorf("%+v", facts)
	}
}

// listener hears who pushed, and the event that tells of it.
type listener struct{ told chan string }

// Pushed implements vcs.Listener.
func (l *listener) Pushed(ctx context.Context, _ vcs.Repository, _ vcs.Push) error {
	by, _ := kernel.ActorFrom(ctx)
	l.told <- by.Name + " " + kernel.CauseFrom(ctx)
	return nil
}

// Renewed implements vcs.Listener.
func (l *listener) Renewed(_ context.Context, r vcs.Repository) error {
	l.told <- r.Name + " is renewed"
	return nil
}

// Deleting implements vcs.Listener.
func (*listener) Deleting(context.Context, vcs.Repository) error { return nil }

// TestATokenIsRenewed: who listens tries again at once.
func TestATokenIsRenewed(t *testing.T) {
	t.Parallel()
	heard := &listener{told: make(chan string, 2)}
	c := connect(t, "", heard)
	admin := vcstest.As(t.Context(), "admin")
	if _, err := c.Renew(admin, vcstest.Shop(), "orders", "wrong", ""); err == nil {
		t.Error("a wrong token is taken")
	}
	if _, err := c.Renew(admin, vcstest.Shop(), "orders", "", ""); err != nil {
		t.Error(err)
	}
	if len(heard.told) != 0 {
		t.Errorf("told is %q", <-heard.told)
	}
	if _, err := c.Renew(admin, vcstest.Shop(), "orders", token, ""); err != nil || len(heard.told) != 1 {
		t.Errorf("told of %d, %v", len(heard.told), err)
	}
}
