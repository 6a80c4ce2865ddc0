package httpserver_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// TestTheLogDoesNotRepeatWhatIsRefused: somebody who puts a token into an address does not
// have it in the log; names, ids and what is answered stay readable there.
func TestTheLogDoesNotRepeatWhatIsRefused(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	router := httpserver.NewRouter(httpserver.Options{Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	router.Get("/projects/{project}", func(w http.ResponseWriter, r *http.Request) {
		if project := chi.URLParam(r, "project"); project != "a-name-that-is-there-and-longer-than-an-id" {
			httpserver.WriteError(w, r, kernel.Errorf(kernel.NotFound, "there is no project %q of %s", project, r.URL.Query().Get("of")))
		}
	})
	for address, want := range map[string]string{
		"/projects/shop?of=run_01m8e5622a0v24z38je55jz8h1":     `there is no project \"shop\" of run_01m8e5622a0v24z38je55jz8h1`,
		"/projects/shop?of=pass+word%2F%22":                    `there is no project \"shop\" of (left out)`,
		"/projects/terr_0123456789abcdefghijklmnopqrstuvwxyz0": `there is no project \"(left out)\" of `,
		"/projects/odd%22one%21":                               `"path":"/projects/(left out)"`,
		"/terr_0123456789abcdefghijklmnopqrstuvwxyz0":          `there is nothing at /(left out)`,
		"/projects/a-name-that-is-there-and-longer-than-an-id": `"path":"/projects/a-name-that-is-there-and-longer-than-an-id"`,
	} {
		log.Reset()
		router.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil))
		for _, secret := range []string{"terr_", "pass word", `odd\"one`} {
			if !strings.Contains(log.String(), want) || strings.Contains(log.String(), secret) {
				t.Errorf("%s: the log says %s, want %s in it", address, log.String(), want)
			}
		}
	}
}

// TestAPanicTellsNothingOfTheRequest: where a handler panics the log has its stack, and
// nothing of what it was given.
func TestAPanicTellsNothingOfTheRequest(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	router := httpserver.NewRouter(httpserver.Options{Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	router.Post("/users/{user}", func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // the test's
		fails(map[string]string{r.Header.Get("X-Vault-Token"): chi.URLParam(r, "user")}, string(body))
	})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/users/hunter2%22?q=hunter2%22", strings.NewReader(`hunter2"`))
	r.Header.Set("X-Vault-Token", `hunter2"`)
	answer := httptest.NewRecorder()
	router.ServeHTTP(answer, r)
	if said := log.String(); answer.Code != http.StatusInternalServerError || !strings.Contains(said, "a handler panicked") || !strings.Contains(said, "httpserver_test.fails") {
		t.Errorf("%d, and the log says %s", answer.Code, said)
	}
	for place, text := range map[string]string{"log": log.String(), "answer": answer.Body.String()} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("the %s has the secret: %s", place, text)
		}
	}
}

// fails as a defect does.
func fails(known map[string]string, secret string) string {
	return known[secret][:len(secret)+1]
}

// TestBodiesOfJSONAreUTF8: what is not would be kept with other characters than were sent.
func TestBodiesOfJSONAreUTF8(t *testing.T) {
	t.Parallel()
	f, kept := newFixture(), ""
	httpserver.Register(f.api, operation("keep", http.MethodPut, "/text"), func(_ context.Context, in *struct {
		Body struct {
			Text string `json:"text"`
		}
	},
	) (*struct{}, error) {
		kept = in.Body.Text
		return &struct{}{}, nil
	})
	for text, status := range map[string]int{"caf\xe9": http.StatusBadRequest, "café": http.StatusNoContent} {
		res, body := f.do(t, http.MethodPut, httpserver.Prefix+"/text", `{"text":"`+text+`"}`, "Content-Type", "application/json")
		if res.StatusCode != status || kept != "" && kept != "café" {
			t.Errorf("%q: %d %s, kept %q", text, res.StatusCode, body, kept)
		}
	}
}
