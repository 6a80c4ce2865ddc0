package front_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/front"
)

func TestServesAgainAfterItEnded(t *testing.T) {
	t.Parallel()
	server, err := front.Listen(context.Background(), front.Config{
		TLSAddr: "127.0.0.1:0", PlainAddr: "127.0.0.1:0", Handler: func(*exchange.Exchange) {}, Log: slog.New(slog.DiscardHandler),
		TLS: &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("none here") }},
	})
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("http://127.0.0.1:%d/x", server.PlainPort())
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for range 2 { // as a supervisor does it
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- server.Serve(ctx) }()
		status := 0
		filtertest.Until(t, "an answer", func() bool {
			resp, err := client.Get(address)
			if err != nil {
				return false
			}
			status = resp.StatusCode
			return resp.Body.Close() == nil
		})
		if status != http.StatusPermanentRedirect {
			t.Errorf("status %d", status)
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}
