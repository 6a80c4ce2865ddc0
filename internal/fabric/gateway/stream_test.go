package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestTheHeadOfAStreamComesAtOnce, before its first event, so that a client knows that it
// is connected.
func TestTheHeadOfAStreamComesAtOnce(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	headed := make(chan struct{})
	f.upstreams.start(t, "orders", "", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-headed:
			_, _ = io.WriteString(w, "data: 1\n\n")
		case <-time.After(20 * time.Second): // the client has no head: it is told nothing
		case <-r.Context().Done():
		}
	})
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	resp, err := f.client.Get(f.url(host, "/"))
	if err != nil {
		t.Fatal(err)
	}
	close(headed)
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || string(body) != "data: 1\n\n" {
		t.Errorf("the stream is %q, %v", body, err)
	}
}

// TestAStreamMayBeginWithHalfAChunk: what is missing of it may come later than a head
// would have had to.
func TestAStreamMayBeginWithHalfAChunk(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	r := gateway.ToService("orders", host, "", "orders", "")
	r.Rules[0].Timeouts.Backend = kernel.Duration(300 * time.Millisecond)
	put(t, f.routes, dev, r)
	f.upstreams.start(t, "orders", "", func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf")
		<-time.After(time.Second)
		_, _ = fmt.Fprint(conn, "half\r\n0\r\n\r\n")
	})
	if resp, body := f.get(t, host, "/"); resp.StatusCode != http.StatusOK || body != "halfhalf" {
		t.Errorf("%d %q", resp.StatusCode, body)
	}
}
