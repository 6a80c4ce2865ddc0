// Package providertest has tests use the provider's pages as people do: with a browser that
// keeps cookies and fills forms in, and with a real one.
//
// It owns the browsers of tests. It starts no provider and knows nobody who signs in.
package providertest

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

// Browser is one that a person uses: it keeps cookies, follows links within Terrace, and
// tells where it was sent in the end.
type Browser struct {
	T testing.TB
	// Address is that of Terrace.
	Address string
	// Jar has the cookies.
	Jar http.CookieJar
	// Leaves reports whether an address is not followed; nil follows those of Terrace alone.
	Leaves func(to *url.URL) bool
	// Status, Head, Page and At are what it shows; Left is where it was sent outside.
	Status int
	Head   http.Header
	Page   string
	At     *url.URL
	Left   *url.URL

	http *http.Client
}

// NewBrowser returns one that is not signed in.
func NewBrowser(t testing.TB, address string) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &Browser{T: t, Address: address, Jar: jar}
	b.http = &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if !b.leaves(r.URL) {
			return nil
		}
		b.Left = r.URL
		return http.ErrUseLastResponse
	}}
	return b
}

// onward is a page that sends the browser on by itself.
var onward = regexp.MustCompile(`<meta http-equiv="refresh" content="0;url=([^"]*)"`)

// Do sends a request and shows the answer.
func (b *Browser) Do(r *http.Request) {
	b.T.Helper()
	b.Left = nil
	res, err := b.http.Do(r)
	if err != nil {
		b.T.Fatal(err)
	}
	page, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		b.T.Fatal(err)
	}
	b.Status, b.Head, b.Page, b.At = res.StatusCode, res.Header, string(page), res.Request.URL
	next := onward.FindStringSubmatch(b.Page)
	if next == nil {
		return
	}
	to, err := url.Parse(html.UnescapeString(next[1]))
	switch {
	case err != nil:
		b.T.Fatal(err)
	case b.leaves(to):
		b.Left = to
	default:
		b.Open(to.String())
	}
}

func (b *Browser) leaves(to *url.URL) bool {
	if b.Leaves != nil {
		return b.Leaves(to)
	}
	return to.IsAbs() && !strings.HasPrefix(to.String(), b.Address)
}

// Open shows a page: of an address, or at a path of Terrace.
func (b *Browser) Open(address string) {
	b.T.Helper()
	r, err := http.NewRequestWithContext(b.T.Context(), http.MethodGet, b.in(address), nil)
	if err != nil {
		b.T.Fatal(err)
	}
	b.Do(r)
}

func (b *Browser) in(address string) string {
	if strings.HasPrefix(address, "/") {
		return b.Address + address
	}
	return address
}

var (
	forms  = regexp.MustCompile(`(?s)<form method="post" action="([^"]*)"(.*?)</form>`)
	fields = regexp.MustCompile(`<input[^>]* name="([^"]*)" value="([^"]*)"`)
	asks   = regexp.MustCompile(`data-passkey="([a-z]*)" data-options="([^"]*)"`)
)

// Form is one of a page.
type Form struct {
	// To is where it is sent, and Values are what is in it.
	To     string
	Values url.Values
	// Options are what it asks a passkey, "" for nothing.
	Options string
}

// Form returns the first form of the page whose address ends with a text.
func (b *Browser) Form(to string) Form {
	b.T.Helper()
	for _, found := range forms.FindAllStringSubmatch(b.Page, -1) {
		f := Form{To: html.UnescapeString(found[1]), Values: url.Values{}}
		if !strings.HasSuffix(f.To, to) {
			continue
		}
		for _, one := range fields.FindAllStringSubmatch(found[2], -1) {
			f.Values.Set(one[1], html.UnescapeString(one[2]))
		}
		if asked := asks.FindStringSubmatch(found[2]); asked != nil {
			f.Options = html.UnescapeString(asked[2])
		}
		return f
	}
	b.T.Fatalf("no form to %q in the page at %s, %d: %s", to, b.At, b.Status, b.Page)
	return Form{}
}

// Send fills the first form whose address ends with a text in, a name and a value after
// another, and sends it.
func (b *Browser) Send(to string, more ...string) {
	b.T.Helper()
	f := b.Form(to)
	for i := 0; i < len(more); i += 2 {
		f.Values.Set(more[i], more[i+1])
	}
	b.Post(f.To, f.Values)
}

// Post sends a form as a page of Terrace does, with more of the head after another.
func (b *Browser) Post(to string, values url.Values, head ...string) {
	b.T.Helper()
	r, err := http.NewRequestWithContext(b.T.Context(), http.MethodPost, b.in(to), strings.NewReader(values.Encode()))
	if err != nil {
		b.T.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", b.Address)
	for i := 0; i < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	b.Do(r)
}
