package harness

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// Browser is that of somebody who signs in: it has cookies, follows the daemon, and fills
// forms in.
type Browser struct {
	// Page is what it shows, and At where that is from.
	Page string
	At   *url.URL
	// Left is where it was sent outside of the daemon, by the last request.
	Left *url.URL

	t    testing.TB
	http *http.Client
}

// NewBrowser is a browser without cookies.
func NewBrowser(t testing.TB) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &Browser{t: t}
	b.http = &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, before []*http.Request) error {
		if r.URL.Host == before[0].URL.Host {
			return nil
		}
		b.Left = r.URL
		return http.ErrUseLastResponse
	}}
	return b
}

// Cookies are those that it has for where it is.
func (b *Browser) Cookies() []*http.Cookie { return b.http.Jar.Cookies(b.At) }

// Open shows an address.
func (b *Browser) Open(address string) {
	b.t.Helper()
	b.do(http.MethodGet, address, nil)
}

// Send fills the page's form in, with names and values by turns, and sends it.
func (b *Browser) Send(fields ...string) {
	b.t.Helper()
	to := regexp.MustCompile(`<form method="post" action="([^"]*)"`).FindStringSubmatch(b.Page)
	if to == nil {
		b.t.Fatalf("no form at %s: %s", b.At, b.Page)
	}
	form := url.Values{}
	for _, one := range regexp.MustCompile(`<input[^>]* name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(b.Page, -1) {
		form.Set(one[1], html.UnescapeString(one[2]))
	}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	b.do(http.MethodPost, b.At.ResolveReference(&url.URL{Path: to[1]}).String(), form)
}

func (b *Browser) do(method, address string, form url.Values) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	b.Left = nil
	answer, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Page, b.At = string(page), answer.Request.URL
	if next := onward.FindStringSubmatch(b.Page); next != nil { // after a form it leaves from a page
		if b.Left, err = url.Parse(html.UnescapeString(next[1])); err != nil {
			b.t.Fatal(err)
		}
	}
}

// onward is a page that sends the browser on by itself.
var onward = regexp.MustCompile(`<meta http-equiv="refresh" content="0;url=([^"]*)"`)
