package azuresim

import (
	"net/http"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
	"github.com/terrace-idp/terrace/internal/target/azuresim/blob"
	"github.com/terrace-idp/terrace/internal/target/azuresim/vault"
)

// planes are the data planes by what stands in their hosts between the name
// and the domain: "<account>.blob.core.azuresim.localhost" is "blob.core". A plane asks e
// who the caller is (e.Authenticate), what exists and what may be done
// (Context.Authorize with data true), and keeps its data as records.
func planes(e *arm.Engine) map[string]http.Handler {
	return map[string]http.Handler{
		"blob.core": blob.New(e),
		"vault":     vault.New(e),
	}
}
