package app

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/app/config"
)

// TestStrangersAreBoundedAtEveryDoor guesses at each door, with heads that nobody looks at
// there, too: no head makes somebody known who is not.
func TestStrangersAreBoundedAtEveryDoor(t *testing.T) {
	t.Parallel()
	const most = 3
	h := benchApp(t, func(c *config.Config) { c.StrangerRequests = most }).handler()
	const basic, run = "Basic dTp0ZXJyX3g=", "Basic dTp0cnVuX3g=" // u:terr_x and u:trun_x
	for i, tt := range []struct{ method, path, body, head, value string }{
		{"GET", "/sign-in", "", "", ""},
		{"GET", "/pki/crl/ca_x", "", "", ""},
		{"GET", "/pki/ocsp/ca_x/AAAA", "", "Authorization", basic},
		{"POST", "/pki/ocsp/ca_x", "x", "", ""},
		{"POST", "/pki/ocsp/ca_x", "x", "Authorization", "Bearer terr_x"},
		{"GET", "/sign-in", "", "X-Vault-Token", "x"},
		{"GET", "/sign-in", "", "Authorization", "Foo x"},
		{"GET", "/sign-in", "", "Authorization", basic},
		{"POST", "/api/v1/sessions", `{"username":"nobody","password":"x"}`, "", ""},
		{"POST", "/api/v1/sessions", `{"username":"nobody","password":"x"}`, "X-Vault-Token", "x"},
		{"POST", "/api/v1/sessions", `{"username":"nobody","password":"x"}`, "Authorization", basic},
		{"GET", "/api/v1/me", "", "Authorization", "Bearer terr_x"},
		{"POST", "/oauth2/token", "", "Authorization", basic},
		{"GET", "/v1/secret/data/a/b/c", "", "X-Vault-Token", "terr_x"},
		{"GET", "/v1/secret/data/a/b/c", "", "Authorization", basic},
		{"GET", "/git/default/demo/x.git/info/refs?service=git-upload-pack", "", "Authorization", basic},
		{"GET", "/git/default/demo/x.git/info/refs?service=git-upload-pack", "", "Authorization", "Basic YWRtaW46eA=="}, // admin:x
		{"GET", "/git/default/demo/x.git/info/refs?service=git-upload-pack", "", "Authorization", "Foo x"},
		{"GET", "/runs/default/demo/x", "", "Authorization", basic},
		{"GET", "/state/v1/default/demo/x/dev", "", "Authorization", run},
		{"POST", "/fleet/v1/work", "", "Authorization", basic},
	} {
		t.Run(strings.Join([]string{tt.method, tt.path, tt.head, tt.value}, " "), func(t *testing.T) {
			t.Parallel()
			var limited int
			for range 2 * most {
				r := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, strings.NewReader(tt.body))
				r.RemoteAddr = "198.51.100." + strconv.Itoa(i+1) + ":4711"
				r.Header.Set("Content-Type", "application/json")
				if tt.head != "" {
					r.Header.Set(tt.head, tt.value)
				}
				w := httptest.NewRecorder()
				if h.ServeHTTP(w, r); w.Code == http.StatusTooManyRequests {
					limited++
				}
			}
			if limited < most {
				t.Errorf("%d of %d requests were refused, of which %d may come", limited, 2*most, most)
			}
		})
	}
}
