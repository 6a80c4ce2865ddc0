package app

import (
	"bufio"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/access/upstream"
)

// peer starts oidc-provider, the provider from npm.
func peer(t *testing.T, terrace string) (issuer string) {
	t.Helper()
	dir := os.Getenv("TERRACE_TEST_PEERS")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "oidc-provider")); err != nil {
		t.Skip("TERRACE_TEST_PEERS names no folder with oidc-provider: make services installs it, with npm")
	}
	script, err := os.ReadFile("testdata/oidc-provider.mjs")
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(dir, "terrace-oidc-provider.mjs") // packages are found beside the script
	if err := os.WriteFile(at, script, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", at, terrace)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "http://") {
			return lines.Text()
		}
	}
	t.Fatal("oidc-provider says nothing")
	return ""
}

var (
	anyForm  = regexp.MustCompile(`<form[^>]*action="([^"]*)"`)
	anyInput = regexp.MustCompile(`<input[^>]*name="([^"]*)"[^>]*value="([^"]*)"`)
)

// fill sends the form of a page of the other provider.
func (p *person) fill(fields ...string) *person {
	p.w.t.Helper()
	found := anyForm.FindStringSubmatch(p.Page)
	if found == nil {
		p.w.t.Fatalf("no form in the page at %s, %d: %s", p.At, p.Status, p.Page)
	}
	to, err := p.At.Parse(html.UnescapeString(found[1]))
	if err != nil {
		p.w.t.Fatal(err)
	}
	values := url.Values{}
	for _, one := range anyInput.FindAllStringSubmatch(p.Page, -1) {
		values.Set(one[1], html.UnescapeString(one[2]))
	}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	r, err := http.NewRequestWithContext(p.w.t.Context(), http.MethodPost, to.String(), strings.NewReader(values.Encode()))
	if err != nil {
		p.w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.do(r)
}

// TestOIDCProviderSignsPeopleIn drives a browser through the provider from npm: it signs
// in, is checked, and signs people out in both directions.
func TestOIDCProviderSignsPeopleIn(t *testing.T) {
	t.Parallel()
	w := newRelying(t)
	w.runs.Store(true)
	issuer := peer(t, w.web.URL+"/sign-in/with/acme/corp")
	w.add("acme", &elsewhere{Server: &httptest.Server{URL: issuer}}, func(n *upstream.NewUpstream) { n.UserInfo, n.SignOut = true, true })
	w.rules("acme", "rules: [{name: dev, when: [{claim: groups, contains: dev}], role: developer, project: shop}]")
	ctx, scope := w.as("acme", "root")
	found, err := w.upstreams.Check(ctx, scope, "corp")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.Outcome != upstream.Fine {
			t.Errorf("%+v", f)
		}
	}
	verifier := oauth2.GenerateVerifier()
	p := w.person().open(w.authorization(verifier)).button()
	p.fill("login", "ada", "password", "any").fill()
	if !strings.Contains(p.Page, "Allow access?") {
		t.Fatalf("%d at %s: %s", p.Status, p.At, p.Page)
	}
	p.send("decision", "allow")
	config := oauth2.Config{ClientID: "terrace-cli", RedirectURL: "http://127.0.0.1:1/callback", Endpoint: oauth2.Endpoint{TokenURL: w.web.URL + "/oauth2/token", AuthStyle: oauth2.AuthStyleInParams}}
	token, err := config.Exchange(t.Context(), p.Left.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	if got := w.whoami(token.AccessToken); got != "acme/ada" {
		t.Errorf("signed in as %q", got)
	}
	if got := w.has("acme", "ada"); got != "developer of project shop" {
		t.Errorf("has %s", got)
	}
	// A second browser of ada, which signs out at the provider: it tells Terrace.
	other := w.person().open(w.authorization(oauth2.GenerateVerifier())).button()
	other.fill("login", "ada", "password", "any").fill()
	if other.At.Path != "/oauth2/continue" {
		t.Fatalf("%d at %s: %s", other.Status, other.At, other.Page)
	}
	if other.open(issuer+"/session/end").fill("logout", "yes"); other.Status != http.StatusOK {
		t.Errorf("%d at %s: %s", other.Status, other.At, other.Page)
	}
	if other.open("/sign-in/links"); other.At.Path != "/sign-in" {
		t.Errorf("signed out at the provider, the browser is at %s", other.At)
	}
	if got := w.whoami(token.AccessToken); got != "acme/ada" {
		t.Errorf("the other browser's token stands for %q", got)
	}
	// Signing out at Terrace leads to the provider, and back.
	if p.open("/sign-in").send(); !strings.HasPrefix(p.At.String(), issuer+"/session/end") {
		t.Fatalf("%d at %s: %s", p.Status, p.At, p.Page)
	}
	if p.fill("logout", "yes"); p.At.Path != "/sign-in/with/acme/corp/signed-out" || !strings.Contains(p.Page, "You are signed out") {
		t.Errorf("%d at %s: %s", p.Status, p.At, p.Page)
	}
	if got := w.whoami(token.AccessToken); got != "" {
		t.Errorf("after signing out the token stands for %q", got)
	}
}
