package configapi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/config/configapi"
)

// TestPagesOfSomeOriginsEvaluateFlags asks as browsers do before and with a request.
func TestPagesOfSomeOriginsEvaluateFlags(t *testing.T) {
	t.Parallel()
	const shop, other = "https://shop.example.com", "https://shop.example.com.evil.example"
	const flag, value = "/ofrep/v1/evaluate/flags/static", "/api/v1/config/effective"
	for name, c := range map[string]struct {
		origins            []string
		origin, path, want string
	}{
		"nobody is told": {nil, shop, flag, ""},
		"an origin":      {[]string{shop}, shop, flag, shop},
		"another":        {[]string{shop}, other, flag, ""},
		"in the clear":   {[]string{shop}, "http://shop.example.com", flag, ""},
		"every":          {[]string{"*"}, other, flag, "*"},
		"values are not": {[]string{"*"}, shop, value, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := configapi.OFREP(c.origins)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
			for _, method := range []string{http.MethodOptions, http.MethodPost} {
				r := httptest.NewRequestWithContext(t.Context(), method, c.path, nil)
				r.Header.Set("Origin", c.origin)
				if method == http.MethodOptions {
					r.Header.Set("Access-Control-Request-Method", http.MethodPost)
					r.Header.Set("Access-Control-Request-Headers", "authorization,content-type")
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if got := w.Header().Get("Access-Control-Allow-Origin"); got != c.want || w.Header().Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s is let by %q, want %q", method, got, c.want)
				}
			}
		})
	}
}
