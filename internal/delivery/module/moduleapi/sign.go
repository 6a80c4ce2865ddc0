package moduleapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// linkLife is how long the address of an archive works.
const linkLife = 10 * time.Minute

// link returns the query of a version's archive. The tools verify checksum
// themselves, and take the format from archive; both stay with them.
func (a API) link(scope kernel.Scope, v module.Version) string {
	expires := strconv.FormatInt(a.Clock.Now().Add(linkLife).Unix(), 10)
	return url.Values{
		"tenant":    {scope.Tenant},
		"expires":   {expires},
		"signature": {a.signature(scope.Tenant, v.Address, v.Version, expires)},
		"archive":   {"tar.gz"},
		"checksum":  {string(v.Archive)},
	}.Encode()
}

func (a API) signature(tenant string, address module.Address, version, expires string) string {
	mac := hmac.New(sha256.New, a.Key)
	_, _ = fmt.Fprintf(mac, "module archive\n%q\n%s\n%s\n%s\n", tenant, address, version, expires) // a hash never fails to write
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// scopeOf returns the scope that the signed address of r is for.
func (a API) scopeOf(r *http.Request, address module.Address, version string) (kernel.Scope, error) {
	q := r.URL.Query()
	tenant, expires := q.Get("tenant"), q.Get("expires")
	want := a.signature(tenant, address, version, expires)
	if tenant == "" || !hmac.Equal([]byte(want), []byte(q.Get("signature"))) {
		return kernel.Scope{}, kernel.Errorf(kernel.Unauthenticated, "the address of the archive is not signed").
			WithFix("ask for the module's download address again")
	}
	until, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || !a.Clock.Now().Before(time.Unix(until, 0)) {
		return kernel.Scope{}, kernel.Errorf(kernel.Unauthenticated, "the address of the archive has expired").
			WithFix("ask for the module's download address again")
	}
	return kernel.Scope{Tenant: tenant}, nil
}
