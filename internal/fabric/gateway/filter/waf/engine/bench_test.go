package engine_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/engine"
)

// request is what a client sends, as the rules are given it.
type request struct {
	method, target, version string
	headers                 [][2]string
	body                    string
}

func browser(more ...[2]string) [][2]string {
	return append([][2]string{
		{"Host", "shop.example"},
		{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36"},
		{"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
	}, more...)
}

// requests are those that the bounds are about.
func requests() map[string]request {
	words := strings.Repeat("The quick brown fox jumps over the lazy dog and orders twelve blue chairs. ", 140)[:10<<10]
	form := "name=Grace+Hopper&street=Harbour+Lane+12&city=Arlington&country=US&note=please+ring+the+bell+twice&quantity=12&article=blue-chair&express=true&gift=no"
	return map[string]request{
		"get": {"GET", "/orders?customer=4711&sort=created_at&page=12", "HTTP/1.1", browser(), ""},
		"post": {
			"POST", "/orders", "HTTP/1.1",
			browser([2]string{"Content-Type", "application/x-www-form-urlencoded"}, [2]string{"Content-Length", "149"}), form,
		},
		"json": {
			"POST", "/notes", "HTTP/1.1",
			browser([2]string{"Content-Type", "application/json"}, [2]string{"Content-Length", "10253"}), `{"text":"` + words + `"}`,
		},
	}
}

// judge gives an engine a request and returns what it found.
func judge(t testing.TB, e *engine.Engine, r request) *engine.Transaction {
	t.Helper()
	tx := e.Begin("0123456789abcdef")
	tx.ProcessConnection("192.0.2.7", 40000, "192.0.2.1", 443)
	tx.ProcessURI(r.target, r.method, r.version)
	for _, h := range r.headers {
		tx.AddRequestHeader(h[0], h[1])
		if strings.EqualFold(h[0], "host") {
			tx.SetServerName(h[1])
		}
	}
	if tx.ProcessRequestHeaders() != nil {
		return tx
	}
	if r.body != "" {
		if _, _, err := tx.WriteRequestBody([]byte(r.body)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tx.ProcessRequestBody(); err != nil {
		t.Fatal(err)
	}
	return tx
}

func config() engine.Config {
	return engine.Config{
		Paranoia: 1, Inbound: 5, Outbound: 4, BodyLimit: 128 << 10, Methods: []string{"GET", "HEAD", "POST", "OPTIONS"},
	}
}

func compiled(t testing.TB, c engine.Config) *engine.Engine {
	t.Helper()
	e, err := engine.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
