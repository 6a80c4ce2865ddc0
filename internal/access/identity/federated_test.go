package identity_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestWhatASourceGivesEndsAlone: roles that a source gives are beside those of people, end
// without them, and make nobody the last admin.
func TestWhatASourceGivesEndsAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		f.user(t, "root", identity.Admin)
		u, err := f.Federate(system(t.Context()), "default", "Ada.L@Example.com", false)
		if err != nil || u.Name != "ada.l" {
			t.Fatal(u, err)
		}
		admin, shop := identity.Given{Role: identity.Admin}, identity.Given{Role: identity.Developer, Project: "shop", Stage: "dev"}
		gone := identity.Given{Role: identity.Viewer, Project: "nowhere"}
		sync := func(given ...identity.Given) []identity.Given {
			t.Helper()
			lost, err := f.SyncGrants(system(t.Context()), "default", u.ID, "corp", given)
			if err != nil {
				t.Fatal(err)
			}
			return lost
		}
		if lost := sync(admin, shop, shop, gone); len(lost) != 1 || lost[0] != gone {
			t.Errorf("lost %v", lost)
		}
		hand := f.grant(t, "", "ada.l", identity.Admin)
		if n := f.journal.count("access.granted"); n != 4 { // root, two of the source, one by hand
			t.Errorf("%d grants are recorded", n)
		}
		sync(admin, shop) // the same again changes nothing
		if n := f.journal.count("access.granted"); n != 4 {
			t.Errorf("%d grants are recorded", n)
		}
		list := func() string {
			t.Helper()
			page, err := f.Grants(system(t.Context()), tenant(), identity.GrantFilter{Subject: person("ada.l")}, kernel.PageRequest{})
			if err != nil {
				t.Fatal(err)
			}
			var words []string
			for _, g := range page.Items {
				words = append(words, string(g.Role)+"/"+g.Source)
			}
			return strings.Join(words, " ")
		}
		if got := list(); got != "admin/corp developer/corp admin/" {
			t.Errorf("they have %s", got)
		}
		f.take(t, hand)
		// An admin by a source alone does not let the last one go.
		if err := f.RevokeAll(t, "root"); !kernel.Is(err, kernel.Refused) {
			t.Errorf("the last admin but one by a source: %v", err)
		}
		sync(shop)
		if got := list(); got != "developer/corp" {
			t.Errorf("they have %s", got)
		}
		if err := f.DropSource(system(t.Context()), "default", "corp"); err != nil {
			t.Fatal(err)
		}
		if got := list(); got != "" {
			t.Errorf("they have %s", got)
		}
	})
}

// RevokeAll takes the roles of a user.
func (f fixture) RevokeAll(t *testing.T, name string) error {
	t.Helper()
	page, err := f.Grants(system(t.Context()), tenant(), identity.GrantFilter{Subject: person(name)}, kernel.PageRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range page.Items {
		if _, err := f.Revoke(system(t.Context()), tenant(), g.ID, ""); err != nil {
			return err
		}
	}
	return nil
}

// TestNamesFromElsewhere are possible here, and nobody else's.
func TestNamesFromElsewhere(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	for said, want := range map[string]string{
		"ada@example.com": "ada", "Grace Hopper": "grace-hopper", "": "user", "@": "user", "../../etc": "etc", "-_.": "user", "Łukasz": "ukasz", "админ": "user",
		strings.Repeat("a", 300): strings.Repeat("a", 60), " x ": "x", "a\x00b": "a-b",
	} {
		if got := identity.NameOf(said); got != want {
			t.Errorf("%q is %q, want %q", said, got, want)
		}
	}
	seen := map[string]bool{}
	for range 25 {
		u, err := f.Federate(system(t.Context()), "default", "ada", false)
		if err != nil || seen[u.Name] || !strings.HasPrefix(u.Name, "ada") {
			t.Fatalf("%q %v", u.Name, err)
		}
		seen[u.Name] = true
	}
	if !seen["ada"] || !seen["ada-2"] {
		t.Errorf("the names are %v", seen)
	}
}
