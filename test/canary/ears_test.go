package canary_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// ear keeps what is said to it, by any number at once.
type ear struct {
	mu   sync.Mutex
	text strings.Builder
}

func (e *ear) hear(text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.text.WriteString(text + "\n")
}

func (e *ear) heard() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.text.String()
}

// request keeps a request with all its headers, but for one in which a secret belongs.
func (e *ear) request(r *http.Request, but string) {
	body, _ := io.ReadAll(r.Body) // what came is searched
	e.hear(r.Method + " " + r.URL.String() + "\n" + string(body))
	for name, values := range r.Header {
		if name != but {
			e.hear(name + ": " + strings.Join(values, ","))
		}
	}
}

// sink is a webhook that answers with a status, and repeats what it was told.
func (w *world) sink(status int) (address string) {
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		w.sent.request(r, "")
		out.WriteHeader(status)
		_, _ = out.Write([]byte("what came is " + r.Header.Get("Webhook-Signature"))) // it may have gone
	}))
	w.t.Cleanup(server.Close)
	return server.URL
}

// watch keeps what a stream of the API says until the test ends, over restarts of the
// daemon.
func (w *world) watch(into *ear, path, token string) {
	ctx, stop := context.WithCancel(w.t.Context())
	ended := make(chan struct{})
	w.t.Cleanup(func() { stop(); <-ended })
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			w.listenOnce(ctx, into, path, token)
		}
	}()
}

func (w *world) listenOnce(ctx context.Context, into *ear, path, token string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.API+path, nil)
	if err != nil {
		w.t.Error(err)
		return
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept", "text/event-stream")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return // the daemon is away, or the test has ended
	}
	defer func() { _ = answer.Body.Close() }()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		into.hear(lines.Text())
	}
}
