package authn_test

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
)

// TestCertificatesOfAnotherTimeAreToldSo where the route trusts who signed them, and nowhere
// else.
func TestCertificatesOfAnotherTimeAreToldSo(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	authority, stranger := newAuthority(t, "acme"), newAuthority(t, "acme")
	bundle, _ := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Certificate[0]})))
	w.Put(t, authntest.Dev(), authn.KindName, fmt.Sprintf(`{"providers": [{"name": "partners", "mtls": {"authorities": %s}}]}`, bundle))
	const uri = "spiffe://acme/ns/prod/sa/billing"
	past, coming, strange := client(uri), client(uri), client(uri)
	past.NotBefore, past.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	strange.NotBefore, strange.NotAfter = past.NotBefore, past.NotAfter
	coming.NotBefore, coming.NotAfter = time.Now().Add(10*time.Minute), time.Now().Add(20*time.Minute)
	says := func(c *http.Client, want string) {
		t.Helper()
		if a := w.With(t, c, http.MethodGet, authntest.Host, "/"); a.StatusCode != http.StatusUnauthorized || !strings.Contains(a.Body, want) {
			t.Errorf("%d %s, want %q", a.StatusCode, a.Body, want)
		}
		c.CloseIdleConnections()
	}
	says(w.NewClient(pair(t, past, &authority)), "has expired")
	says(w.NewClient(pair(t, coming, &authority)), "of a time that has not come")
	says(w.NewClient(pair(t, strange, &stranger)), "is none that this route trusts")
}
