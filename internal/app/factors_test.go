package app

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// TestADaemonAsksForFactors adds an app over the API of a whole daemon: from then on a
// password alone signs in nowhere, what was signed in ends with a reset, and the audit log
// says so without a secret.
func TestADaemonAsksForFactors(t *testing.T) {
	t.Parallel()
	a, callers := matrixApp(t)
	handler := a.handler()
	tokens := map[string]string{}
	for _, c := range callers {
		tokens[c.name] = c.token
	}
	call := func(token, method, path string, in any) (int, string) {
		t.Helper()
		raw, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), method, path, bytes.NewReader(raw))
		r.Header.Set("Content-Type", "application/json")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	password := map[string]string{"username": "developer", "password": matrixPassword}
	status, text := call("", http.MethodPost, "/api/v1/sessions", password)
	var session struct{ Token string }
	if err := json.Unmarshal([]byte(text), &session); err != nil || status != http.StatusCreated {
		t.Fatalf("%d %s", status, text)
	}
	status, text = call(tokens["developer"], http.MethodPost, "/api/v1/me/factors/totp", map[string]string{"password": matrixPassword})
	var begun struct{ Secret, Enrolment string }
	if err := json.Unmarshal([]byte(text), &begun); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	code, err := totp.GenerateCode(begun.Secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if status, text = call(tokens["developer"], http.MethodPut, "/api/v1/me/factors/totp", map[string]string{"enrolment": begun.Enrolment, "code": code}); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	if status, text = call("", http.MethodPost, "/api/v1/sessions", password); status != http.StatusUnauthorized || !strings.Contains(text, "a second factor is asked for") {
		t.Errorf("%d %s", status, text)
	}
	if status, text = call("", http.MethodGet, "/account/security", nil); status != http.StatusSeeOther {
		t.Errorf("%d %s", status, text)
	}
	if status, text = call(tokens["manager"], http.MethodPost, "/api/v1/users/developer/factors/reset", map[string]string{"reason": "a test"}); status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	if status, text = call(session.Token, http.MethodGet, "/api/v1/me", nil); status != http.StatusUnauthorized {
		t.Errorf("the session holds: %d %s", status, text)
	}
	_, text = call(tokens["manager"], http.MethodGet, "/api/v1/audit?limit=200", nil)
	for _, want := range []string{"factor.added", "factor.codes_made", "factor.reset", "session.refused"} {
		if !strings.Contains(text, want) {
			t.Errorf("the audit log has no %s: %s", want, text)
		}
	}
	if strings.Contains(text, begun.Secret) {
		t.Error("the secret is in the audit log")
	}
}
