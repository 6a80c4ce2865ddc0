package identity_test

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestSignInGivesATokenThatExpires(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		f.user(t, "ada", identity.Viewer)
		secret, token, err := f.SignIn(t.Context(), "default", "ada", password)
		if err != nil || !strings.HasPrefix(secret, identity.TokenPrefix) {
			t.Fatalf("%q, %v", secret, err)
		}
		actor, err := f.Authenticate(t.Context(), secret)
		if err != nil || actor.Name != "ada" || actor.Tenant != "default" || actor.Kind != kernel.ActorUser || actor.Session != token.ID || actor.Limits != nil {
			t.Fatalf("%+v, %v", actor, err)
		}
		if !token.ExpiresAt.Equal(f.clock.read().Add(12 * time.Hour)) {
			t.Errorf("expires %s", token.ExpiresAt)
		}
		f.clock.add(12 * time.Hour)
		_, err = f.Authenticate(t.Context(), secret)
		want(t, err, kernel.Unauthenticated)
		for _, bad := range []string{"", "terr_", secret + "a", secret[:len(secret)-1], "terr_" + strings.Repeat("a", 58), "trun_x.y", strings.ToUpper(secret)} {
			_, err := f.Authenticate(t.Context(), bad)
			want(t, err, kernel.Unauthenticated)
		}
		if f.journal.count("session.opened") != 1 {
			t.Errorf("facts %+v", f.journal.facts)
		}
	})
}

func TestAWrongNameLooksLikeAWrongPassword(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	f.user(t, "ada", identity.Viewer)
	_, _, wrongPassword := f.SignIn(t.Context(), "default", "ada", "wrong")
	_, _, wrongName := f.SignIn(t.Context(), "default", "eve", password)
	_, _, wrongTenant := f.SignIn(t.Context(), "other", "ada", password)
	want(t, wrongPassword, kernel.Unauthenticated)
	if wrongName.Error() != wrongPassword.Error() || wrongTenant.Error() != wrongPassword.Error() {
		t.Errorf("%v, %v, %v", wrongPassword, wrongName, wrongTenant)
	}
}

func TestFailedSignInsSlowDown(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	f.user(t, "ada", identity.Viewer)
	f.user(t, "bob", identity.Viewer)
	try := func(name, word string) error {
		_, _, err := f.SignIn(t.Context(), "default", name, word)
		return err
	}
	for range 5 {
		want(t, try("ada", "wrong"), kernel.Unauthenticated)
		want(t, try("nobody", "wrong"), kernel.Unauthenticated)
	}
	want(t, try("ada", password), kernel.Locked) // even the right one has to wait
	want(t, try("nobody", "wrong"), kernel.Locked)
	want(t, try("bob", password), "")
	f.clock.add(time.Second)
	want(t, try("ada", "wrong"), kernel.Unauthenticated)
	f.clock.add(time.Second)
	want(t, try("ada", password), kernel.Locked) // the pause has doubled
	f.clock.add(time.Second)
	want(t, try("ada", password), "")
	want(t, try("ada", "wrong"), kernel.Unauthenticated) // a success forgets
	want(t, try("ada", password), "")
}

// TestWhatIsNoNameIsNotKept: whoever signs in with names of a megabyte fills no memory with
// them: failures are counted for what can be a name.
func TestWhatIsNoNameIsNotKept(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	f.user(t, "ada", identity.Viewer)
	long := strings.Repeat("x", 1<<10)
	for range 7 { // one more than is free, of each
		_, _, err := f.SignIn(t.Context(), "default", long, password)
		want(t, err, kernel.Unauthenticated)
		_, _, err = f.SignIn(t.Context(), long, "ada", password)
		want(t, err, kernel.Unauthenticated)
	}
	if f.journal.count("session.refused") == 0 {
		t.Error("nobody is told of them")
	}
}

// TestNobodyIsKeptOutByOthers: whoever fails with a name keeps nobody out of where they have
// signed in before, and gets no more tries by their signing in.
func TestNobodyIsKeptOutByOthers(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	f.user(t, "ada", identity.Viewer)
	try := func(address, name, word string) error {
		_, _, err := f.SignIn(kernel.WithAddress(t.Context(), address), "default", name, word)
		return err
	}
	const home, elsewhere = "192.0.2.1", "198.51.100.7"
	want(t, try(home, "ada", password), "")
	for range 5 {
		want(t, try(elsewhere, "ada", "wrong"), kernel.Unauthenticated)
	}
	want(t, try(elsewhere, "ada", password), kernel.Locked)
	want(t, try("203.0.113.9", "ada", password), kernel.Locked) // addresses are cheap
	want(t, try(home, "ada", password), "")
	want(t, try(elsewhere, "ada", password), kernel.Locked) // her success is none of theirs
	for range 5 {                                           // her own address is no way around
		want(t, try(home, "ada", "wrong"), kernel.Unauthenticated)
	}
	want(t, try(home, "ada", password), kernel.Locked)
	f.clock.add(31 * 24 * time.Hour)
	for range 5 {
		want(t, try(elsewhere, "ada", "wrong"), kernel.Unauthenticated)
	}
	want(t, try(home, "ada", password), kernel.Locked) // it is forgotten
}

// TestANameThatNobodyHasCostsAHash: each password is hashed, whosever it is said to be. A hash
// takes 19 MiB, which nothing else here does.
func TestANameThatNobodyHasCostsAHash(t *testing.T) { //nolint:paralleltest // it counts what the process allocates
	f := sqlite(t)
	f.user(t, "ada", identity.Viewer)
	f.user(t, "gone", identity.Viewer)
	f.user(t, "root", identity.Admin)
	if _, err := f.SetDisabled(system(t.Context()), tenant(), "gone", true); err != nil {
		t.Fatal(err)
	}
	hashes := func(tenant, name, word string) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, _ = f.SignIn(t.Context(), tenant, name, word)
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) / (18 << 20)
	}
	for name, got := range map[string]uint64{
		"the right one": hashes("default", "ada", password), "a wrong one": hashes("default", "ada", "wrong"), "nobody's": hashes("default", "nobody", "wrong"),
		"of who is kept out": hashes("default", "gone", "wrong"), "of another tenant": hashes("other", "ada", password), "no name": hashes("default", "", "wrong"),
	} {
		if got != 1 {
			t.Errorf("%s: %d hashes", name, got)
		}
	}
}

func TestPersonalTokens(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		root, ada := f.user(t, "root", identity.Admin), f.user(t, "ada", identity.Viewer)
		secret, token, err := f.CreateToken(ada, tenant(), identity.NewToken{Name: "laptop"})
		if err != nil || !token.ExpiresAt.Equal(f.clock.read().Add(90*24*time.Hour)) {
			t.Fatalf("%+v, %v", token, err)
		}
		_, _, err = f.CreateToken(ada, tenant(), identity.NewToken{User: "root", Name: "x"})
		want(t, err, kernel.Denied)
		if theirs, _, err := f.CreateToken(root, tenant(), identity.NewToken{User: "ada", Name: "ci"}); err != nil {
			t.Error(err)
		} else if actor, err := f.Authenticate(t.Context(), theirs); err != nil || actor.Name != "ada" {
			t.Errorf("%+v, %v", actor, err)
		}
		_, _, err = f.CreateToken(ada, tenant(), identity.NewToken{Name: "long", Life: 400 * 24 * time.Hour})
		want(t, err, kernel.Invalid)
		page, err := f.TokensOf(ada, tenant(), "", "", kernel.PageRequest{Limit: 1})
		if err != nil || len(page.Items) != 1 || page.Items[0].Name != "laptop" || page.Next == "" || strings.Contains(secret, page.Items[0].Hash) {
			t.Errorf("%+v, %v", page, err)
		}
		want(t, f.RevokeToken(root, tenant(), "", "", token.ID), kernel.NotFound)
		want(t, f.RevokeToken(ada, tenant(), "", "", token.ID), "")
		_, err = f.Authenticate(t.Context(), secret)
		want(t, err, kernel.Unauthenticated)
	})
}

// TestWhoMayNotMakeATokenIsNotToldWhatIsWrongWithIt: permission comes first.
func TestWhoMayNotMakeATokenIsNotToldWhatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	ada, root := f.user(t, "ada", identity.Developer), f.user(t, "root", identity.Admin)
	for _, bad := range []identity.NewToken{{User: "root"}, {User: "root", Name: "session"}, {User: "root", Name: "ci", Life: 1000 * 24 * time.Hour}, {User: "root", Name: "ci", Life: -1}} {
		_, _, err := f.CreateToken(ada, tenant(), bad)
		want(t, err, kernel.Denied)
		_, _, err = f.CreateToken(root, tenant(), bad)
		want(t, err, kernel.Invalid)
	}
}

func TestATokenIsRenewedBeforeItEnds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		const day = 24 * time.Hour
		root, ada := f.user(t, "root", identity.Admin), f.user(t, "ada", identity.Viewer)
		secret, token, err := f.CreateToken(ada, tenant(), identity.NewToken{Name: "laptop"})
		want(t, err, "")
		if same, err := f.Renew(t.Context(), "default", secret, 60*day); err != nil || same != secret {
			t.Errorf("with 90 days left it is another one, %v", err)
		}
		f.clock.add(31 * day)
		fresh, err := f.Renew(t.Context(), "default", secret, 60*day)
		if err != nil || fresh == secret {
			t.Fatalf("with 59 days left it is the same, %v", err)
		}
		f.clock.add(365 * day)
		if actor, err := f.Authenticate(t.Context(), fresh); err != nil || actor.Name != "ada" {
			t.Errorf("%+v, %v", actor, err)
		}
		_, err = f.SetDisabled(root, tenant(), "ada", true)
		want(t, err, "")
		if same, err := f.Renew(t.Context(), "default", fresh, 60*day); err != nil || same != fresh {
			t.Errorf("of a user who is kept out it is another one, %v", err)
		}
		_, err = f.SetDisabled(root, tenant(), "ada", false)
		want(t, err, "")
		want(t, f.RevokeToken(ada, tenant(), "", "", token.ID), "")
		if same, err := f.Renew(t.Context(), "default", secret, 60*day); err != nil || same != secret {
			t.Errorf("a revoked one comes back, %v", err)
		}
	})
}

func TestTheLastUseIsNotedOnceAMinute(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		ada := f.user(t, "ada", identity.Viewer)
		secret, token, err := f.CreateToken(ada, tenant(), identity.NewToken{Name: "laptop"})
		if err != nil {
			t.Fatal(err)
		}
		start := f.clock.read()
		for _, step := range []struct{ wait, noted time.Duration }{{0, 0}, {59 * time.Second, 0}, {time.Second, time.Minute}} {
			f.clock.add(step.wait)
			if _, err := f.Authenticate(t.Context(), secret); err != nil {
				t.Fatal(err)
			}
			page, err := f.store.TokensOf(t.Context(), "default", token.SubjectID, kernel.PageRequest{})
			if err != nil || !page.Items[0].LastUsedAt.Equal(start.Add(step.noted)) {
				t.Errorf("noted %s, want %s later than %s, %v", page.Items[0].LastUsedAt, step.noted, start, err)
			}
		}
	})
}

func TestPasswordsChange(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	ada := f.user(t, "ada", identity.Viewer)
	want(t, f.ChangePassword(ada, tenant(), "wrong", "another long one"), kernel.Denied)
	want(t, f.ChangePassword(ada, tenant(), password, "short"), kernel.Invalid)
	want(t, f.ChangePassword(ada, tenant(), password, "another long one"), "")
	_, _, err := f.SignIn(t.Context(), "default", "ada", password)
	want(t, err, kernel.Unauthenticated)
	_, _, err = f.SignIn(t.Context(), "default", "ada", "another long one")
	want(t, err, "")
	for _, fact := range f.journal.facts {
		if strings.Contains(strings.ToLower(strings.Join([]string{fact.Reason, fact.Subject}, " ")), "long one") {
			t.Errorf("a fact holds the password: %+v", fact)
		}
	}
}

func TestUsersAreOfOneTenant(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		root := f.user(t, "root", identity.Admin)
		f.user(t, "ada", "")
		other := kernel.WithActor(t.Context(), kernel.System("test", "other"))
		if _, err := f.CreateUser(other, kernel.Scope{Tenant: "other"}, identity.NewUser{Name: "ada", Password: password}); err != nil {
			t.Fatalf("the same name in another tenant: %v", err)
		}
		_, err := f.CreateUser(root, tenant(), identity.NewUser{Name: "ada", Password: password})
		want(t, err, kernel.Conflict)
		for _, name := range []string{"", "Ada", "a b", "-a", "a/b", strings.Repeat("a", 65)} {
			_, err := f.CreateUser(root, tenant(), identity.NewUser{Name: name, Password: password})
			want(t, err, kernel.Invalid)
		}
		page, err := f.Users(root, tenant(), kernel.PageRequest{Limit: 1})
		if err != nil || len(page.Items) != 1 || page.Items[0].Name != "ada" || page.Items[0].Tenant != "default" {
			t.Fatalf("%+v, %v", page, err)
		}
		page, err = f.Users(root, tenant(), kernel.PageRequest{Cursor: page.Next})
		if err != nil || len(page.Items) != 1 || page.Items[0].Name != "root" || page.Next != "" {
			t.Errorf("%+v, %v", page, err)
		}
	})
}

func TestBootstrapHappensOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		var mu sync.Mutex
		var made []identity.Credentials
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				c, created, err := f.Bootstrap(t.Context(), "default", func(context.Context, identity.Credentials) error { return nil })
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				if created {
					made = append(made, c)
				}
			})
		}
		wg.Wait()
		if len(made) != 1 {
			t.Fatalf("bootstrapped %d times", len(made))
		}
		if _, _, err := f.SignIn(t.Context(), "default", made[0].User, made[0].Password); err != nil {
			t.Error(err)
		}
		actor, err := f.Authenticate(t.Context(), made[0].Token)
		if err != nil {
			t.Fatal(err)
		}
		want(t, f.Authorize(kernel.WithActor(t.Context(), actor), "user.create", tenant()), "")
	})
}
