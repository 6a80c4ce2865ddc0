package sidecar

import (
	"net/http"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// application is the one route of what comes in, whatever host is asked for.
const application = "application"

// fixed is the table of what comes in: all goes to the process.
type fixed struct {
	addr  string
	table *proxy.Table
}

func (f *fixed) build(addr string, grpc bool) (err error) {
	r := route.ToService(application, application, "/", application, "")
	if grpc {
		r.Rules[0].Backends[0].Protocol = route.H2C
	}
	r.Rules[0].Retry = &route.Retry{} // who calls asks again
	f.addr = addr
	f.table, err = proxy.Counting{}.Table([]*proxy.Entry{proxy.Counting{}.Entry(r, nil)}, nil)
	return err //nolint:wrapcheck // says what it did
}

// Table implements proxy.Routes.
func (f *fixed) Table() *proxy.Table { return f.table }

// Upstream implements proxy.Upstreams.
func (f *fixed) Upstream(kernel.Scope, string, string) (addr, release string, ok bool) {
	return f.addr, "", true
}

// enter lets a request in from another one of the mesh, if it may.
func (s *Sidecar) enter(x *exchange.Exchange) {
	st := s.identity.state.Load()
	chain := x.TLS.PeerCertificates
	from := st.caller(chain[0])
	refused := true
	x.OnDone(func() { s.countIn(x, from.id, st.id, refused) })
	switch {
	case !st.holds(from, chain, time.Now()):
		refuse(x, http.StatusUnauthorized, "Not proven", "The certificate of the caller has ended, or was revoked since the connection began.", "connect again with another certificate")
		x.Response.SetConnectionClose()
	case !s.document.Load().allowed(from.id, string(x.Request.Header.Method()), x.Path):
		refuse(x, http.StatusForbidden, "Not allowed", from.id+" may not ask this of "+st.id.String()+".", "allow it in the mesh's policies")
	default:
		refused = false
		x.Host = application
		x.Facts.ClientCertificate = from.forwarded
		s.inbound.Handle(x)
	}
}
