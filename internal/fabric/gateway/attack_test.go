package gateway_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
)

// raw sends bytes over TLS as they are and returns the statuses of all answers
// until the gateway closes.
func (f *fixture) raw(t *testing.T, content string) (statuses []int, answers string) {
	t.Helper()
	conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", f.server.Port()), &tls.Config{
		ServerName: host, RootCAs: f.authority.Pool(), NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	go func() {
		_, _ = io.WriteString(conn, content)
		_ = conn.CloseWrite()
	}()
	var all strings.Builder
	r := bufio.NewReader(io.TeeReader(conn, &all))
	for {
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return statuses, all.String()
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusContinue {
			statuses = append(statuses, resp.StatusCode)
		}
	}
}

// recorder is a service that notes what it is asked.
type recorder struct {
	mu   sync.Mutex
	seen []string
}

func (r *recorder) ServeHTTP(_ http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		body = []byte("broken")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, strings.TrimSpace(req.Method+" "+req.RequestURI+" "+string(body)))
}

func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.seen
	r.seen = nil
	return out
}

// TestRequestsThatAttack sends each as bytes: what can be read in two ways is
// refused, and what was smuggled behind it reaches no service.
func TestRequestsThatAttack(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	var service recorder
	f.upstreams.start(t, "orders", "", service.ServeHTTP)
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	const smuggled = "GET /smuggled HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
	post := func(headers, body string) string {
		return "POST /a HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "\r\n\r\n" + body
	}
	get := func(headers string) string {
		if headers != "" {
			headers += "\r\n"
		}
		return "GET /a HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "\r\n"
	}
	chunked := func(body string) string { return post("Transfer-Encoding: chunked", body) }
	refused := []int{400}
	cases := []struct {
		reason, content string
		want            []int
		seen            []string
	}{
		{"nothing wrong", get("A: b"), []int{200}, []string{"GET /a"}},
		{"two requests", get("") + smuggled, []int{200, 200}, []string{"GET /a", "GET /smuggled"}},
		{"a body and the next", post("Content-Length: 3", "abc"+smuggled), []int{200, 200}, []string{"POST /a abc", "GET /smuggled"}},
		{"chunks with an extension", chunked("3;x=y\r\nabc\r\n0\r\n\r\n" + smuggled), []int{200, 200}, []string{"POST /a abc", "GET /smuggled"}},
		{"chunks with a trailer", chunked("3\r\nabc\r\n0\r\nX-Trailer: y\r\n\r\n" + smuggled), []int{200, 200}, []string{"POST /a abc", "GET /smuggled"}},

		{"a length and chunks", post("Content-Length: 6\r\nTransfer-Encoding: chunked", "0\r\n\r\nX"+smuggled), refused, nil},
		{"chunks and a length", post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n"+smuggled), refused, nil},
		{"two lengths", post("Content-Length: 3\r\nContent-Length: 4", "abcd"+smuggled), refused, nil},
		{"one length twice", post("Content-Length: 3\r\nContent-Length: 3", "abc"+smuggled), refused, nil},
		{"a list of lengths", post("Content-Length: 3, 3", "abc"+smuggled), refused, nil},
		{"a length with a sign", post("Content-Length: +3", "abc"+smuggled), refused, nil},
		{"a negative length", post("Content-Length: -3", "abc"+smuggled), refused, nil},
		{"a length in hex", post("Content-Length: 0x3", "abc"+smuggled), refused, nil},
		{"a length beyond all", post("Content-Length: 99999999999999999999", "abc"+smuggled), refused, nil},
		{"an empty length", post("Content-Length: ", "abc"+smuggled), refused, nil},
		{"a name that CGI takes for a length", get("Content_Length: 3\r\nTransfer_Encoding: chunked"), []int{200}, []string{"GET /a"}},

		{"an unknown coding", post("Transfer-Encoding: xchunked", "0\r\n\r\n"+smuggled), refused, nil},
		{"two codings", post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"+smuggled), refused, nil},
		{"chunked twice", post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n"+smuggled), refused, nil},
		{"two headers of codings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"+smuggled), refused, nil},
		{"identity", post("Transfer-Encoding: identity\r\nContent-Length: 3", "abc"+smuggled), refused, nil},
		{"a coding with a vertical tab", post("Transfer-Encoding: \x0bchunked", "0\r\n\r\n"+smuggled), refused, nil},
		{"a coding in quotes", post(`Transfer-Encoding: "chunked"`, "0\r\n\r\n"+smuggled), refused, nil},
		{"a coding on the next line", post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n"+smuggled), refused, nil},
		{"a space before the colon", post("Transfer-Encoding : chunked", "0\r\n\r\n"+smuggled), refused, nil},
		{"a tab before the colon", post("Content-Length\t: 3", "abc"+smuggled), refused, nil},
		{"chunks in HTTP/1.0", "POST /a HTTP/1.0\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, refused, nil},

		{"a folded header", get("A: b\r\n c"), refused, nil},
		{"a fold at first", "GET /a HTTP/1.1\r\n Host: x\r\nHost: " + host + "\r\n\r\n", refused, nil},
		{"bare line feeds", "GET /a HTTP/1.1\r\nHost: " + host + "\nA: b\n\n", refused, nil},
		{"a bare carriage return", get("A: b\rX: y"), refused, nil},
		{"a null in a value", get("A: b\x00c"), refused, nil},
		{"a null in a name", get("A\x00: b"), refused, nil},
		{"a name with a space", get("A B: c"), refused, nil},
		{"no name", get(": c"), refused, nil},
		{"no colon", get("abc"), refused, nil},

		{"a chunk size in hex", chunked("0x3\r\nabc\r\n0\r\n\r\n" + smuggled), refused, nil},
		{"a chunk size with a sign", chunked("+3\r\nabc\r\n0\r\n\r\n" + smuggled), refused, nil},
		{"a negative chunk size", chunked("-3\r\nabc\r\n0\r\n\r\n" + smuggled), refused, nil},
		{"a chunk size beyond all", chunked("fffffffffffffffff\r\nabc\r\n0\r\n\r\n" + smuggled), refused, nil},
		{"a chunk that is longer than it says", chunked("3\r\nabcd\r\n0\r\n\r\n" + smuggled), refused, nil},
		{"a chunk size and a line feed", chunked("3\nabc\r\n0\r\n\r\n" + smuggled), refused, nil},
		{"an extension with a line feed", chunked("3;a\nb\r\nabc\r\n0\r\n\r\n" + smuggled), refused, nil},
		{"an empty chunk size", chunked("\r\nabc\r\n0\r\n\r\n" + smuggled), refused, nil},
		{"chunks that end too early", chunked("3\r\nabc\r\n"), refused, nil},
		{"a body that ends too early", post("Content-Length: 30", "abc"), refused, nil},

		{"no host", "GET /a HTTP/1.1\r\n\r\n", refused, nil},
		{"two hosts", get("Host: other"), refused, nil},
		{"one host twice", get("Host: " + host), refused, nil},
		{"another authority", "GET http://other/a HTTP/1.1\r\nHost: " + host + "\r\n\r\n", refused, nil},
		{"the same authority", "GET http://" + host + "/a HTTP/1.1\r\nHost: " + host + "\r\n\r\n", []int{200}, []string{"GET /a"}},
		{"a host with a path", "GET /a HTTP/1.1\r\nHost: " + host + "/x\r\n\r\n", refused, nil},
		{"a host with a user", "GET /a HTTP/1.1\r\nHost: x@" + host + "\r\n\r\n", refused, nil},
		{"a tunnel", "CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n" + smuggled, []int{405}, nil},

		{"HTTP/0.9", "GET /a\r\n\r\n", refused, nil},
		{"HTTP/2 in words", "GET /a HTTP/2.0\r\nHost: " + host + "\r\n\r\n", []int{505}, nil},
		{"HTTP/1.2", "GET /a HTTP/1.2\r\nHost: " + host + "\r\n\r\n", []int{505}, nil},
		{"a target with a space", "GET /a b HTTP/1.1\r\nHost: " + host + "\r\n\r\n", refused, nil},
		{"a method with a colon", "GE:T /a HTTP/1.1\r\nHost: " + host + "\r\n\r\n", refused, nil},
		{"an encoded line end in the path", "GET /a%0d%0aX:y HTTP/1.1\r\nHost: " + host + "\r\n\r\n", refused, nil},
		{"another expectation", get("Expect: wonders"), []int{417}, nil},
		{"the expectation to continue", post("Expect: 100-continue\r\nContent-Length: 3", "abc"), []int{200}, []string{"POST /a abc"}},

		{"a long header", get("A: " + strings.Repeat("b", 70<<10)), []int{431}, nil},
		{"many headers", get(strings.TrimSuffix(strings.Repeat("A: b\r\n", 300), "\r\n")), []int{431}, nil},
		{"a long target", "GET /" + strings.Repeat("a", 20<<10) + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n", []int{414}, nil},

		{"an upgrade to HTTP/2", get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__"), []int{200}, []string{"GET /a"}},
		{"a handshake without a key", get("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13"), refused, nil},
	}
	for _, c := range cases {
		statuses, answers := f.raw(t, c.content)
		if !slices.Equal(statuses, c.want) {
			t.Errorf("%s: answered %v, want %v\n%s", c.reason, statuses, c.want, answers)
		}
		seen := service.take()
		if !slices.Equal(seen, c.seen) && !(c.seen == nil && onlyBroken(seen)) {
			t.Errorf("%s: the service saw %q, want %q", c.reason, seen, c.seen)
		}
	}
	t.Logf("%d requests", len(cases))
}

// onlyBroken tells that a service saw no more than the broken beginning of what
// was refused: bodies stream.
func onlyBroken(seen []string) bool {
	return !slices.ContainsFunc(seen, func(s string) bool { return s != "POST /a broken" })
}

func TestConnectionHeaderTakesNothingThatMatters(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	seen := make(chan string, 1)
	f.upstreams.start(t, "orders", "", func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen <- fmt.Sprint(string(body), r.Header.Get("Authorization"), r.Header.Get("Cookie"), r.Header.Get("X-Forwarded-For"), r.Header["X-Hop"])
	})
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	statuses, _ := f.raw(t, "POST /a HTTP/1.1\r\nHost: "+host+"\r\nConnection: content-length, authorization, cookie, x-forwarded-for, x-hop, host\r\n"+
		"Content-Length: 3\r\nAuthorization: me\r\nCookie: a=b\r\nX-Hop: x\r\n\r\nabc")
	if got := <-seen; got != "abcmea=b127.0.0.1[]" || !slices.Equal(statuses, []int{200}) {
		t.Fatalf("the service got %s; %v", got, statuses)
	}
}

func TestHTTP10Clients(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	f.upstreams.start(t, "orders", "", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "one ")
		if r.URL.Path == "/stream" {
			_ = http.NewResponseController(w).Flush()
		}
		_, _ = io.WriteString(w, "two")
	})
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	for _, path := range []string{"/", "/stream"} {
		_, answer := f.raw(t, "GET "+path+" HTTP/1.0\r\nHost: "+host+"\r\n\r\n")
		head, body, _ := strings.Cut(answer, "\r\n\r\n")
		if body != "one two" || !strings.Contains(head, " 200 ") || strings.Contains(strings.ToLower(head), "transfer-encoding") {
			t.Errorf("%s: %s", path, answer)
		}
	}
}

// answering is a service that gives bytes as its answer to each connection.
func answering(t *testing.T, content func(request int) string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				r := bufio.NewReader(conn)
				for n := 0; ; n++ {
					req, err := http.ReadRequest(r)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, req.Body)
					answer := content(n)
					_, _ = io.WriteString(conn, answer)
					if !strings.Contains(answer, "keep") {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// TestAnswersThatAttack has a service give each as bytes: the client gets 502,
// or an answer that is plainly broken off.
func TestAnswersThatAttack(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	const ok = "HTTP/1.1 200 OK\r\n"
	cases := []struct {
		reason, answer string
		want           string
	}{
		{"nothing wrong", ok + "Content-Length: 2\r\n\r\nok", "200 ok"},
		{"no reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", "200 ok"},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nok", "200 ok"},
		{"chunks", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "200 ok"},
		{"interim answers", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok + "Content-Length: 2\r\n\r\nok", "200 ok"},
		{"an answer and another", ok + "Content-Length: 2\r\n\r\nok" + ok + "Content-Length: 6\r\n\r\nforged", "200 ok"},

		{"nothing", "", "502"},
		{"no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", "502"},
		{"HTTP/2", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", "502"},
		{"no status", "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n", "502"},
		{"four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", "502"},
		{"half a head", ok + "Content-Le", "502"},
		{"two lengths", ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nok!", "502"},
		{"one length twice", ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", "502"},
		{"a length and chunks", ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "502"},
		{"a negative length", ok + "Content-Length: -2\r\n\r\nok", "502"},
		{"an unknown coding", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "502"},
		{"a folded header", ok + "A: b\r\n c\r\nContent-Length: 2\r\n\r\nok", "502"},
		{"a bare line feed", ok + "A: b\nContent-Length: 2\r\n\r\nok", "502"},
		{"a bare carriage return", ok + "A: b\rX: y\r\nContent-Length: 2\r\n\r\nok", "502"},
		{"a null", ok + "A: b\x00\r\nContent-Length: 2\r\n\r\nok", "502"},
		{"a space before the colon", ok + "Content-Length : 2\r\n\r\nok", "502"},
		{"no name", ok + ": b\r\nContent-Length: 2\r\n\r\nok", "502"},
		{"a long head", ok + "A: " + strings.Repeat("b", 20<<10) + "\r\nContent-Length: 2\r\n\r\nok", "502"},
		{"interim answers without end", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100), "502"},
		{"an upgrade that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "502"},
		{"half a small body", ok + "Content-Length: 20\r\n\r\nhalf", "502"},
		{"half a large body", ok + "Content-Length: 200000\r\n\r\nhalf", "broken"},
		{"half of the chunks", ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "broken"},
		{"a chunk size that is none", ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nhalf\r\n0\r\n\r\n", "broken"},
	}
	for _, c := range cases {
		f.upstreams.m.Store("orders", upstream{answering(t, func(int) string { return c.answer }), ""})
		resp, err := f.client.Get(f.url(host, "/"))
		got := "broken"
		if err == nil {
			body, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			switch {
			case err != nil:
			case resp.StatusCode == http.StatusOK:
				got = "200 " + string(body)
			default:
				got = fmt.Sprint(resp.StatusCode)
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.reason, got, c.want)
		}
	}
	t.Logf("%d answers", len(cases))
}

// TestWhatNobodyAskedForIsNobodysAnswer has a service send a second answer with
// its first, on a connection that stays open.
func TestWhatNobodyAskedForIsNobodysAnswer(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	f.upstreams.m.Store("orders", upstream{answering(t, func(int) string {
		return "HTTP/1.1 200 OK\r\nX: keep\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
	}), ""})
	for range 20 {
		if _, body := f.get(t, host, "/"); body != "ok" {
			t.Fatalf("a client got %q", body)
		}
	}
}
