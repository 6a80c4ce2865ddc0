package azuresim_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// connect sends one request to the proxy and returns the connection and the answer to it.
func (c *cloud) connect(t *testing.T, method, to string) (net.Conn, *http.Response) {
	t.Helper()
	proxy, err := url.Parse(c.Env()["HTTPS_PROXY"])
	if err != nil {
		t.Fatal(err)
	}
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", proxy.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: example.com\r\n\r\n", method, to); err != nil {
		t.Fatal(err)
	}
	req := &http.Request{Method: method}
	res, err := http.ReadResponse(bufio.NewReader(conn), req)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.TransferEncoding) > 0 {
		t.Errorf("the answer has a body of encoding %v", res.TransferEncoding)
	}
	return conn, res
}

// listen takes a port on which nobody is served.
func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() }) // a test may have closed it
	return listener
}

func TestProxy(t *testing.T) {
	t.Parallel()
	c := start(t)
	gone := listen(t)
	nobody := gone.Addr().String()
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		method, to string
		status     int
	}{
		"a data plane":                  {"CONNECT", "acc1.blob.core.azuresim.localhost:443", 200},
		"a real cloud":                  {"CONNECT", "management.azure.com:443", 403},
		"a real cloud's data plane":     {"CONNECT", "acc1.blob.core.windows.net:443", 403},
		"a real cloud's directory":      {"CONNECT", "graph.microsoft.com:443", 403},
		"a real cloud in other letters": {"CONNECT", "Management.AZURE.us.:443", 403},
		"who this machine is":           {"CONNECT", "169.254.169.254:443", 403},
		"who this machine is, mapped":   {"CONNECT", "[::ffff:169.254.169.254]:443", 403},
		"nobody":                        {"CONNECT", nobody, 502},
		"no tunnel":                     {"GET", "http://example.com/", 405},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, res := c.connect(t, test.method, test.to)
			if res.StatusCode != test.status || res.Header.Get("Terrace-Simulation") != "azure" {
				t.Errorf("%s %s: %s %v, not %d with the header of a simulation", test.method, test.to, res.Status, res.Header, test.status)
			}
		})
	}
}

func TestTunnelsEndWithTheProxy(t *testing.T) {
	t.Parallel()
	c := start(t)
	conn, _ := c.connect(t, "CONNECT", listen(t).Addr().String())
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !strings.Contains(fmt.Sprint(err), "reset") {
		t.Errorf("the tunnel is still open: %v", err)
	}
}
