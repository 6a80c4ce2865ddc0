package providerapi_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/cli"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/signin"
)

// output is what a command writes, which others look at meanwhile.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// machine is where somebody uses the client.
type machine struct {
	w    *world
	home string
	env  map[string]string
}

func (w *world) machine() *machine {
	return &machine{w: w, home: w.t.TempDir(), env: map[string]string{}}
}

func (m *machine) getenv(name string) string {
	if name == "HOME" {
		return m.home
	}
	return m.env[name]
}

func (m *machine) files() signin.Files { return signin.Files{Getenv: m.getenv} }

// start runs the client as somebody at a terminal does.
func (m *machine) start(args ...string) (out, errs *output, code chan int) {
	out, errs, code = &output{}, &output{}, make(chan int, 1)
	e := &command.Env{In: strings.NewReader(""), Out: out, Err: errs, Terminal: true, Getenv: m.getenv, Version: "test", Clock: m.w.now}
	go func() { code <- cli.Main(context.WithoutCancel(m.w.t.Context()), e, args) }()
	return out, errs, code
}

// run runs the client to its end.
func (m *machine) run(want int, args ...string) string {
	m.w.t.Helper()
	out, errs, code := m.start(args...)
	if got := <-code; got != want {
		m.w.t.Fatalf("terrace %s: exit %d\n%s%s", strings.Join(args, " "), got, out, errs)
	}
	return out.String() + errs.String()
}

// said waits until the client has written something that matches.
func said(t *testing.T, o *output, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if found := re.FindStringSubmatch(o.String()); found != nil {
			return found[1]
		}
	}
	t.Fatalf("nothing like %s: %s", pattern, o)
	return ""
}

func (m *machine) kept() signin.Context {
	m.w.t.Helper()
	book, err := m.files().Book()
	if err != nil || len(book.Contexts) != 1 {
		m.w.t.Fatalf("%+v, %v", book, err)
	}
	return book.Contexts[0]
}

// TestLoginByDevice signs the client in without a display, uses it for longer than a
// token lasts, by several processes at once, and signs it out.
func TestLoginByDevice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.machine()
	_, errs, code := m.start("login", w.issuer())
	page := said(t, errs, `(http://\S*/device\?user_code=\S*)`)
	b := w.browser().open(page).signIn("ada").send().send("decision", "allow")
	if got := <-code; got != 0 || !strings.Contains(b.Page, "The device is signed in") {
		t.Fatalf("exit %d: %s\n%s", got, errs, b.Page)
	}
	first := m.kept()
	info, err := os.Stat(m.files().Contexts())
	if err != nil || info.Mode().Perm() != 0o600 || first.Refresh == "" || first.Expires == nil {
		t.Fatalf("%+v, %v", first, info)
	}
	if listed := m.run(0, "context", "list", "--output", "json"); strings.Contains(listed, first.Token) || strings.Contains(listed, first.Refresh) {
		t.Errorf("the list shows a token: %s", listed)
	}
	m.run(0, "token", "list")
	if again := m.kept(); again.Token != first.Token {
		t.Error("a token is renewed that is good")
	}
	w.later(15 * time.Minute)
	codes := make([]chan int, 4)
	for i := range codes {
		_, _, codes[i] = m.start("token", "list")
	}
	for _, c := range codes {
		if got := <-c; got != 0 {
			t.Errorf("exit %d", got)
		}
	}
	renewed := m.kept()
	if renewed.Token == first.Token || renewed.Refresh == first.Refresh {
		t.Error("the token is not renewed")
	}
	m.run(0, "logout")
	if w.whoami(renewed.Token) != http.StatusUnauthorized {
		t.Error("the token holds after the logout")
	}
	if book, err := m.files().Book(); err != nil || len(book.Contexts) != 0 {
		t.Errorf("%+v, %v", book, err)
	}
	if told := m.run(1, "logout"); !strings.Contains(told, "terrace login") {
		t.Error(told)
	}
}

// TestLoginInABrowser signs the client in by a browser of the same machine, with fewer
// scopes than there are.
func TestLoginInABrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.machine()
	opened := filepath.Join(m.home, "opened")
	m.env["BROWSER"] = filepath.Join(m.home, "browser")
	if err := os.WriteFile(m.env["BROWSER"], []byte("#!/bin/sh\necho \"$1\" >"+opened+".new && mv "+opened+".new "+opened+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	begin := func() (string, *output, chan int) {
		_ = os.Remove(opened)
		_, errs, code := m.start("login", w.issuer(), "--browser", "--scopes", "read")
		for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if raw, err := os.ReadFile(opened); err == nil {
				return strings.TrimSpace(string(raw)), errs, code
			}
		}
		t.Fatalf("no browser is opened: %s", errs)
		return "", nil, nil
	}
	address, errs, code := begin()
	b := w.browser().open(address).signIn("ada")
	if !strings.Contains(b.Page, "The command line terrace") {
		t.Fatal(b.Page)
	}
	b.send("decision", "allow")
	back := b.Left
	for _, change := range []string{"state=", "iss="} {
		query := strings.Replace(back.RawQuery, change, change+"x", 1)
		res, err := http.Get("http://" + back.Host + "/callback?" + query)
		if err != nil || res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %v, %v", change, res, err)
		}
	}
	if res, err := http.Get(back.String()); err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	if got := <-code; got != 0 {
		t.Fatalf("exit %d: %s", got, errs)
	}
	if scope := claimsOf(t, m.kept().Token)["scope"]; scope != "openid profile offline_access groups read" {
		t.Errorf("the scope is %q", scope)
	}
	// Somebody who does not allow it is not signed in.
	address, errs, code = begin()
	b.open(address).send("decision", "deny")
	if res, err := http.Get(b.Left.String()); err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	if got := <-code; got == 0 || !strings.Contains(errs.String(), "denied") {
		t.Errorf("exit %d: %s", got, errs)
	}
}

// TestASignInThatEnded has a sign-in end elsewhere: the client says what to do.
func TestASignInThatEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.machine()
	_, errs, code := m.start("login", w.issuer(), "--device")
	w.browser().open(said(t, errs, `(http://\S*/device\?user_code=\S*)`)).signIn("ada").send().send("decision", "allow")
	if got := <-code; got != 0 {
		t.Fatal(errs)
	}
	if _, err := w.users.SetDisabled(w.system(), scope(), "ada", true); err != nil {
		t.Fatal(err)
	}
	w.later(15 * time.Minute)
	if told := m.run(4, "token", "list"); !strings.Contains(told, "terrace login "+w.issuer()) {
		t.Error(told)
	}
}
