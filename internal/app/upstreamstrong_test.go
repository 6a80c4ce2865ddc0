package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/access/upstream"
)

// TestTwoFactorsElsewhere are believed where the other provider says that there were two, as an
// admin has said what it says.
func TestTwoFactorsElsewhere(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	w.add("acme", e)
	p := w.person()
	p.login() // with one factor
	strong := w.authorization(oauth2.GenerateVerifier(), "acr_values", "2")
	if p.open(strong); p.Left != nil || !strings.Contains(p.Page, "Sign in with") {
		t.Fatalf("one factor is taken for two: %s", p.Page)
	}
	if p.button(); p.Left == nil || p.Left.Query().Get("error") != "unmet_authentication_requirements" {
		t.Fatalf("one factor is taken for two: %v, %s", p.Left, p.Page)
	}
	if e.last.Get("acr_values") != "" {
		t.Errorf("it is asked for a class of which nobody knows: %s", e.last)
	}
	e.set(func(e *elsewhere) { e.claims["amr"] = []string{"pwd", "mfa"} })
	said := idTokenOf(t, w.person().login("acr_values", "2"))
	if fmt.Sprint(said["amr"]) != "[fed mfa]" || said["acr"] != "2" {
		t.Errorf("it says %v, %v", said["amr"], said["acr"])
	}
	ctx, scope := w.as("acme", "root")
	set := func(words ...string) error {
		_, err := w.upstreams.Change(ctx, scope, "corp", upstream.Change{Settings: func(s *upstream.Settings) { s.TwoFactors = words }})
		return err
	}
	if err := set("mfa"); err == nil {
		t.Error("a word without a claim is taken")
	}
	if err := set("acr=gold"); err != nil {
		t.Fatal(err)
	}
	if p = w.person().open(strong).button(); p.Left == nil || p.Left.Query().Get("error") == "" {
		t.Errorf("what no longer says so is believed: %s", p.Page)
	}
	if e.last.Get("acr_values") != "gold" {
		t.Errorf("it is not asked for two factors: %s", e.last)
	}
	e.set(func(e *elsewhere) { e.claims["acr"] = "gold" })
	if said := idTokenOf(t, w.person().login("acr_values", "2")); said["acr"] != "2" {
		t.Errorf("it says %v", said["acr"])
	}
}

// TestNamesThatOnlyUserinfoSays are asked for there, and nothing else is believed of it.
func TestNamesThatOnlyUserinfoSays(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, map[string]any{"sub": "4711"})
	w.add("acme", e)
	w.group("acme", "ops")
	w.rules("acme", "rules: [{name: team, when: [{claim: role, equals: ops}], group: ops}]")
	broken, other := false, "4711"
	e.set(func(e *elsewhere) {
		e.page = func(out http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/userinfo" {
				return false
			}
			if broken {
				out.WriteHeader(http.StatusInternalServerError)
				return true
			}
			_ = json.NewEncoder(out).Encode(map[string]any{"sub": other, "preferred_username": "ada", "role": "ops"})
			return true
		}
	})
	if got := w.whoami(w.person().login().AccessToken); got != "acme/ada" {
		t.Errorf("signed in as %q", got)
	}
	if got := w.has("acme", "ada"); got != "" {
		t.Errorf("has %s by what nobody has asked for", got)
	}
	e.set(func(*elsewhere) { broken = true })
	if got := w.whoami(w.person().login().AccessToken); got != "acme/ada" {
		t.Errorf("without it, signed in as %q", got)
	}
	e.set(func(*elsewhere) { broken, other = false, "4712" })
	if page := w.person().refused(); !strings.Contains(page, "two different things") {
		t.Error(page)
	}
}

// TestVisitorsAreNotToldAddresses of a provider that does not answer: they may be within.
func TestVisitorsAreNotToldAddresses(t *testing.T) {
	t.Parallel()
	w, e := newRelying(t), newElsewhere(t, ada())
	w.add("acme", e)
	e.Close()
	if page := w.person().refused(); strings.Contains(page, "dial") || strings.Contains(page, strings.TrimPrefix(e.URL, "http://")) || !strings.Contains(page, "cannot be used at present") {
		t.Error(page)
	}
}
