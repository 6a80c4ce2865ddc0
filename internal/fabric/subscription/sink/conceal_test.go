package sink_test

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/fabric/subscription/sink"
)

// TestASinkThatRepeatsSecretsIsNotRepeated: what a sink says is in the log of deliveries.
func TestASinkThatRepeatsSecretsIsNotRepeated(t *testing.T) {
	t.Parallel()
	raw := []byte("echo-echo-echo-echo-echo-1")
	key := "whsec_" + base64.StdEncoding.EncodeToString(raw)
	status := http.StatusBadRequest
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "%s as text, %s as bytes, %x as hex, %s at the edge of what is shown %s", key, raw, raw, strings.Repeat("-", 60), key)
	}))
	defer echo.Close()
	s := sink.Sinks{Guard: loopback()}
	sub := subscription.Subscription{ID: "sub_1", Scope: shop, Sink: subscription.Sink{Webhook: &subscription.Webhook{URL: echo.URL}}}
	sender, err := s.Open(t.Context(), sub, subscription.Credentials{Keys: []subscription.Key{{Value: key}}})
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	e, body := anEvent(t)
	_, err = sender.Send(t.Context(), e, body)
	refused, is := errors.AsType[*subscription.Rejection](err)
	if !is || !strings.Contains(refused.Message, "the answer was 400: [secret] as text, [secret] as bytes, [secret] as hex") {
		t.Fatalf("it is told %v", err)
	}
	if strings.Contains(err.Error(), "echo-") || strings.Contains(err.Error(), key[6:16]) {
		t.Errorf("the secret is told: %v", err)
	}
}

// TestAServerOfNATSThatRepeatsThePasswordIsNotRepeated is about what libraries hand on.
func TestAServerOfNATSThatRepeatsThePasswordIsNotRepeated(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte(`INFO {"server_id":"x","version":"2.10.0","proto":1,"max_payload":1048576}` + "\r\n"))
			line, _ := bufio.NewReader(c).ReadString('\n')
			_, _ = c.Write([]byte("-ERR 'what is this: " + strings.TrimSpace(line) + strings.Repeat(" very long", 1000) + "'\r\n"))
			_ = c.Close()
		}
	}()
	s := sink.Sinks{Guard: loopback()}
	sender := open(t, s, subscription.Sink{NATS: &subscription.NATS{URL: "nats://" + l.Addr().String(), Subject: "a", Username: "shop"}}, "correct-horse-battery")
	e, body := anEvent(t)
	if _, err := sender.Send(t.Context(), e, body); err == nil || strings.Contains(err.Error(), "battery") || !strings.Contains(err.Error(), "[secret]") || len(err.Error()) > 700 {
		t.Errorf("it is told %v", err)
	}
}
