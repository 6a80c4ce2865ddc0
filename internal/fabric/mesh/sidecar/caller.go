package sidecar

import (
	"crypto/x509"
	"sync"
	"time"
)

// maxCallers is how many callers a state remembers; others are looked at with each request.
const maxCallers = 4096

// caller is what is known of who comes in with a certificate, which its requests share.
type caller struct {
	// id is the SPIFFE ID.
	id string
	// forwarded is what the process is told of it (X-Forwarded-Client-Cert).
	forwarded string
	revoked   bool
	// anchored is set where who signs is in the bundle, and not below it.
	anchored bool
}

// callers are those of a state by their certificates, which are the same over connections.
type callers struct {
	mu    sync.RWMutex
	known map[string]*caller
}

// caller looks at a certificate whose connection has proven it.
func (s *state) caller(leaf *x509.Certificate) *caller {
	s.callers.mu.RLock()
	c := s.callers.known[string(leaf.Raw)]
	s.callers.mu.RUnlock()
	if c != nil {
		return c
	}
	id := leaf.URIs[0].String() // the handshake has verified that there is one
	c = &caller{id: id, forwarded: "By=" + s.id.String() + ";URI=" + id, anchored: s.authorities[string(leaf.AuthorityKeyId)] != nil}
	_, c.revoked = s.revoked[string(leaf.AuthorityKeyId)+leaf.SerialNumber.Text(16)]
	s.callers.mu.Lock()
	defer s.callers.mu.Unlock()
	if s.callers.known == nil {
		s.callers.known = map[string]*caller{}
	}
	if len(s.callers.known) < maxCallers {
		s.callers.known[string(leaf.Raw)] = c
	}
	return c
}

// holds tells at a time that a caller's chain, which was verified when its connection began,
// would be again.
func (s *state) holds(from *caller, chain []*x509.Certificate, now time.Time) bool {
	if !now.Before(chain[0].NotAfter) || from.revoked {
		return false
	}
	if from.anchored {
		return true
	}
	_, err := s.verify(chain) // what signs lies below the bundle
	return err == nil
}
