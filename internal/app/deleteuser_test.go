package app

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestUsersAreDeleted with all that lets them in, and come back as somebody else.
func TestUsersAreDeleted(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	w.users.Forgetters = []identity.Forgetter{w.upstreams}
	w.add("acme", e)
	w.group("acme", "ops")
	w.rules("acme", adaRules)
	token := w.person().login()
	ctx, scope := w.as("acme", "root")
	before, err := w.users.Find(ctx, "acme", "ada.l")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.users.CreateServiceAccount(ctx, scope, identity.NewServiceAccount{Name: "ci", Owner: "ada.l"}); err != nil {
		t.Fatal(err)
	}
	gone := func(name, to string) error {
		return w.users.DeleteUser(ctx, scope, identity.UserDeletion{User: name, AccountsTo: to, Reason: "left"})
	}
	if err := gone("ada.l", ""); !kernel.Is(err, kernel.Refused) {
		t.Errorf("who answers for ci is deleted: %v", err)
	}
	if err := gone("root", ""); !kernel.Is(err, kernel.Refused) {
		t.Errorf("somebody deletes themselves: %v", err)
	}
	system, _ := w.system("acme")
	if err := w.users.DeleteUser(system, scope, identity.UserDeletion{User: "root"}); !kernel.Is(err, kernel.Refused) {
		t.Errorf("the last admin is deleted: %v", err)
	}
	if err := gone("ada.l", "root"); err != nil {
		t.Fatal(err)
	}
	if got := w.whoami(token.AccessToken); got != "" {
		t.Errorf("the token stands for %q", got)
	}
	if _, err := w.users.Find(ctx, "acme", "ada.l"); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("they are still there: %v", err)
	}
	accounts, err := w.users.ServiceAccounts(ctx, scope, kernel.PageRequest{})
	if err != nil || len(accounts.Items) != 1 || accounts.Items[0].Owner != "root" {
		t.Errorf("%+v, %v", accounts, err)
	}
	w.person().login()
	after, err := w.users.Find(ctx, "acme", "ada.l")
	if err != nil || after.ID == before.ID {
		t.Errorf("they come back as %+v, %v", after, err)
	}
	// The provider that made them goes, and they with it where that is said.
	if err := w.upstreams.Delete(ctx, scope, "corp", ""); !kernel.Is(err, kernel.Refused) {
		t.Errorf("nobody said what becomes of them: %v", err)
	}
	if err := w.upstreams.Delete(ctx, scope, "corp", upstream.DeleteUsers); err != nil {
		t.Fatal(err)
	}
	if _, err := w.users.Find(ctx, "acme", "ada.l"); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("they are still there: %v", err)
	}
}
