package authn_test

import (
	"bufio"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
)

// peer starts oidc-provider, the provider from npm, and returns its issuer.
func peer(t *testing.T, callback, after string) string {
	t.Helper()
	dir := os.Getenv("TERRACE_TEST_PEERS")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "oidc-provider")); err != nil {
		t.Skip("TERRACE_TEST_PEERS names no folder with oidc-provider: make services installs it, with npm")
	}
	script, err := os.ReadFile("testdata/oidc-provider.mjs")
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(dir, "gateway-oidc-provider.mjs") // packages are found beside the script
	if err := os.WriteFile(at, script, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", at, callback, after)
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

// visitor is a browser at the provider.
type visitor struct {
	t    *testing.T
	http *http.Client
	at   *url.URL
	page string
	// left is where the provider sent it, at the gateway.
	left *url.URL
}

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t: t}
	v.http = &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if !strings.HasSuffix(r.URL.Hostname(), ".localhost") {
			return nil
		}
		v.left = r.URL
		return http.ErrUseLastResponse
	}}
	return v
}

func (v *visitor) do(method, address string, values url.Values) {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, address, strings.NewReader(values.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	v.left = nil
	resp, err := v.http.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.at, v.page = resp.Request.URL, string(page)
}

var (
	anyForm  = regexp.MustCompile(`<form[^>]*action="([^"]*)"`)
	anyInput = regexp.MustCompile(`<input[^>]*name="([^"]*)"[^>]*value="([^"]*)"`)
)

// fill sends the page's form.
func (v *visitor) fill(fields ...string) {
	v.t.Helper()
	form := anyForm.FindStringSubmatch(v.page)
	if form == nil {
		v.t.Fatalf("no form at %s: %s", v.at, v.page)
	}
	to, err := v.at.Parse(html.UnescapeString(form[1]))
	if err != nil {
		v.t.Fatal(err)
	}
	values := url.Values{}
	for _, one := range anyInput.FindAllStringSubmatch(v.page, -1) {
		values.Set(one[1], html.UnescapeString(one[2]))
	}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	v.do(http.MethodPost, to.String(), values)
}

// TestOIDCProviderSignsPeopleIn goes the whole way with the provider from npm: in, on with a
// refresh token that holds once, and out.
func TestOIDCProviderSignsPeopleIn(t *testing.T) {
	t.Parallel()
	p := startLogin(t)
	home := p.URL(authntest.Host, "/")
	p.provider.URL = peer(t, home+".terrace/callback", home)
	p.policy(t, authntest.Dev(), `, "scopes": ["profile"]`)
	b, v := p.NewBrowser(t), newVisitor(t)
	v.do(http.MethodGet, b.Go(http.MethodGet, authntest.Host, "/orders").Header.Get("Location"), nil)
	v.fill("login", "ada", "password", "any")
	v.fill() // lets the gateway know it
	if v.left == nil {
		t.Fatalf("the provider does not send back: %s %s", v.at, v.page)
	}
	if a := b.Go(http.MethodGet, authntest.Host, v.left.RequestURI()); a.Header.Get("Location") != home+"orders" {
		t.Fatalf("%d %s", a.StatusCode, a.Body)
	}
	for range 3 {
		if a := b.Go(http.MethodGet, authntest.Host, "/orders"); a.StatusCode != http.StatusOK || a.Seen.Header.Get("X-User") != "ada" || a.Seen.Header.Get("X-Name") != "Ada L." {
			t.Fatalf("signed in: %d %s", a.StatusCode, a.Body)
		}
		p.clock.advance(5 * time.Minute)
		if a := b.Go(http.MethodGet, authntest.Host, "/orders"); a.StatusCode != http.StatusOK || len(a.Header["Set-Cookie"]) == 0 {
			t.Fatalf("renewed: %d %s", a.StatusCode, a.Body)
		}
	}
	v.do(http.MethodGet, b.Go(http.MethodPost, authntest.Host, "/.terrace/logout", "Sec-Fetch-Site", "same-origin").Header.Get("Location"), nil)
	v.fill("logout", "yes")
	if v.left == nil || v.left.String() != home {
		t.Errorf("signing out leads to %v: %s %s", v.left, v.at, v.page)
	}
}
