package factorapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/factor"
	"github.com/terrace-idp/terrace/internal/access/provider"
)

// TestPasskeys adds passkeys in a browser, signs in with them, without a name and after a
// password, and removes them.
func TestPasskeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, laptop, stick := w.browser().secure("ada").at(security, http.StatusOK), w.key(), w.key()
	b.addKey(laptop, "laptop")
	b.codes()
	if facts := w.journal.text(t); !strings.Contains(facts, "factor.added") || strings.Contains(facts, "publicKey") {
		t.Error(facts)
	}
	// It signs in by itself, and says who it is.
	c := w.browser().open("/sign-in").useKey(laptop, "/sign-in/passkey")
	if !strings.Contains(c.Page, "<strong>ada</strong>") || !strings.Contains(c.Page, "Sign out") {
		t.Fatalf("%d %s", c.Status, c.Page)
	}
	c.open(security).at(security, http.StatusOK)
	c.addKey(stick, "stick").at(security, http.StatusOK)
	for _, want := range []string{"laptop", "stick", "last used"} {
		if !strings.Contains(c.Page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	// After a password it is asked for.
	d := w.browser().open("/sign-in").password("ada").at("/sign-in/step/factor", http.StatusOK)
	d.useKey(stick, "/step/factor")
	if !strings.Contains(d.Page, "Sign out") {
		t.Fatalf("%d %s", d.Status, d.Page)
	}
	gone := c.form("/remove") // the first, which is the laptop's
	if c.post(gone).at(security, http.StatusOK); strings.Contains(c.Page, "Remove laptop") {
		t.Error("the passkey stays")
	}
	if e := w.browser().open("/sign-in").useKey(laptop, "/sign-in/passkey"); e.Status != http.StatusUnauthorized {
		t.Errorf("a passkey that was removed: %d", e.Status)
	}
	if w.journal.count("factor.removed") != 1 {
		t.Error("no fact says that it was removed")
	}
}

// TestPasskeyAttacks holds that an answer is for one challenge, browser, origin, person
// and use.
func TestPasskeyAttacks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, hers, synced := w.key(), w.key(), w.key()
	synced.synced = true
	w.browser().secure("ada").addKey(mine, "mine")
	w.browser().secure("eve").addKey(hers, "hers")
	own := w.browser().open("/sign-in").useKey(mine, "/sign-in/passkey")
	own.open(security).addKey(synced, "synced").at(security, http.StatusOK)
	refuses := func(what string, b *browser) {
		t.Helper()
		if b.Status < 400 || strings.Contains(b.Page, "Sign out") {
			t.Errorf("%s: %d at %s", what, b.Status, b.At)
		}
		if b.open("/device"); b.At.Path != "/sign-in" {
			t.Errorf("%s: somebody is signed in", what)
		}
	}

	b := w.browser().open("/sign-in")
	used := b.form("/sign-in/passkey")
	used.Set("passkey", mine.get(t, used.Get("options")))
	thief := w.browser().open("/sign-in")
	stolen := thief.form("/sign-in/passkey")
	stolen.Set("challenge", used.Get("challenge"))
	stolen.Set("passkey", used.Get("passkey"))
	refuses("the challenge of another browser", thief.post(stolen))
	b.post(used)
	if !strings.Contains(b.Page, "Sign out") {
		t.Fatalf("%d %s", b.Status, b.Page)
	}

	// The same answer once more, by somebody with all that the browser sent.
	for name, k := range map[string]*key{"a key that counts": mine, "one that does not": synced} {
		again := w.browser().open("/sign-in")
		first := again.form("/sign-in/passkey")
		first.Set("passkey", k.get(t, first.Get("options")))
		cookie := again.known("")
		if again.post(first); !strings.Contains(again.Page, "Sign out") {
			t.Fatalf("%s: %d %s", name, again.Status, again.Page)
		}
		copied := w.browser().open("/sign-in")
		copied.known(cookie)
		refuses("an answer that was used, of "+name, copied.post(first))
		// That does not shut the key.
		if next := w.browser().open("/sign-in").useKey(k, "/sign-in/passkey"); !strings.Contains(next.Page, "Sign out") {
			t.Errorf("%s: %d %s", name, next.Status, next.Page)
		}
	}

	fresh := func() *browser { return w.browser().open("/sign-in") }
	evil := *mine
	evil.party.Origin = "https://evil.example"
	refuses("another origin", fresh().useKey(&evil, "/sign-in/passkey"))
	evil.party.Origin, evil.party.ID = w.address, "evil.example"
	refuses("another relying party", fresh().useKey(&evil, "/sign-in/passkey"))
	evil.party.ID = "localhost"
	evil.Options.UserNotVerified = true
	refuses("nobody verified", fresh().useKey(&evil, "/sign-in/passkey"))
	evil.Options.UserNotVerified = false
	evil.Options.UserHandle = hers.Options.UserHandle
	refuses("the handle of somebody else", fresh().useKey(&evil, "/sign-in/passkey"))
	evil.Options.UserHandle, evil.Key = mine.Options.UserHandle, hers.Key
	refuses("the key of somebody else", fresh().useKey(&evil, "/sign-in/passkey"))
	refuses("no passkey", fresh().send("/sign-in/passkey", "passkey", "{}"))
	refuses("no challenge", fresh().send("/sign-in/passkey", "passkey", mine.get(t, fresh().form("/sign-in/passkey").Get("options")), "challenge", "AAAA"))
	refuses("a passkey that nobody has", fresh().useKey(w.key(), "/sign-in/passkey"))

	half := fresh().password("ada").at("/sign-in/step/factor", http.StatusOK)
	refuses("eve's passkey for ada", half.useKey(hers, "/step/factor"))
	half = fresh().password("ada")
	open := fresh().form("/sign-in/passkey")
	form := half.form("/step/factor")
	form.Set("challenge", open.Get("challenge"))
	form.Set("passkey", mine.get(t, open.Get("options")))
	refuses("a challenge of another page", half.post(form))

	// A passkey answers a new challenge only, and one for signing in adds none.
	page := w.browser().secure("root")
	add := page.form("/passkeys")
	stale := add.Get("challenge")
	add.Set("passkey", w.key().create(t, add.Get("options")))
	add.Set("challenge", open.Get("challenge"))
	if page.post(add); page.Status < 400 {
		t.Errorf("a challenge for signing in adds a passkey: %d", page.Status)
	}
	other := w.browser().secure("eve").at("/sign-in/step/factor", http.StatusOK)
	other.useKey(hers, "/step/factor")
	theirs := other.open(security).form("/passkeys")
	theirs.Set("challenge", stale)
	theirs.Set("passkey", w.key().create(t, add.Get("options")))
	if other.post(theirs); other.Status < 400 {
		t.Errorf("the challenge of somebody else adds a passkey: %d", other.Status)
	}
	// Of a passkey that verifies nobody none is added.
	weak := w.key()
	weak.Options.UserNotVerified = true
	lax := other.open(security).form("/passkeys")
	lax.Set("passkey", weak.create(t, lax.Get("options")))
	if other.post(lax); other.Status < 400 {
		t.Errorf("a passkey that verifies nobody: %d", other.Status)
	}
	// The same passkey is nobody else's.
	again2 := other.open(security).form("/passkeys")
	again2.Set("passkey", mine.create(t, again2.Get("options")))
	if other.post(again2); other.Status != http.StatusConflict {
		t.Errorf("the passkey of somebody else: %d", other.Status)
	}
}

// TestACopyOfAPasskey is found by its counter.
func TestACopyOfAPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.key()
	w.browser().secure("ada").addKey(k, "stick")
	w.browser().open("/sign-in").useKey(k, "/sign-in/passkey")
	w.browser().open("/sign-in").useKey(k, "/sign-in/passkey")
	k.Counter -= 2 // the copy was made then
	if b := w.browser().open("/sign-in").useKey(k, "/sign-in/passkey"); b.Status != http.StatusUnauthorized || !strings.Contains(b.Page, "copy of it") {
		t.Errorf("%d %s", b.Status, b.Page)
	}
	k.Counter += 10
	if b := w.browser().open("/sign-in").useKey(k, "/sign-in/passkey"); b.Status != http.StatusUnauthorized {
		t.Errorf("it is taken again: %d", b.Status)
	}
	if w.journal.count("factor.refused") != 2 {
		t.Error(w.journal.text(t))
	}
	_, sheet := w.call(w.token("ada", nil), http.MethodGet, "/me/factors", nil)
	if items, _ := sheet["items"].([]any); len(items) != 1 || items[0].(map[string]any)["suspectAt"] == nil {
		t.Errorf("%v", sheet)
	}
}

// TestOptionsTellNobody holds that what a page asks keys for is the same for everybody.
func TestOptionsTellNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.browser().secure("ada").addKey(w.key(), "stick")
	options := func(b *browser) string {
		text := b.form("/sign-in/passkey").Get("options")
		at := strings.Index(text, `"challenge":"`) + len(`"challenge":"`)
		return text[:at] + text[strings.Index(text[at:], `"`)+at:]
	}
	nobody := options(w.browser().open("/sign-in"))
	for _, hint := range []string{"ada", "eve", "nobody"} {
		if got := options(w.browser().open(w.authorization("login_hint", hint))); got != nobody || strings.Contains(got, "allowCredentials") {
			t.Errorf("%s: %s, not %s", hint, got, nobody)
		}
		b := w.browser().open("/sign-in")
		if got := options(b.send("/sign-in", "username", hint, "password", "wrong horse battery")); got != nobody {
			t.Errorf("%s after a wrong password: %s", hint, got)
		}
	}
	if !strings.Contains(nobody, `"userVerification":"required"`) || !strings.Contains(nobody, `"rpId":"localhost"`) {
		t.Error(nobody)
	}
}

// TestPasskeysOfTenants holds that a passkey signs in to its tenant only.
func TestPasskeysOfTenants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.key()
	b := w.browser().open(security)
	b.send("/sign-in", "tenant", "blue", "username", "ada", "password", password).at(security, http.StatusOK)
	b.addKey(k, "stick")
	if c := w.browser().open("/sign-in").useKey(k, "/sign-in/passkey"); !strings.Contains(c.Page, "Sign out") {
		t.Fatalf("%d %s", c.Status, c.Page)
	}
	// The client is one of the tenant default.
	if c := w.browser().open(w.authorization()).useKey(k, "/sign-in/passkey"); c.Status != http.StatusUnauthorized {
		t.Errorf("%d %s", c.Status, c.At)
	}
	if d := w.browser().open("/sign-in").password("ada"); !strings.Contains(d.Page, "Sign out") {
		t.Errorf("the other ada is asked for a passkey: %s", d.Page)
	}
}

// TestPasskeysNeedAName holds that there are none where browsers make none, and that all
// the rest is there.
func TestPasskeysNeedAName(t *testing.T) {
	t.Parallel()
	w := worldAt(t, "127.0.0.1")
	if b := w.browser().open("/sign-in"); strings.Contains(b.Page, "passkey") {
		t.Error(b.Page)
	}
	b := w.browser().secure("ada").at(security, http.StatusOK)
	if !strings.Contains(b.Page, "There are none for 127.0.0.1") {
		t.Error(b.Page)
	}
	app := b.addApp()
	b.codes()
	w.later(time.Minute)
	b = w.browser()
	if b.open(security).password("ada").send("/step/factor", "code", w.code(app)); b.Status != http.StatusOK || b.At.Path != security {
		t.Errorf("%d at %s", b.Status, b.At)
	}
	for name, address := range map[string]string{
		"TLS and a name": "https://terrace.example.com", "this machine by name": "http://localhost:7080", "no TLS": "http://terrace.example.com",
		"an address": "https://10.0.0.1", "one of IPv6": "https://[::1]:7443",
	} {
		if got := factor.New(factor.Config{Address: address}).HasPasskeys(); got != slices.Contains([]string{"TLS and a name", "this machine by name"}, name) {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// TestOldChallengesAreRefused holds that a page that asks for a passkey is good for a while.
func TestOldChallengesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k := w.key()
	w.browser().secure("ada").addKey(k, "stick")
	later := w.browser().open("/sign-in")
	form := later.form("/sign-in/passkey")
	w.later(provider.TicketLife + time.Minute)
	form.Set("passkey", k.get(t, form.Get("options")))
	if later.post(form); later.Status != http.StatusUnprocessableEntity {
		t.Errorf("a page that was open for too long: %d", later.Status)
	}
}
