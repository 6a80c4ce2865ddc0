package workloadapi

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// held is the SVID of a workload, which all processes of it share.
type held struct {
	of pki.Workload
	// watchers is guarded by the Service.
	watchers int

	making  sync.Mutex
	current atomic.Pointer[svid]
}

// svid is an X509-SVID with its key.
type svid struct {
	leaf *x509.Certificate
	// chain is as DER, the leaf first; key is PKCS #8.
	chain, key []byte
	signer     *ecdsa.PrivateKey
	renewAt    time.Time
}

func (h *held) over(now time.Time) bool {
	c := h.current.Load()
	return c == nil || !now.Before(c.renewAt)
}

// of returns the place of a workload's SVID, watched by one more where watch is set.
func (s *Service) of(w pki.Workload, watch bool) *held {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.held[w]
	if h == nil {
		h = &held{of: w}
		s.held[w] = h
	}
	if watch {
		h.watchers++
	}
	return h
}

func (s *Service) leave(h *held) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.watchers--
}

// current returns the SVID of a workload. One that is due is given on where no other can be
// made.
func (s *Service) current(ctx context.Context, h *held) (*svid, error) {
	_, err := s.renew(ctx, h, s.config.Clock.Now())
	c := h.current.Load()
	if c != nil && (err == nil || s.holds(c) && s.config.Clock.Now().Before(c.leaf.NotAfter)) {
		return c, nil
	}
	return nil, err
}

// renew makes the SVID where there is none that holds, or it is due.
func (s *Service) renew(ctx context.Context, h *held, now time.Time) (renewed bool, err error) {
	if !h.over(now) && s.holds(h.current.Load()) {
		return false, nil
	}
	h.making.Lock()
	defer h.making.Unlock()
	if !h.over(now) && s.holds(h.current.Load()) {
		return false, nil
	}
	made, err := s.issue(ctx, h.of, now)
	if err != nil {
		return false, fmt.Errorf("identity of %s in %s: %w", h.of.Name, h.of.Scope, err)
	}
	h.current.Store(made)
	return true, nil
}

// holds tells that who has signed an SVID is trusted, and has not revoked it.
func (s *Service) holds(c *svid) bool {
	if _, _, ok := s.config.Trust.Whose(c.leaf); !ok {
		return false
	}
	for _, cert := range s.config.Trust.Authorities() {
		if string(cert.SubjectKeyId) == string(c.leaf.AuthorityKeyId) {
			return true
		}
	}
	return false
}

func (s *Service) issue(ctx context.Context, of pki.Workload, now time.Time) (*svid, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	ctx = kernel.WithActor(ctx, kernel.System("workload-api", of.Scope.Tenant))
	issued, err := s.config.Issuer.Issue(ctx, pki.Order{
		Holder: pki.Holder{Kind: pki.HolderWorkload, Scope: of.Scope, Name: of.Name}, PublicKey: key.Public(), Profile: pki.ProfilePeer, Life: s.config.Life, Renewed: true,
	})
	if err != nil {
		return nil, err //nolint:wrapcheck // renew says whose it is
	}
	c := &svid{leaf: issued.Leaf, key: der, signer: key, renewAt: now.Add(s.config.Life * 2 / 3)}
	for _, cert := range issued.Chain {
		c.chain = append(c.chain, cert.Raw...)
	}
	return c, nil
}

// SVID returns the X509-SVID of a workload for who serves it in this process. It is the one
// that the workload's own processes get.
func (s *Service) SVID(ctx context.Context, of pki.Workload) (*tls.Certificate, error) {
	c, err := s.current(ctx, s.of(of, false))
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{c.leaf.Raw}, PrivateKey: c.signer, Leaf: c.leaf}, nil
}
