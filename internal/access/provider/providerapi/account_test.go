package providerapi_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/access/identity"
)

var shownSession = regexp.MustCompile(`(?s)<strong>([^<]*)</strong>.{0,400}?name="session" value="([^"]*)"`)

// shown are the sessions of the page, by what they are called.
func (b *browser) shown() map[string]string {
	of := map[string]string{}
	_, list, _ := strings.Cut(b.Page, "<section")
	for _, m := range shownSession.FindAllStringSubmatch(list, -1) {
		of[m[1]] = m[2]
	}
	return of
}

// TestPeopleSeeAndEndTheirSessionsInABrowser: the other browser is signed out by a form of
// the page, by no other form, and nobody ends what is another's.
func TestPeopleSeeAndEndTheirSessionsInABrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("eve", identity.Viewer)
	const page = "/account/sessions"
	here, other, eve := w.browser().open(page).signIn("ada"), w.browser().open(page).signIn("ada"), w.browser().open(page).signIn("eve")
	here.open(page)
	mine := here.shown()
	if here.Status != http.StatusOK || len(mine) != 2 || mine["This browser"] == "" || mine["A browser"] == "" {
		t.Fatalf("%d %v: %s", here.Status, mine, here.Page)
	}
	_, form := here.form()
	for name, tt := range map[string]struct {
		browser *browser
		values  url.Values
		want    int
	}{
		"a form of nobody": {here, url.Values{"session": {mine["A browser"]}}, http.StatusForbidden},
		"another's":        {here, url.Values{"form": form["form"], "session": {eve.shown()["This browser"]}}, http.StatusNotFound},
		"one that is none": {here, url.Values{"form": form["form"], "session": {"sgn_none"}}, http.StatusNotFound},
	} {
		if tt.browser.post(page+"/end", tt.values); tt.browser.Status != tt.want {
			t.Errorf("%s: %d %s", name, tt.browser.Status, tt.browser.Page)
		}
	}
	here.post(page+"/end", url.Values{"form": form["form"], "session": {mine["A browser"]}})
	if left := here.shown(); here.Status != http.StatusOK || len(left) != 1 || left["This browser"] == "" {
		t.Errorf("%d %v", here.Status, left)
	}
	if other.open(page); other.At.Path != "/sign-in" {
		t.Errorf("the other browser is signed in: %s", other.Page)
	}
	if eve.open(page); eve.At.Path != page {
		t.Errorf("somebody else is signed out: %s", eve.At)
	}
	here.send()
	if here.At.Path != "/sign-in" {
		t.Errorf("this browser is signed in after it ended its own: %s", here.At)
	}
}
