package canary_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
)

// errors asks for what is refused, with values in every place of a request.
func (w *world) errors() {
	w.t.Helper()
	refused := w.invent("a refused password")
	w.asks(http.MethodPost, "/api/v1/users", map[string]any{"name": "Not A Name!", "password": refused})
	w.asks(http.MethodPost, "/api/v1/users", map[string]any{"name": "eve", "password": map[string]string{"is": refused}})
	w.asks(http.MethodPost, "/api/v1/users", map[string]any{"name": "eve", "password": refused, "role": "none such"})
	w.asks(http.MethodPost, "/api/v1/users", map[string]any{"name": "grace", "password": refused, "role": "viewer"}) // the database has her
	w.asks(http.MethodPost, "/api/v1/users", map[string]any{"name": "eve", "password": strings.Repeat(refused, 500)})
	w.asks(http.MethodPost, "/api/v1/users", map[string]any{"name": "eve", "passwort": refused})
	w.asks(http.MethodPost, "/api/v1/sessions", map[string]any{"username": "grace", "password": refused})
	w.asks(http.MethodPost, "/api/v1/sessions", map[string]any{"username": refused, "password": "correct-horse-battery"})
	w.asks(http.MethodPut, "/api/v1/me/password", map[string]any{"present": refused, "next": refused + "2"})
	w.asks(http.MethodPost, w.secretPath(), map[string]any{"options": map[string]int{"cas": 77}, "data": map[string]string{"password": refused}})
	w.asks(http.MethodPost, w.secretPath(), map[string]any{"data": refused})
	w.asks(http.MethodPost, "/v1/secret/data/nowhere/dev/x", map[string]any{"data": map[string]string{"password": refused}})
	w.asks(http.MethodPost, "/api/v1/subscriptions?project="+w.in.Project, map[string]any{"name": "canary", "secret": refused, "sink": map[string]string{"kind": "webhook", "url": "http://127.0.0.1:9/"}})
	w.places()
}

// places puts values that nobody knows where programs that are wrong put secrets.
func (w *world) places() {
	w.t.Helper()
	at := "http://" + w.API
	value := w.invent("a value in an address")
	header := w.invent("a value in a header")
	body := w.invent("a value in a body that is not JSON")
	for _, r := range []struct{ method, address, body string }{
		{http.MethodGet, at + "/" + url.PathEscape(value), ""},
		{http.MethodGet, at + "/api/v1/" + url.PathEscape(value) + "/runs", ""},
		{http.MethodGet, at + "/api/v1/projects/" + url.PathEscape(value) + "/runs", ""},
		{http.MethodGet, at + "/api/v1/users/" + url.PathEscape(value) + "/tokens", ""},
		{http.MethodGet, at + "/v1/secret/data/" + w.in.Project + "/dev/" + url.PathEscape(value), ""},
		{http.MethodGet, at + "/git/default/" + url.PathEscape(value) + ".git/info/refs?service=git-upload-pack", ""},
		{http.MethodPost, at + "/hooks/" + url.PathEscape(value), "{}"},
		{http.MethodGet, at + "/device?user_code=" + url.QueryEscape(value), ""},
		{http.MethodGet, at + "/oauth2/authorize?client_id=" + url.QueryEscape(value) + "&login_hint=" + url.QueryEscape(value), ""},
		{http.MethodGet, at + "/api/v1/stages?access_token=" + url.QueryEscape(value), ""},
		{http.MethodGet, at + "/api/v1/events?type=" + url.QueryEscape(value), ""},
		{http.MethodGet, at + "/api/v1/projects/" + w.in.Project + "/runs?cursor=" + url.QueryEscape(value) + "&limit=" + url.QueryEscape(value), ""},
		{http.MethodPost, at + "/api/v1/users", `{"name":"eve","password":"` + body},
		{http.MethodPost, w.unencoded(w.secretPath()), body},
		{http.MethodPut, at + "/api/v1/tags", body},
		{http.MethodGet, "http://" + w.HTTP + "/" + url.PathEscape(value) + "?key=" + url.QueryEscape(value), ""},
	} {
		for name, with := range map[string]func(*http.Request){
			"as the first user": func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+w.in.Token) },
			"as nobody":         func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+header) },
			"with a password":   func(r *http.Request) { r.SetBasicAuth("grace", header) },
			"as Vault's client": func(r *http.Request) {
				r.Header.Set("X-Vault-Token", header)
				r.Header.Set("X-Vault-Namespace", header)
			},
			"with headers": func(r *http.Request) {
				for _, h := range []string{"Cookie", "X-Request-Id", "X-Api-Key", "Traceparent", "Tracestate", "Baggage", "X-Forwarded-For", "Referer", "Last-Event-ID", "If-None-Match", "Webhook-Signature", "X-Hub-Signature-256"} {
					r.Header.Set(h, header)
				}
			},
		} {
			w.sendsWrong(r.method+" "+r.address+" "+name, r.method, r.address, r.body, with)
		}
	}
}

func (w *world) unencoded(path string) string { return "http://" + w.API + path }

// sendsWrong keeps the answer, but for what was asked in its address: that is told to who
// asked alone.
func (w *world) sendsWrong(place, method, address, body string, with func(*http.Request)) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, address, strings.NewReader(body))
	w.must(err)
	r.Header.Set("Content-Type", "application/json")
	with(r)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	w.must(err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	w.must(err)
	w.answered[place] = string(text)
}
