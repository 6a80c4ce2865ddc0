package sidecar

import (
	"path"
	"strings"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
)

// countIn counts a request that came in. Refused is one that the application has not seen.
func (s *Sidecar) countIn(x *exchange.Exchange, from string, self spiffeid.ID, refused bool) {
	status := statusOf(x)
	e := edge{reporter: asDestination, source: from, destination: self.String(), version: path.Base(self.Path()), refused: refused, status: status}
	s.metrics.of(e, s.routeOf).count(from, status, time.Since(x.Began))
}

// countOut counts a request that went out to a service, "" for none of the document, which an
// identity has answered, or nobody.
func (s *Sidecar) countOut(x *exchange.Exchange, service, to string) {
	status := statusOf(x)
	e := edge{reporter: asSource, source: s.ID(), destination: to, version: x.Facts.Release, service: service, status: status}
	s.metrics.of(e, s.routeOf).count("", status, time.Since(x.Began))
}

// routeOf is the route of the book that an edge is counted for; nil is none. What nobody has
// answered is the service's that was asked for.
func (s *Sidecar) routeOf(e edge) *traffic.Route {
	switch {
	case e.refused:
		return s.book.Route(traffic.Key{Route: asRefused})
	case e.reporter == asDestination:
		return s.book.Route(traffic.Key{Route: asDestination})
	case e.service == "":
		return nil
	case e.destination == unknown:
		return s.book.Route(traffic.Key{Route: asSource + "/" + e.service + "/" + e.service})
	}
	version, _, _ := strings.Cut(e.version, ":") // which port it was, nobody is told
	return s.book.Route(traffic.Key{Route: asSource + "/" + e.service + "/" + version})
}

// counted says what a count of the book is of; it is not ok for one that others have in it.
func counted(c traffic.Count) (of, bool) {
	if c.Route == asDestination || c.Route == asRefused {
		return of{from: c.Consumer, refused: c.Route == asRefused}, c.Consumer != ""
	}
	parts := strings.SplitN(c.Route, "/", 3)
	if len(parts) != 3 || c.Consumer != "" {
		return of{}, false
	}
	return of{service: parts[1], version: parts[2]}, true
}
