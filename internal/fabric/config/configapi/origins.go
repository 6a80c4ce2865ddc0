package configapi

import (
	"net/http"
	"strings"

	"github.com/rs/cors"

	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// ofrepPath begins the paths of OFREP.
const ofrepPath = "/ofrep/"

// OFREP has everything that is answered below OFREP's paths in its form, the errors of the
// router as well, and lets pages of some origins, or of all with "*", evaluate flags in
// browsers. Nothing else is open to them, and no cookie goes along: what they send is a token.
// Without origins browsers let no page.
func OFREP(origins []string) func(http.Handler) http.Handler {
	browsers := func(next http.Handler) http.Handler { return next }
	if len(origins) > 0 {
		browsers = cors.New(cors.Options{
			AllowedOrigins: origins, AllowedMethods: []string{http.MethodPost},
			AllowedHeaders: []string{"Authorization", "Content-Type", "If-None-Match"}, ExposedHeaders: []string{"ETag", "Retry-After"}, MaxAge: 600,
		}).Handler
	}
	return func(next http.Handler) http.Handler {
		open := browsers(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.URL.Path, ofrepPath) {
				next.ServeHTTP(w, r)
				return
			}
			key, _ := strings.CutPrefix(r.URL.Path, evaluations+"/")
			if key == r.URL.Path {
				key = ""
			}
			open.ServeHTTP(w, r.WithContext(httpserver.WithForm(r.Context(), refusal(key))))
		})
	}
}
