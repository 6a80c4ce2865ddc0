package exchange_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// read makes an exchange of a head as it stands on the wire.
func read(t *testing.T, head string) (*exchange.Exchange, bool) {
	t.Helper()
	var req fasthttp.Request
	if err := req.Header.Read(bufio.NewReader(strings.NewReader(head))); err != nil {
		refused := &exchange.Exchange{Response: &fasthttp.Response{}}
		refused.Refuse("gateway", fasthttp.StatusBadRequest, err.Error(), "", "")
		refused.Response.SetConnectionClose()
		return refused, false
	}
	return exchange.New(&req, &fasthttp.Response{}, exchange.Connection{
		Context: context.Background(), Proto: 1, Body: exchange.NewBody(nil, 0),
	})
}

func TestPathsHaveOneMeaning(t *testing.T) {
	t.Parallel()
	cases := []struct{ target, path, wire string }{
		{"/", "/", "/"},
		{"/a/b?x=/../y", "/a/b", "/a/b?x=/../y"},
		{"/a?", "/a", "/a?"},
		{"/a/", "/a/", "/a/"},
		{"/a/./b/../c", "/a/c", "/a/c"},
		{"/a/..", "/", "/"},
		{"/a/b/..", "/a/", "/a/"},
		{"/../../etc", "/etc", "/etc"},
		{"//a///b", "/a/b", "/a/b"},
		{"/a/%2e%2e/b", "/b", "/b"},
		{"/a/.%2E/b%20c", "/b c", "/b%20c"},
		{"/%61dmin", "/admin", "/%61dmin"},
		{"/caf%C3%A9", "/café", "/caf%C3%A9"},
		{"/group%2Fproject", "/group%2Fproject", "/group%2Fproject"},
		{"/group%2fproject", "/group%2Fproject", "/group%2fproject"},
		{"/100%25", "/100%25", "/100%25"},
		{"/a;v=1/b", "/a;v=1/b", "/a;v=1/b"},
		{"http://shop.example/a?b", "/a", "/a?b"},
		{"https://SHOP.example?b", "/", "/?b"},
		{"/a%2f..%2fadmin", "", ""},
		{"/a/..%5cadmin", "", ""},
		{`/a/..\admin`, "", ""},
		{"/a%00", "", ""},
		{"/a%0d%0ab", "", ""},
		{"/a%", "", ""},
		{"/a%zz", "", ""},
		{"/a%c", "", ""},
		{"http://other.example/a", "", ""},
		{"http://user@shop.example/a", "", ""},
		{"ftp://shop.example/a", "", ""},
		{"a/b", "", ""},
		{"*", "", ""},
	}
	for _, c := range cases {
		x, ok := read(t, "GET "+c.target+" HTTP/1.1\r\nHost: shop.example\r\n\r\n")
		if ok != (c.path != "") || x.Path != c.path || ok && x.Target != c.wire {
			t.Errorf("%s: %v, path %q, on the wire %q; want %q and %q", c.target, ok, x.Path, x.Target, c.path, c.wire)
		}
		if !ok && (x.Response.StatusCode() != fasthttp.StatusBadRequest || !x.Response.ConnectionClose()) {
			t.Errorf("%s: %d, and the connection stays", c.target, x.Response.StatusCode())
		}
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	cases := []struct{ host, want string }{
		{"shop.example", "shop.example"},
		{"SHOP.Example.", "shop.example"},
		{"shop.example:8443", "shop.example"},
		{"[::1]:80", "[::1]"},
		{"", ""},
		{":80", ""},
		{"a..b", ""},
		{".a", ""},
		{"shop.example/x", ""},
		{"user@shop.example", ""},
		{"shop.example, other.example", ""},
	}
	for _, c := range cases {
		x, ok := read(t, "GET / HTTP/1.1\r\nHost: "+c.host+"\r\n\r\n")
		if ok != (c.want != "") || ok && x.Host != c.want {
			t.Errorf("%q: %v, %q, want %q", c.host, ok, x.Host, c.want)
		}
	}
}

func TestLengthsInTwoWaysAreRefused(t *testing.T) {
	t.Parallel()
	for _, headers := range []string{
		"Content-Length: 3\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\ncontent-length: 3",
	} {
		x, ok := read(t, "POST / HTTP/1.1\r\nHost: a\r\n"+headers+"\r\n\r\n")
		if ok || x.Response.StatusCode() != fasthttp.StatusBadRequest {
			t.Errorf("%q: %v, %d", headers, ok, x.Response.StatusCode())
		}
	}
}

func TestBody(t *testing.T) {
	t.Parallel()
	body := func() *exchange.Body { return exchange.NewBody(strings.NewReader("0123456789"), -1) }
	b := body()
	if head, whole, err := b.Peek(4); string(head) != "0123" || whole || err != nil {
		t.Errorf("a peek: %s %v %v", head, whole, err)
	}
	if head, whole, err := b.Peek(20); string(head) != "0123456789" || !whole || err != nil {
		t.Errorf("a longer peek: %s %v %v", head, whole, err)
	}
	for range 2 {
		if all, err := io.ReadAll(b); string(all) != "0123456789" || err != nil {
			t.Errorf("read: %s %v", all, err)
		}
		if !b.Rewind() {
			t.Error("a body that was kept cannot be sent again")
		}
	}
	b = body()
	if kept, err := b.Keep(4); kept || err != nil {
		t.Errorf("a body beyond the bound is kept: %v %v", kept, err)
	}
	if all, err := io.ReadAll(b); string(all) != "0123456789" || err != nil || b.Rewind() {
		t.Errorf("a body that was not kept: %s %v", all, err)
	}
	b = body()
	if b.Limit(5); !b.Limit(100) {
		t.Error("a body of unknown length is too large")
	}
	if all, err := io.ReadAll(b); string(all) != "01234" || !errors.Is(err, exchange.ErrTooLarge) {
		t.Errorf("a body beyond its limit: %s %v", all, err)
	}
	b = body()
	b.Replace([]byte("new"))
	if made := exchange.NewBody(nil, 0); !made.Empty() {
		t.Error("nothing is something")
	} else if made.Replace([]byte("new")); made.Empty() {
		t.Error("a body in place of none is none")
	}
	if all, err := io.ReadAll(b); string(all) != "new" || err != nil || b.Length != 3 {
		t.Errorf("a body that was replaced: %s %v", all, err)
	}
}
