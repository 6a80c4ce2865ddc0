package factorapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestCodesAreGoodOnce holds that of an app and of recovery codes each code is taken once.
func TestCodesAreGoodOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser().secure("ada")
	app := b.addApp()
	codes := b.codes()
	try := func(code string) bool {
		t.Helper()
		c := w.browser().open("/sign-in").password("ada").at("/sign-in/step/factor", http.StatusOK)
		return strings.Contains(c.send("/step/factor", "code", code).Page, "Sign out")
	}
	if try(w.code(app)) {
		t.Error("the code that confirmed the app is taken again")
	}
	w.later(step)
	code := w.code(app)
	if !try(code) || try(code) {
		t.Error("a code is not good once")
	}
	// The step before is behind the one that was taken; the next one is ahead of the clock.
	w.later(step)
	missed := w.code(app)
	w.later(step)
	if !try(missed) {
		t.Error("a code of the step before is refused")
	}
	w.later(time.Minute)
	old := w.code(app)
	w.later(2 * time.Minute)
	if try(old) {
		t.Error("a code of long ago is taken")
	}
	if !try(codes[0]) || try(codes[0]) || !try(strings.ReplaceAll(codes[1], "-", " ")) {
		t.Error("a recovery code is not good once")
	}
	c := w.browser().secure("ada").send("/step/factor", "code", codes[2])
	if !strings.Contains(c.Page, "7 are left") {
		t.Fatalf("%d %s", c.Status, c.Page)
	}
	c.send("/recovery-codes")
	if fresh := c.codes(); try(codes[3]) || !try(fresh[3]) {
		t.Error("new codes do not take the place of the old")
	}
	if facts := w.journal.text(t); strings.Contains(facts, app) || strings.Contains(facts, codes[0]) || w.journal.count("factor.code_used") != 4 {
		t.Errorf("facts: %s", facts)
	}
}

// TestAddingAnAppKeepsTheSignIn: its code has just been proven, and is not asked for again.
func TestAddingAnAppKeepsTheSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser().secure("ada")
	app := b.addApp()
	b.codes()
	b.open(security).at(security, http.StatusOK)
	c := w.browser().open("/sign-in").password("ada").at("/sign-in/step/factor", http.StatusOK)
	if c.send("/step/factor", "code", w.code(app)); !strings.Contains(c.Page, "used already") {
		t.Errorf("it is not said why the code is not taken: %s", c.Page)
	}
}

// TestGuessingCodesIsSlow locks who guesses, whatever browser and password they come with,
// and whatever process answers.
func TestGuessingCodesIsSlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app, codes := w.grown("ada")
	statuses := map[int]int{}
	for i := range 8 {
		b := w.browser().open("/sign-in").password("ada")
		statuses[b.send("/step/factor", "code", fmt.Sprintf("%06d", i)).Status]++
	}
	if statuses[http.StatusUnauthorized] != 5 || statuses[http.StatusTooManyRequests] != 3 {
		t.Errorf("%v", statuses)
	}
	b := w.browser().open("/sign-in").password("ada")
	if b.send("/step/factor", "code", w.code(app)); b.Status != http.StatusTooManyRequests {
		t.Errorf("the right code while locked: %d", b.Status)
	}
	if b.send("/step/factor", "code", codes[0]); b.Status != http.StatusTooManyRequests {
		t.Errorf("a recovery code while locked: %d", b.Status)
	}
	w.later(30 * time.Minute)
	b = w.browser().open("/sign-in").password("ada")
	if b.send("/step/factor", "code", "000000"); b.Status != http.StatusUnauthorized {
		t.Errorf("after a pause: %d", b.Status)
	}
	if b.send("/step/factor", "code", w.code(app)); b.Status != http.StatusTooManyRequests {
		t.Errorf("time forgives wrong codes: %d", b.Status)
	}
	w.later(10 * time.Minute)
	b = w.browser().open("/sign-in").password("ada")
	if b.send("/step/factor", "code", w.code(app)); !strings.Contains(b.Page, "Sign out") {
		t.Errorf("the right code after a pause: %d %s", b.Status, b.Page)
	}
}

// TestOneCodeAtTheSameTime has many try one code at once: one gets in.
func TestOneCodeAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app, _ := w.grown("ada")
	code := w.code(app)
	browsers := make([]*browser, 6)
	for i := range browsers {
		browsers[i] = w.browser().open("/sign-in").password("ada")
	}
	var group sync.WaitGroup
	for _, b := range browsers {
		group.Go(func() { b.send("/step/factor", "code", code) })
	}
	group.Wait()
	in := 0
	for _, b := range browsers {
		if strings.Contains(b.Page, "Sign out") {
			in++
		}
	}
	if in != 1 {
		t.Errorf("%d are signed in by one code", in)
	}
}
