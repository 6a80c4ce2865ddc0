package sidecar

import (
	"path"
	"strings"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
)

// countIn counts a request that came in.
func (s *Sidecar) countIn(x *exchange.Exchange, from string, self spiffeid.ID) {
	status, took := statusOf(x), time.Since(x.Began)
	s.metrics.count(asDestination, from, self.String(), path.Base(self.Path()), status, took)
	s.book.Route(traffic.Key{Route: asDestination}).Count(from, status, took, 0)
}

// countOut counts a request that went out to a service, which an identity has answered.
func (s *Sidecar) countOut(x *exchange.Exchange, service, to string) {
	status, took := statusOf(x), time.Since(x.Began)
	version := x.Facts.Release
	s.metrics.count(asSource, s.ID(), to, version, status, took)
	if to == unknown {
		return
	}
	version, _, _ = strings.Cut(version, ":") // which port it was, nobody is told
	s.book.Route(traffic.Key{Route: asSource + "/" + service + "/" + version}).Count("", status, took, 0)
}

// counted says what a count of the book is of; it is not ok for one that others have in it.
func counted(c traffic.Count) (of, bool) {
	if c.Route == asDestination {
		return of{from: c.Consumer}, c.Consumer != ""
	}
	parts := strings.SplitN(c.Route, "/", 3)
	if len(parts) != 3 || c.Consumer != "" {
		return of{}, false
	}
	return of{service: parts[1], version: parts[2]}, true
}
