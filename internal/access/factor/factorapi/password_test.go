package factorapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// given makes users with passwords that somebody else has chosen.
func (w *world) given(names ...string) {
	w.t.Helper()
	for _, name := range names {
		n := identity.NewUser{Name: name, Password: password, Role: identity.Developer, Given: true}
		if _, err := w.users.CreateUser(w.system("default"), kernel.Scope{Tenant: "default"}, n); err != nil {
			w.t.Fatal(err)
		}
	}
}

const chosen = "a word of their own"

// TestAGivenPasswordOnlyChoosesAnother has people replace the password that somebody else
// has chosen, at each door that takes one.
func TestAGivenPasswordOnlyChoosesAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.given("bea", "cleo", "dora")
	shut := func(name, word string) {
		t.Helper()
		if status, _ := w.call("", http.MethodPost, "/sessions", body{"username": name, "password": word}); status != http.StatusUnauthorized {
			t.Errorf("%s with %q: %d", name, word, status)
		}
		if got := w.basic(name, word); got != http.StatusUnauthorized {
			t.Errorf("%s with %q, by basic authentication: %d", name, word, got)
		}
	}
	open := func(name string) {
		t.Helper()
		shut(name, password)
		if status, _ := w.call("", http.MethodPost, "/sessions", body{"username": name, "password": chosen}); status != http.StatusCreated || w.basic(name, chosen) != http.StatusOK {
			t.Errorf("%s with their own password: %d", name, status)
		}
	}
	shut("bea", password)

	// In a browser.
	b := w.browser().open("/sign-in").password("bea").at("/sign-in/step/password", http.StatusOK)
	for wrong, words := range map[string][2]string{"are not the same": {chosen, chosen + "!"}, "12 to 256": {"short", "short"}, "is the present one": {password, password}} {
		if b.send("/step/password", "new", words[0], "again", words[1]).at("/sign-in/step/password", http.StatusUnauthorized); !strings.Contains(b.Page, wrong) {
			t.Errorf("%s lacks %q", b.Page, wrong)
		}
	}
	shut("bea", password)
	if b.send("/step/password", "new", chosen, "again", chosen); !strings.Contains(b.Page, "Sign out") {
		t.Fatalf("%d %s", b.Status, b.Page)
	}
	open("bea")

	// Over the API, which takes the new one with the right one alone.
	sign := func(word, next string) int {
		status, _ := w.call("", http.MethodPost, "/sessions", body{"username": "cleo", "password": word, "newPassword": next})
		return status
	}
	got := fmt.Sprint(sign("wrong", chosen), sign(password, password), sign(password, chosen))
	if want := fmt.Sprint(http.StatusUnauthorized, http.StatusUnprocessableEntity, http.StatusCreated); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	open("cleo")

	// At a terminal.
	told := w.terrace(0, "", func(said string) string {
		if strings.Contains(said, "New password") {
			return chosen
		}
		return password
	}, "login", w.address, "--username", "dora")
	if !strings.Contains(told, "Somebody else has chosen your password") {
		t.Error(told)
	}
	open("dora")

	// An admin who resets it knows it again.
	if status, told := w.call(w.token("root", nil), http.MethodPost, "/users/dora/password/reset", body{"password": "of an admin, and long"}); status != http.StatusOK {
		t.Fatal(status, told)
	}
	shut("dora", "of an admin, and long")
}
