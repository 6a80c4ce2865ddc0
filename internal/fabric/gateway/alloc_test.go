package gateway_test

import (
	"bufio"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
)

// echo answers every request alike, without an allocation: what is measured is
// the gateway's.
func echo(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n" + strings.Repeat("x", 1024))
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				r := bufio.NewReader(conn)
				for {
					for {
						line, err := r.ReadSlice('\n')
						if err != nil {
							return
						}
						if len(line) == 2 {
							break
						}
					}
					if _, err := conn.Write(answer); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// dialPlain opens a connection to a gateway that answers on its plain port.
func dialPlain(t testing.TB, url string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

const oneRequest = "GET /a/b?c=d HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"

func exchangeOnce(t testing.TB, conn net.Conn, r *bufio.Reader) {
	if _, err := io.WriteString(conn, oneRequest); err != nil {
		t.Fatal(err)
	}
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			t.Fatal(err)
		}
		if len(line) == 2 {
			break
		}
	}
	if _, err := r.Discard(1024); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkRequest is a GET of 1 KB through the gateway; the client and the
// service allocate nothing.
func BenchmarkRequest(b *testing.B) {
	conn := dialPlain(b, benchURL(b, echo(b)))
	r := bufio.NewReader(conn)
	exchangeOnce(b, conn, r)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		exchangeOnce(b, conn, r)
	}
}

// TestFewAllocations holds the gateway to what a request may allocate.
func TestFewAllocations(t *testing.T) { //nolint:paralleltest // counts the whole process's
	conn := dialPlain(t, benchURL(t, echo(t)))
	r := bufio.NewReader(conn)
	least := uint64(1 << 60)
	const requests = 500
	for range 5 {
		exchangeOnce(t, conn, r)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range requests {
			exchangeOnce(t, conn, r)
		}
		runtime.ReadMemStats(&after)
		least = min(least, (after.Mallocs-before.Mallocs)/requests)
	}
	t.Logf("%d allocations per request", least)
	if least > 15 {
		t.Fatalf("%d allocations per request", least)
	}
}
