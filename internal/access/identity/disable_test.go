package identity_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestADisabledUserIsKeptOutAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		root, ada := f.user(t, "root", identity.Admin), f.user(t, "ada", identity.Approver)
		session, _, err := f.SignIn(t.Context(), "default", "ada", password)
		want(t, err, "")
		token, _, err := f.CreateToken(ada, tenant(), identity.NewToken{Name: "ci"})
		want(t, err, "")
		_, err = f.SetDisabled(ada, tenant(), "root", true)
		want(t, err, kernel.Denied)
		u, err := f.SetDisabled(root, tenant(), "ada", true)
		if err != nil || !u.DisabledAt.Equal(f.clock.read()) {
			t.Fatalf("%+v, %v", u, err)
		}
		for _, secret := range []string{session, token} {
			_, err = f.Authenticate(t.Context(), secret)
			want(t, err, kernel.Unauthenticated)
		}
		_, _, err = f.SignIn(t.Context(), "default", "ada", password)
		want(t, err, kernel.Unauthenticated)
		eve := f.user(t, "eve", "")
		if err := f.Authorize(eve, "run.approve", tenant()); !strings.HasSuffix(err.Error(), ": root can grant it") {
			t.Errorf("who may grant it: %v", err)
		}
		_, err = f.SetDisabled(root, tenant(), "ada", true) // again
		want(t, err, "")
		_, err = f.SetDisabled(root, tenant(), "ada", false)
		want(t, err, "")
		_, err = f.Authenticate(t.Context(), token)
		want(t, err, "")
		if f.journal.count("user.disabled") != 1 || f.journal.count("user.enabled") != 1 {
			t.Errorf("facts %+v", f.journal.facts)
		}
	})
}

func TestTheLastAdminCannotBeDisabled(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		root := f.user(t, "root", identity.Admin)
		f.user(t, "ada", identity.Viewer)
		f.grant(t, "demo", "ada", identity.Admin) // of a project alone
		_, err := f.SetDisabled(root, tenant(), "root", true)
		want(t, err, kernel.Refused)
		f.user(t, "eve", identity.Admin)
		_, err = f.SetDisabled(root, tenant(), "eve", true)
		want(t, err, "")
		_, err = f.SetDisabled(root, tenant(), "root", true) // eve does not count
		want(t, err, kernel.Refused)
		_, err = f.SetDisabled(root, kernel.Scope{Tenant: "other"}, "eve", false)
		want(t, err, kernel.NotFound)
	})
}

func TestFailedSignInsAreRecorded(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	ada := f.user(t, "ada", identity.Viewer)
	_, _, err := f.SignIn(t.Context(), "default", "ada", "not the password")
	want(t, err, kernel.Unauthenticated)
	_, _, err = f.SignIn(t.Context(), "default", "My Secret Word", "not the password")
	want(t, err, kernel.Unauthenticated)
	_, _, err = f.SignIn(t.Context(), "nowhere", "ada", password)
	want(t, err, kernel.Unauthenticated)
	want(t, f.ChangePassword(ada, tenant(), "not the password", "another long one"), kernel.Denied)
	var told []string
	for _, fact := range f.journal.facts {
		if fact.Type == "session.refused" {
			told = append(told, fmt.Sprint(fact.Scope.Tenant, fact.Data))
		}
	}
	if len(told) != 3 || strings.Contains(strings.Join(told, " "), "not the password") || strings.Contains(strings.Join(told, " "), "Secret") {
		t.Errorf("recorded %q", told)
	}
}

func TestTheRecordOfFailedSignInsIsBounded(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	f.user(t, "ada", identity.Viewer)
	for i := range 20 {
		_, _, err := f.SignIn(t.Context(), "default", fmt.Sprintf("nobody%d", i), "wrong")
		want(t, err, kernel.Unauthenticated)
		_, _, _ = f.SignIn(t.Context(), "default", "ada", "wrong")
	}
	if n := f.journal.count("session.refused"); n != 10 {
		t.Errorf("%d facts, want 5 of ada and 5 of names that nobody has", n)
	}
	f.clock.add(time.Hour)
	_, _, _ = f.SignIn(t.Context(), "default", "nobody", "wrong")
	if n := f.journal.count("session.refused"); n != 11 {
		t.Errorf("%d facts after a while", n)
	}
}
