package app

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/access/provider"
)

// person is a browser that somebody uses: it keeps cookies, and follows links within
// Terrace and elsewhere.
type person struct {
	w    *relying
	http *http.Client
	// Status, Page and At are what it shows; Left is where it was sent outside.
	Status int
	Page   string
	At     *url.URL
	Left   *url.URL
	// Stop keeps it from following to addresses with this in their path.
	Stop string
}

func (w *relying) person() *person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	p := &person{w: w}
	p.http = &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if p.leaves(r.URL) {
			p.Left = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	return p
}

// leaves reports whether the browser does not follow to an address.
func (p *person) leaves(to *url.URL) bool {
	return to.Port() == "1" || p.Stop != "" && strings.Contains(to.Path, p.Stop)
}

func (p *person) do(r *http.Request) *person {
	p.w.t.Helper()
	p.Left = nil
	res, err := p.http.Do(r)
	if err != nil {
		p.w.t.Fatal(err)
	}
	page, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		p.w.t.Fatal(err)
	}
	p.Status, p.Page, p.At = res.StatusCode, string(page), res.Request.URL
	if next := refresh.FindStringSubmatch(p.Page); next != nil {
		to, err := url.Parse(html.UnescapeString(next[1]))
		if err != nil {
			p.w.t.Fatal(err)
		}
		if p.leaves(to) {
			p.Left = to
			return p
		}
		return p.open(to.String())
	}
	return p
}

func (p *person) open(address string) *person {
	p.w.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = p.w.web.URL + address
	}
	r, err := http.NewRequestWithContext(p.w.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		p.w.t.Fatal(err)
	}
	return p.do(r)
}

var (
	refresh     = regexp.MustCompile(`<meta http-equiv="refresh" content="0;url=([^"]*)"`)
	hiddenInput = regexp.MustCompile(`<input[^>]* name="([^"]*)" value="([^"]*)"`)
	formAction  = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
	buttonLink  = regexp.MustCompile(`<a class="button quiet" href="([^"]*)">Sign in with ([^<]*)</a>`)
)

// send fills the form of the page in, and sends it.
func (p *person) send(fields ...string) *person {
	p.w.t.Helper()
	found := formAction.FindStringSubmatch(p.Page)
	if found == nil {
		p.w.t.Fatalf("no form in the page at %s, %d: %s", p.At, p.Status, p.Page)
	}
	return p.sendTo(found[1], fields...)
}

func (p *person) sendTo(to string, fields ...string) *person {
	p.w.t.Helper()
	values := url.Values{}
	for _, one := range hiddenInput.FindAllStringSubmatch(p.Page, -1) {
		values.Set(one[1], html.UnescapeString(one[2]))
	}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	r, err := http.NewRequestWithContext(p.w.t.Context(), http.MethodPost, p.w.web.URL+to, strings.NewReader(values.Encode()))
	if err != nil {
		p.w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", p.w.web.URL)
	return p.do(r)
}

// button presses the button of another provider.
func (p *person) button() *person {
	p.w.t.Helper()
	found := buttonLink.FindStringSubmatch(p.Page)
	if found == nil {
		p.w.t.Fatalf("no button in the page at %s, %d: %s", p.At, p.Status, p.Page)
	}
	return p.open(html.UnescapeString(found[1]))
}

// authorization is the address where the command line has people sign in.
func (w *relying) authorization(verifier string, more ...string) string {
	query := url.Values{
		"client_id": {provider.CLI}, "redirect_uri": {"http://127.0.0.1:1/callback"}, "response_type": {"code"}, "state": {"state-12345678"},
		"scope": {"openid offline_access read groups"}, "code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(more); i += 2 {
		query.Set(more[i], more[i+1])
	}
	return w.web.URL + "/oauth2/authorize?" + query.Encode()
}

// login does what terrace login does, with the button of the other provider.
func (p *person) login(more ...string) *oauth2.Token {
	p.w.t.Helper()
	token, err := p.allowed(more...)()
	if err != nil {
		p.w.t.Fatal(err)
	}
	return token
}

// allowed is login up to the code, which the command line then exchanges.
func (p *person) allowed(more ...string) (exchange func() (*oauth2.Token, error)) {
	p.w.t.Helper()
	verifier := oauth2.GenerateVerifier()
	p.open(p.w.authorization(verifier, more...)).button()
	if p.Left == nil {
		p.send("decision", "allow")
	}
	if p.Left == nil {
		p.w.t.Fatalf("the browser was not sent back: %d at %s: %s", p.Status, p.At, p.Page)
	}
	config := oauth2.Config{ClientID: provider.CLI, RedirectURL: "http://127.0.0.1:1/callback", Endpoint: oauth2.Endpoint{TokenURL: p.w.web.URL + "/oauth2/token", AuthStyle: oauth2.AuthStyleInParams}}
	code := p.Left.Query().Get("code")
	return func() (*oauth2.Token, error) {
		return config.Exchange(p.w.t.Context(), code, oauth2.VerifierOption(verifier))
	}
}

// refused tries to sign in, and returns what the page says.
func (p *person) refused() string {
	p.w.t.Helper()
	p.open(p.w.authorization(oauth2.GenerateVerifier())).button()
	if p.Left != nil || strings.Contains(p.Page, "Allow access?") || p.Status < 400 {
		p.w.t.Fatalf("the browser was let in: %d at %s: %s", p.Status, p.At, p.Page)
	}
	return html.UnescapeString(p.Page)
}
